"""The native API's routes. Each answers with and without its trailing slash: clients do not follow redirects."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from api.native import (
    audit,
    changes,
    context,
    embeddings,
    entities,
    events,
    memories,
    messages,
    relations,
    selftests,
    sessions,
    stats,
    stream,
    tiers,
    transfers,
    turns,
    usage,
    versions,
)


def both(route: str, view: Callable[..., Any]) -> list[URLPattern]:
    # The one with the slash first: a name at the end, which may hold slashes, must not swallow it.
    return [path(f"{route}/", view), path(route, view)]


urlpatterns = [
    *both("memories", memories.Memories.as_view()),
    *both("memories/list", memories.ListMemories.as_view()),
    *both("memories/search", memories.Search.as_view()),
    *both("memories/stream", stream.Stream.as_view()),
    *both("memories/delete", changes.DeleteMany.as_view()),
    *both("memories/undelete", changes.Undelete.as_view()),
    *both("memories/<uuid:memory_id>", memories.OneMemory.as_view()),
    *both("memories/<uuid:memory_id>/history", versions.History.as_view()),
    *both("memories/<uuid:memory_id>/diff", versions.Diff.as_view()),
    *both("memories/<uuid:memory_id>/restore", versions.Restore.as_view()),
    *both("memories/<uuid:memory_id>/supersede", changes.Supersede.as_view()),
    *both("memories/<uuid:memory_id>/feedback", changes.Feedback.as_view()),
    *both("context", context.ContextView.as_view()),
    *both("memories/<uuid:memory_id>/related", relations.Related.as_view()),
    *both("memories/<uuid:memory_id>/causes", relations.Causes.as_view()),
    *both("memories/<uuid:memory_id>/effects", relations.Effects.as_view()),
    *both("relations", relations.Relations.as_view()),
    *both("relations/<uuid:relation_id>", relations.OneRelation.as_view()),
    *both("sessions", sessions.Sessions.as_view()),
    *both("sessions/<uuid:session_key>", sessions.OneSession.as_view()),
    *both("sessions/<uuid:session_key>/close", sessions.CloseSession.as_view()),
    *both("sessions/<uuid:session_key>/reopen", sessions.ReopenSession.as_view()),
    *both("sessions/<uuid:session_key>/memories", sessions.SessionMemories.as_view()),
    *both("turns", turns.Turns.as_view()),
    *both("messages", messages.Messages.as_view()),
    *both("messages/<uuid:memory_id>", messages.OneMessage.as_view()),
    *both("memories/<uuid:memory_id>/archive", tiers.Archive.as_view()),
    *both("memories/<uuid:memory_id>/warm", tiers.Warm.as_view()),
    *both("tiers", tiers.Tiers.as_view()),
    *both("namespaces", entities.Namespaces.as_view()),
    *both("entities", entities.Entities.as_view()),
    *both("entities/<str:type>/<path:name>", entities.OneEntity.as_view()),
    *both("stats", stats.Stats.as_view()),
    *both("exports/stream", transfers.ExportStream.as_view()),
    *both("exports", transfers.Exports.as_view()),
    *both("exports/<uuid:transfer_id>", transfers.OneTransfer.as_view(direction="export")),
    *both("exports/<uuid:transfer_id>/file", transfers.ExportFile.as_view()),
    *both("exports/<uuid:transfer_id>/cancel", transfers.Cancel.as_view(direction="export")),
    *both("imports", transfers.Imports.as_view()),
    *both("imports/<uuid:transfer_id>", transfers.OneTransfer.as_view(direction="import")),
    *both("imports/<uuid:transfer_id>/cancel", transfers.Cancel.as_view(direction="import")),
    *both("embeddings", embeddings.Embeddings.as_view()),
    *both("embeddings/reembed", embeddings.Reembed.as_view()),
    *both("embeddings/switch", embeddings.Switch.as_view()),
    *both("embeddings/rollback", embeddings.Rollback.as_view()),
    *both("embeddings/finish", embeddings.Finish.as_view()),
    *both("embeddings/cancel", embeddings.Cancel.as_view()),
    *both("usage", usage.Usage.as_view()),
    *both("selftests", selftests.Selftests.as_view()),
    *both("selftests/<uuid:selftest_id>", selftests.OneSelftest.as_view()),
    *both("events", events.Events.as_view()),
    *both("audit", audit.Audit.as_view()),
    *both("audit/export", audit.AuditExport.as_view()),
    *both("audit/head", audit.Head.as_view()),
    *both("audit/verify", audit.Verify.as_view()),
]
