"""Routes of the console's own pages; admin_view lets only signed-in people in."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from config.pages import live, playground, tiers


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("recall/", playground.playground, "playground"),
    page("tiers/", tiers.tiers, "tiers"),
    page("live/", live.live, "live"),
    page("live/ticket", live.ticket, "live_ticket"),
]
