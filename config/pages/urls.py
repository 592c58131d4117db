"""Routes of the console's own pages; admin_view lets only signed-in people in, the table of roles says who may."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from config.pages import (
    audit,
    embeddings,
    entities,
    graph,
    health,
    live,
    members,
    memory,
    playground,
    privacy,
    reviews,
    schemas,
    selftests,
    sessions,
    settings,
    statistics,
    tenants,
    tiers,
    transfers,
    usage,
)
from tenants.middleware import may


def page(
    route: str, view: Callable[..., HttpResponseBase], name: str, *, reads: str = "memories.read", does: str = ""
) -> URLPattern:
    """A page that looks with the operation `reads`, and does something, by POST, with `does`."""
    operations = {"GET": reads, "HEAD": reads, "POST": does or "memories.write"}

    @wraps(view)
    def permitted(request: HttpRequest, **named: Any) -> HttpResponseBase:
        if not may(request, operations.get(request.method or "", reads)):
            raise PermissionDenied
        return view(request, **named)

    asked = admin.site.admin_view(permitted)
    asked.operations = operations  # type: ignore[attr-defined]
    return path(route, asked, name=name)


urlpatterns = [
    page("recall/", playground.playground, "playground"),
    page("transfers/", transfers.transfers, "transfers"),
    page("transfers/export", transfers.export, "transfers_export", does="exports.run"),
    page("transfers/import", transfers.take_in, "transfers_import", does="imports.run"),
    page("transfers/<uuid:transfer_id>/file", transfers.file, "transfers_file", reads="exports.run"),
    page("transfers/<uuid:transfer_id>/cancel", transfers.cancel, "transfers_cancel", does="exports.run"),
    page("memories/<uuid:memory_id>/restore/", memory.restore, "memory_restore"),
    page("memories/<uuid:memory_id>/supersede/", memory.supersede, "memory_supersede"),
    page("memories/<uuid:memory_id>/judge/", memory.judge, "memory_judge"),
    page("memories/undelete/<uuid:batch>/", memory.undelete, "undelete", reads="memories.write"),
    page("tiers/", tiers.tiers, "tiers", does="tiers.manage"),
    page("sessions/", sessions.listed, "sessions", reads="sessions.read"),
    page("sessions/<uuid:session_key>/", sessions.one, "session", reads="sessions.read"),
    page("entities/", entities.listed, "entities"),
    page("graph/<uuid:memory_id>/", graph.graph, "graph"),
    page("statistics/", statistics.statistics, "statistics"),
    page("reviews/", reviews.desk, "reviews", reads="reviews.read"),
    page("reviews/<uuid:review_id>/decide", reviews.decide, "review_decide", does="reviews.decide"),
    page("reviews/<uuid:review_id>/undo", reviews.undo, "review_undo", does="reviews.decide"),
    page("health/", health.report, "health", reads="health.read"),
    page("embeddings/", embeddings.embeddings, "embeddings", does="embeddings.manage"),
    page("embeddings/progress", embeddings.progress, "embeddings_progress"),
    page("audit/", audit.audit, "audit", reads="audit.read"),
    page("audit/export", audit.export, "audit_export", reads="audit.read"),
    page("audit/check", audit.check, "audit_check", reads="audit.read", does="audit.read"),
    page("isolation/", selftests.selftests, "selftests", reads="selftest.run", does="selftest.run"),
    page("usage/", usage.usage, "usage", reads="usage.read"),
    page("usage/csv", usage.download, "usage_download", reads="usage.read"),
    page("members/", members.listed, "members", reads="members.manage", does="members.manage"),
    page("members/<int:member_id>/", members.change, "member", reads="members.manage", does="members.manage"),
    page("settings/", settings.settings, "settings", reads="tenant.settings", does="tenant.settings"),
    page("schemas/", schemas.schemas, "schemas", reads="tenants.manage", does="tenants.manage"),
    page("receipts/", tenants.receipts, "receipts", reads="tenants.manage"),
    page("tenants/<uuid:tenant_id>/step", tenants.step, "tenant_step", reads="tenants.manage", does="tenants.manage"),
    page(
        "tenants/<uuid:tenant_id>/delete/",
        tenants.delete,
        "tenant_delete",
        reads="tenants.manage",
        does="tenants.manage",
    ),
    page("tenants/<uuid:tenant_id>/export", tenants.export, "tenant_export", reads="tenants.manage"),
    page("live/", live.live, "live", reads="events.read"),
    page("live/ticket", live.ticket, "live_ticket", does="events.read"),
    page("privacy/", privacy.desk, "privacy", reads="people.erase", does="people.erase"),
    page("privacy/start", privacy.start, "privacy_start", does="people.erase"),
    page("privacy/export", privacy.export, "privacy_export", does="people.erase"),
    page("privacy/<uuid:erasure_id>/", privacy.certificate, "privacy_certificate", reads="people.erase"),
    page("privacy/<uuid:erasure_id>/receipt", privacy.receipt, "privacy_receipt", reads="people.erase"),
    page("privacy/<uuid:erasure_id>/lift", privacy.lift, "privacy_lift", does="people.erase"),
]
