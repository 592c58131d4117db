"""Routes of the console's own pages; admin_view lets only signed-in people in."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from config.pages import (
    embeddings,
    entities,
    graph,
    live,
    memory,
    playground,
    selftests,
    sessions,
    statistics,
    tiers,
    transfers,
)


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(route, admin.site.admin_view(view), name=name)


urlpatterns = [
    page("recall/", playground.playground, "playground"),
    page("transfers/", transfers.transfers, "transfers"),
    page("transfers/export", transfers.export, "transfers_export"),
    page("transfers/import", transfers.take_in, "transfers_import"),
    page("transfers/<uuid:transfer_id>/file", transfers.file, "transfers_file"),
    page("transfers/<uuid:transfer_id>/cancel", transfers.cancel, "transfers_cancel"),
    page("memories/<uuid:memory_id>/restore/", memory.restore, "memory_restore"),
    page("memories/<uuid:memory_id>/supersede/", memory.supersede, "memory_supersede"),
    page("memories/<uuid:memory_id>/judge/", memory.judge, "memory_judge"),
    page("memories/undelete/<uuid:batch>/", memory.undelete, "undelete"),
    page("tiers/", tiers.tiers, "tiers"),
    page("sessions/", sessions.listed, "sessions"),
    page("sessions/<uuid:session_key>/", sessions.one, "session"),
    page("entities/", entities.listed, "entities"),
    page("graph/<uuid:memory_id>/", graph.graph, "graph"),
    page("statistics/", statistics.statistics, "statistics"),
    page("embeddings/", embeddings.embeddings, "embeddings"),
    page("embeddings/progress", embeddings.progress, "embeddings_progress"),
    page("isolation/", selftests.selftests, "selftests"),
    page("live/", live.live, "live"),
    page("live/ticket", live.ticket, "live_ticket"),
]
