"""Routes of the console's own pages; admin_view lets only signed-in people in, the table of roles says who may."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from analytics import noting
from config.pages import (
    analytics,
    audit,
    calendar,
    delivery,
    dialects,
    embeddings,
    entities,
    graph,
    health,
    insights,
    learning,
    live,
    members,
    memory,
    patterns,
    playground,
    policies,
    policy,
    privacy,
    quality,
    questions,
    recommendations,
    reports,
    retention,
    reviews,
    run,
    runs,
    schemas,
    searches,
    selftests,
    sessions,
    settings,
    simulator,
    statistics,
    sync,
    system,
    tenants,
    tiers,
    traces,
    transfers,
    usage,
    webhook,
    webhooks,
)
from tenants.middleware import may

LOOKS = {"reads": "learning.write", "does": "learning.write"}
DECIDES = {"reads": "policies.manage", "does": "policies.manage"}
TRIES = {"reads": "runs.start", "does": "runs.start"}
HOOKS = {"reads": "webhooks.read", "does": "webhooks.manage"}


def page(
    route: str, view: Callable[..., HttpResponseBase], name: str, *, reads: str = "memories.read", does: str = ""
) -> URLPattern:
    """A page that looks with the operation `reads`, and does something, by POST, with `does`."""
    operations = {"GET": reads, "HEAD": reads, "POST": does or "memories.write"}

    @wraps(view)
    def permitted(request: HttpRequest, **named: Any) -> HttpResponseBase:
        if not may(request, operations.get(request.method or "", reads)):
            raise PermissionDenied
        with noting.during(name):
            return view(request, **named)

    asked = admin.site.admin_view(permitted)
    asked.operations = operations  # type: ignore[attr-defined]
    return path(route, asked, name=name)


urlpatterns = [
    page("recall/", playground.playground, "playground"),
    page("questions/", questions.listed, "questions"),
    page("questions/save", questions.save, "question_save", reads="memories.write"),
    page("questions/<uuid:question_id>/delete", questions.delete, "question_delete", reads="memories.write"),
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
    page("runs/", runs.listed, "runs", reads="runs.read"),
    page("runs/start", runs.start, "run_start", reads="runs.start", does="runs.start"),
    page("runs/<uuid:run_id>/", run.run, "run", reads="runs.read"),
    page("runs/<uuid:run_id>/act", run.act, "run_act", reads="runs.start", does="runs.start"),
    page("policies/", policies.listed, "policies", reads="policies.read"),
    page("policies/new/", policy.new, "policy_new", reads="policies.manage", does="policies.manage"),
    page("policies/<uuid:policy_id>/", policy.policy, "policy", reads="policies.read", does="policies.manage"),
    page("policies/<uuid:policy_id>/act", policy.act, "policy_act", reads="policies.manage", does="policies.manage"),
    page("policies/<uuid:policy_id>/run", policies.run, "policy_run", reads="policies.manage", does="policies.manage"),
    page("calendar/", calendar.week, "calendar", reads="policies.read"),
    page("calendar/pause", calendar.pause, "calendar_pause", reads="policies.manage", does="policies.manage"),
    page("simulator/", simulator.simulator, "simulator", reads="policies.read"),
    page("simulator/lanes", simulator.lanes, "simulator_lanes", reads="policies.read"),
    page("simulator/apply", simulator.apply, "simulator_apply", reads="runs.start", does="runs.start"),
    page("simulator/<uuid:run_id>/undo", simulator.undo, "simulator_undo", reads="runs.undo", does="runs.undo"),
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
    page("memories/<uuid:memory_id>/pin/", memory.pin, "memory_pin"),
    page("retention/", retention.retention, "retention", reads="retention.read"),
    page("retention/rule", retention.keep, "retention_rule", does="retention.manage"),
    page("retention/rules/<uuid:rule_id>/switch", retention.switch, "retention_switch", does="retention.manage"),
    page("retention/rules/<uuid:rule_id>/delete", retention.delete, "retention_delete", does="retention.manage"),
    page("retention/hold", retention.place, "retention_hold", does="retention.manage"),
    page("retention/holds/<uuid:hold_id>/release", retention.release, "retention_release", does="retention.manage"),
    page("sync/", sync.sync, "sync", reads="sync.read"),
    page("sync/send", sync.send, "sync_send", reads="sync.write", does="sync.write"),
    page("sync/<uuid:message_id>/requeue", sync.requeue, "sync_requeue", reads="sync.write", does="sync.write"),
    page("dialects/", dialects.dialects, "dialects", reads="me.read"),
    page("live/", live.live, "live", reads="events.read"),
    page("live/ticket", live.ticket, "live_ticket", does="events.read"),
    page("webhooks/", webhooks.listed, "webhooks", **HOOKS),
    page("webhooks/new/", webhooks.new, "webhook_new", **HOOKS | {"reads": HOOKS["does"]}),
    page("webhooks/<uuid:webhook_id>/", webhook.webhook, "webhook", **HOOKS),
    page("webhooks/<uuid:webhook_id>/change/", webhooks.change, "webhook_change", **HOOKS | {"reads": HOOKS["does"]}),
    page("webhooks/<uuid:webhook_id>/act", webhook.act, "webhook_act", **HOOKS),
    page("webhooks/<uuid:webhook_id>/secret", webhook.roll, "webhook_roll", **HOOKS),
    page("webhooks/<uuid:webhook_id>/replay", webhook.replay, "webhook_replay", **HOOKS),
    page("webhooks/deliveries/<uuid:delivery_id>/", delivery.delivery, "delivery", **HOOKS),
    page("webhooks/deliveries/<uuid:delivery_id>/replay", delivery.replay, "delivery_replay", **HOOKS),
    page("privacy/", privacy.desk, "privacy", reads="people.erase", does="people.erase"),
    page("privacy/start", privacy.start, "privacy_start", does="people.erase"),
    page("privacy/export", privacy.export, "privacy_export", does="people.erase"),
    page("privacy/<uuid:erasure_id>/", privacy.certificate, "privacy_certificate", reads="people.erase"),
    page("privacy/<uuid:erasure_id>/receipt", privacy.receipt, "privacy_receipt", reads="people.erase"),
    page("privacy/<uuid:erasure_id>/lift", privacy.lift, "privacy_lift", does="people.erase"),
    page("traces/", traces.listed, "traces", reads="traces.read"),
    page("traces/<uuid:trace_id>/", traces.one, "trace", reads="traces.read"),
    page("searches/", searches.overview, "searches", reads="traces.read"),
    page("recall/thumb", playground.thumb, "thumb", reads="learning.write", does="learning.write"),
    page("analytics/", analytics.analytics, "analytics", reads="analytics.read"),
    page("learning/", learning.listed, "learning", reads="learning.read"),
    page("learning/<uuid:event_id>/", learning.one, "learning_event", reads="learning.read"),
    page(
        "learning/<uuid:event_id>/judge",
        learning.judge,
        "learning_judge",
        reads="learning.write",
        does="learning.write",
    ),
    page("patterns/", patterns.listed, "patterns", reads="learning.read"),
    page("recommendations/", recommendations.listed, "recommendations", reads="learning.read"),
    page("recommendations/look", recommendations.look, "recommendations_look", **LOOKS),
    page("recommendations/<uuid:suggestion_id>/", recommendations.one, "suggestion", reads="learning.read"),
    page("recommendations/<uuid:suggestion_id>/act", recommendations.act, "suggestion_act", **DECIDES),
    page("recommendations/<uuid:suggestion_id>/try", recommendations.try_out, "suggestion_try", **TRIES),
    page("insights/", insights.listed, "insights", reads="analytics.read"),
    page(
        "insights/<uuid:insight_id>/dismiss",
        insights.dismiss,
        "insight_dismiss",
        reads="analytics.write",
        does="analytics.write",
    ),
    page("reports/", reports.report, "reports", reads="analytics.read"),
    page("system/", system.system, "system", reads="metrics.read"),
    page("quality/", quality.quality, "quality", reads="health.read"),
    page("quality/start", quality.start, "quality_start", reads="runs.start", does="runs.start"),
    page("quality/import", quality.take, "quality_import", reads="memories.write"),
]
