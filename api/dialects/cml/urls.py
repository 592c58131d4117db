"""The routes of Cognitive Memory Layer, a list a subject; those of `at_root` also stand at the root.

The native API stands before them, so `GET /api/v1/…` of its own names stays its own.
"""

from collections.abc import Iterator

from django.urls import URLPattern

from api.dialects.base import DialectView
from api.dialects.cml.views import (
    browse,
    changing,
    exports,
    facts,
    graph,
    health,
    house,
    log,
    memory,
    numbers,
    quality,
    sessions,
    trying,
    upkeep,
)
from api.dialects.cml.views.base import CmlView
from api.routes import both

TITLE = "Cognitive Memory Layer"
VIEW = CmlView

core: list[URLPattern] = [
    *both("api/v1/health", health.Health.as_view()),
    *both("api/v1/memory/write", memory.Write.as_view()),
    *both("api/v1/memory/write_batch", memory.WriteBatch.as_view()),
    *both("api/v1/memory/read", memory.Read.as_view()),
    *both("api/v1/memory/read/stream", memory.ReadStream.as_view()),
    *both("api/v1/memory/turn", memory.Turn.as_view()),
    *both("api/v1/memory/update", changing.Update.as_view()),
    *both("api/v1/memory/forget", changing.Forget.as_view()),
    *both("api/v1/memory/all", changing.All.as_view()),
    *both("api/v1/memory/stats", changing.Stats.as_view()),
    *both("api/v1/session/create", sessions.CreateSession.as_view()),
    *both("api/v1/session/<str:session_id>/write", sessions.SessionWrite.as_view()),
    *both("api/v1/session/<str:session_id>/read", sessions.SessionRead.as_view()),
    *both("api/v1/session/<str:session_id>/context", sessions.SessionContext.as_view()),
]
# Those of the document, and of the client's dashboard under the same names.
BOTH: dict[str, type[DialectView]] = {
    "consolidate": upkeep.Consolidate,
    "forget": upkeep.Forget,
    "tenants": log.Tenants,
    "events": log.Events,
    "components": house.Components,
    "memories": browse.Memories,
}
DASHBOARD: dict[str, type[DialectView]] = BOTH | {
    "reconsolidate": upkeep.Reconsolidate,
    "jobs": upkeep.Jobs,
    "jobs/<uuid:run_id>": upkeep.OneJob,
    "consolidation/runs": upkeep.ConsolidationRuns,
    "consolidation/runs/<uuid:run_id>": upkeep.OneConsolidation,
    "reconsolidation/runs": upkeep.ReconsolidationRuns,
    "reconsolidation/runs/<uuid:run_id>": upkeep.OneReconsolidation,
    "reconsolidation/sessions": quality.ReconsolidationSessions,
    "events/export": exports.ExportEvents,
    "memories/bulk-action": browse.BulkAction,
    "memories/<uuid:memory_id>": browse.OneMemory,
    "memories/<uuid:memory_id>/lineage": browse.Lineage,
    "export/memories": exports.ExportMemories,
    "facts": facts.Facts,
    "facts/export": exports.ExportFacts,
    "facts/<uuid:fact_id>": facts.OneFact,
    "facts/<uuid:fact_id>/evidence": facts.Evidence,
    "facts/<uuid:fact_id>/invalidate": facts.Invalidate,
    "overview": numbers.Overview,
    "timeline": numbers.Timeline,
    "sessions": numbers.Sessions,
    "ratelimits": numbers.RateLimits,
    "request-stats": numbers.RequestStats,
    "labile": numbers.Labile,
    "graph/stats": graph.GraphStats,
    "graph/overview": graph.GraphOverview,
    "graph/explore": graph.GraphExplore,
    "graph/search": graph.GraphSearch,
    "graph/neo4j-config": graph.Neo4jConfig,
    "config": house.Config,
    "models/status": house.Models,
    "ops/metrics": house.Operations,
    "database/reset": house.ResetDatabase,
    "retrieval": trying.Retrieval,
    "retrieval/explain": trying.Explain,
    "write/simulate": trying.SimulateWrite,
    "forgetting/preview": trying.PreviewForgetting,
    "quality/overview": quality.Quality,
    "evaluation/summary": quality.Evaluation,
}
ADMIN: dict[str, type[DialectView]] = BOTH | {
    "consolidate/<str:user_id>": upkeep.ConsolidateUser,
    "forget/<str:user_id>": upkeep.ForgetUser,
    "consolidation/status": upkeep.ConsolidationStatus,
}


def _under(prefix: str, views: dict[str, type[DialectView]]) -> Iterator[URLPattern]:
    for route, view in views.items():
        yield from both(f"api/v1/{prefix}/{route}", view.as_view())


dashboard: list[URLPattern] = [*_under("dashboard", DASHBOARD)]
admin: list[URLPattern] = [*_under("admin", ADMIN)]
at_root: list[URLPattern] = [*core, *dashboard, *admin]
urlpatterns: list[URLPattern] = [*at_root]
