"""The routes of the Persistence Service. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

TITLE = "Memory Persistence Service"

at_root: list[URLPattern] = []
urlpatterns: list[URLPattern] = [*at_root]
