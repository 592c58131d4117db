"""The routes of Cognitive Memory Layer. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

TITLE = "Cognitive Memory Layer"

at_root: list[URLPattern] = []
urlpatterns: list[URLPattern] = [*at_root]
