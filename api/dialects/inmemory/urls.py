"""The routes of InMemory. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.inmemory import views
from api.routes import both

TITLE = "InMemory"

at_root: list[URLPattern] = [
    *both("v1/auth/validate", views.Validate.as_view()),
    *both("v1/memories", views.Memories.as_view()),
]
urlpatterns: list[URLPattern] = [*at_root]
