"""The routes of Cognitive Memory Layer, a list a subject; those of `at_root` also stand at the root.

The native API stands before them, so `GET /api/v1/…` of its own names stays its own.
"""

from django.urls import URLPattern

TITLE = "Cognitive Memory Layer"

core: list[URLPattern] = []
dashboard: list[URLPattern] = []
admin: list[URLPattern] = []
at_root: list[URLPattern] = [*core, *dashboard, *admin]
urlpatterns: list[URLPattern] = [*at_root]
