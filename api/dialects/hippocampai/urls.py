"""The routes of HippocampAI. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

TITLE = "HippocampAI"

at_root: list[URLPattern] = []
urlpatterns: list[URLPattern] = [*at_root]
