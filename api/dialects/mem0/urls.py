"""The routes of mem0. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

TITLE = "mem0"

at_root: list[URLPattern] = []
urlpatterns: list[URLPattern] = [*at_root]
