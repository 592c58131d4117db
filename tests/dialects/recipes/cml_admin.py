"""How each operation of cml's administration is called so that it works; see tests/isolation/recipes.py."""

from tests.isolation.recipes import Op

DASHBOARD, ADMIN = "api/v1/dashboard", "api/v1/admin"
FACT = {"fact_id": "memory"}
BOTH: dict[str, Op] = {
    "POST {}/consolidate": Op({"tenant_id": "default", "user_id": "$user"}),
    "POST {}/forget": Op({"tenant_id": "default", "user_id": "$user", "dry_run": True}),
    "GET {}/tenants": Op(),
    "GET {}/events": Op(query={"event_type": "memory_op", "per_page": "5"}),
    "GET {}/components": Op(),
    "GET {}/memories": Op(query={"search": "tea"}),
}
OF_DASHBOARD: dict[str, Op] = {
    "POST {}/reconsolidate": Op({"tenant_id": "default", "user_id": "$user"}),
    "GET {}/jobs": Op(),
    "GET {}/jobs/{{run_id}}": Op(),
    "GET {}/consolidation/runs": Op(),
    "GET {}/consolidation/runs/{{run_id}}": Op(ok=(404,)),  # the run of the world is one of several jobs
    "GET {}/reconsolidation/runs": Op(),
    "GET {}/reconsolidation/runs/{{run_id}}": Op(ok=(404,)),
    "GET {}/reconsolidation/sessions": Op(),
    "GET {}/events/export": Op(),
    "POST {}/memories/bulk-action": Op({"memory_ids": ["$memory"], "action": "silence"}),
    "GET {}/memories/{{memory_id}}": Op(),
    "GET {}/memories/{{memory_id}}/lineage": Op(),
    "GET {}/export/memories": Op(),
    "GET {}/facts": Op(),
    "GET {}/facts/export": Op(),
    "GET {}/facts/{{fact_id}}": Op(named=FACT),
    "GET {}/facts/{{fact_id}}/evidence": Op(named=FACT),
    "POST {}/facts/{{fact_id}}/invalidate": Op(named=FACT),
    "GET {}/overview": Op(),
    "GET {}/timeline": Op(query={"metric": "events"}),
    "GET {}/sessions": Op(),
    "GET {}/ratelimits": Op(),
    "GET {}/request-stats": Op(),
    "GET {}/labile": Op(),
    "GET {}/graph/stats": Op(),
    "GET {}/graph/overview": Op(query={"scope_id": "$namespace"}),
    "GET {}/graph/explore": Op(query={"entity": "$person", "scope_id": "$namespace"}),
    "GET {}/graph/search": Op(query={"query": "$person"}),
    "GET {}/graph/neo4j-config": Op(),
    "GET {}/config": Op(),
    "PUT {}/config": Op({"updates": {"undo_days": 30}}),
    "GET {}/models/status": Op(),
    "GET {}/ops/metrics": Op(),
    "POST {}/database/reset": Op({"confirm": True}),
    "POST {}/retrieval": Op({"tenant_id": "default", "query": "tea", "context_filter": ["$tag"]}),
    "POST {}/retrieval/explain": Op({"query": "tea"}),
    "POST {}/write/simulate": Op({"content": "Said in the sweep.", "session_id": "$talk"}),
    "POST {}/forgetting/preview": Op({"user_id": "$user"}),
    "GET {}/quality/overview": Op(),
    "GET {}/evaluation/summary": Op(),
}
OF_ADMIN: dict[str, Op] = {
    "POST {}/consolidate/{{user_id}}": Op(),
    "POST {}/forget/{{user_id}}": Op(query={"dry_run": "true"}),
    "GET {}/consolidation/status": Op(),
}
OPS: dict[str, Op] = {name.format(DASHBOARD): op for name, op in (BOTH | OF_DASHBOARD).items()}
OPS |= {name.format(ADMIN): op for name, op in (BOTH | OF_ADMIN).items()}
