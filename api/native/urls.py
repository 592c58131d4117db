"""The native API's routes. Each answers with and without its trailing slash: clients do not follow redirects."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from api.native import context, events, memories


def both(route: str, view: Callable[..., Any]) -> list[URLPattern]:
    return [path(route, view), path(f"{route}/", view)]


urlpatterns = [
    *both("memories", memories.Memories.as_view()),
    *both("memories/search", memories.Search.as_view()),
    *both("memories/<uuid:memory_id>", memories.OneMemory.as_view()),
    *both("context", context.ContextView.as_view()),
    *both("events", events.Events.as_view()),
]
