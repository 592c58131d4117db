"""Routes that answer with and without their trailing slash: clients do not follow redirects."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path


def both(route: str, view: Callable[..., Any]) -> list[URLPattern]:
    # The one with the slash first: a name at the end, which may hold slashes, must not swallow it.
    return [path(f"{route}/", view), path(route, view)]
