"""How each operation of HippocampAI is called so that it works; see tests/isolation/recipes.py."""

from tests.dialects.recipes import hippocampai_rooms
from tests.isolation.recipes import Op

SAID = {"text": "Ada takes her tea without sugar.", "user_id": "$user"}
ASKED = {"query": "tea", "user_id": "$user"}
TALK = {"conversation": '[{"role": "user", "content": "I love tea."}]', "user_id": "$user"}

MEMORIES: dict[str, Op] = {
    "POST v1/memories:remember": Op(SAID),
    "POST v1/memories:recall": Op(ASKED),
    "POST v1/memories:get": Op({"user_id": "$user"}),
    "PATCH v1/memories:update": Op({"memory_id": "$memory", "text": "mine now"}),
    "DELETE v1/memories:delete": Op({"memory_id": "$memory", "user_id": "$user"}),
    "POST v1/memories:extract": Op(TALK),
    "POST v1/memories": Op(SAID),
    "POST v1/memories/recall": Op(ASKED),
    "POST v1/memories/query": Op({"user_id": "$user", "tags": ["$tag"]}),
    "POST v1/memories/extract": Op(TALK),
    "POST v1/memories/batch": Op({"memories": [SAID]}),
    "PATCH v1/memories/batch": Op({"updates": [{"memory_id": "$memory", "text": "mine now"}]}),
    "DELETE v1/memories/batch": Op({"memory_ids": ["$memory"]}),
    "POST v1/memories/batch/get": Op({"memory_ids": ["$memory"]}),
    "POST v1/memories/batch/delete": Op({"memory_ids": ["$memory"]}),
    "POST v1/classify": Op({"text": "I want to learn Japanese."}),
    "GET v1/memories/{memory_id}": Op(),
    "PATCH v1/memories/{memory_id}": Op({"text": "mine now"}),
    "DELETE v1/memories/{memory_id}": Op(),
    "GET health": Op(),
    "GET healthz": Op(),
}

HERS = {"user_id": "$user"}
ONE = {"memory_id": "$memory", "user_id": "$user"}

UPKEEP: dict[str, Op] = {
    "POST v1/memories/deduplicate": Op(HERS),
    "POST v1/memories/consolidate": Op(HERS),
    "POST v1/memories/cleanup": Op({}),
    "POST v1/memories/expire": Op(HERS),
    "POST v1/memories:expire": Op(HERS),
    "GET v1/background/status": Op(),
    "POST v1/background/dedup/trigger": Op(query=HERS),
    "POST v1/background/consolidate/trigger": Op(query=HERS),
    "POST v1/conflicts/detect": Op(ONE),
    "POST v1/conflicts/resolve": Op({"user_id": "$user", "conflict_id": "$review", "strategy": "keep_both"}),
    "GET v1/lifecycle/temperature/{memory_id}": Op(),
    "POST v1/lifecycle/migrate": Op({"memory_id": "$memory", "target_tier": "cold"}),
    "POST v1/lifecycle/stats": Op(HERS),
}
INSIGHT: dict[str, Op] = {
    "GET stats": Op(),
    "GET v1/memories/analytics": Op(query=HERS),
    "POST v1/observability/explain": Op(ASKED),
    "POST v1/observability/visualize": Op(ASKED),
    "POST v1/observability/heatmap": Op(HERS),
    "POST v1/observability/profile": Op(ASKED),
    "POST v1/temporal/freshness": Op(ONE),
    "POST v1/temporal/decay": Op(ONE),
    "POST v1/temporal/forecast": Op(HERS),
    "POST v1/temporal/context-window": Op(ASKED),
    "POST v1/health/score": Op(HERS),
    "POST v1/provenance/track": Op({"memory_id": "$memory"}),
    "GET v1/monitoring/events": Op(query=ONE),
    "POST v1/monitoring/stats": Op(HERS),
    "POST v1/monitoring/access-pattern": Op(ONE),
    "POST v1/monitoring/access-patterns": Op(HERS),
    "POST v1/monitoring/health-history": Op(ONE),
}

OPS: dict[str, Op] = {**MEMORIES, **UPKEEP, **INSIGHT, **hippocampai_rooms.OPS}
