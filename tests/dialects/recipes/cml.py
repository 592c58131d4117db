"""How each operation of cml is called so that it works; see tests/isolation/recipes.py."""

from tests.dialects.recipes import cml_admin
from tests.isolation.recipes import Op

SAID = {"content": "Ada takes her tea without sugar."}
CORE: dict[str, Op] = {
    "GET api/v1/health": Op(),
    "POST api/v1/memory/write": Op(SAID | {"session_id": "$talk", "context_tags": ["$tag"], "agent_id": "$agent"}),
    "POST api/v1/memory/write_batch": Op({"turns": [SAID | {"session_id": "$talk"}]}),
    "POST api/v1/memory/read": Op({"query": "tea", "context_filter": ["$tag"], "namespace": "$namespace"}),
    "POST api/v1/memory/read/stream": Op({"query": "tea", "context_filter": ["$tag"]}),
    "POST api/v1/memory/turn": Op({"user_message": "Tea?", "session_id": "$talk"}),
    "POST api/v1/memory/update": Op({"memory_id": "$memory", "text": "Ada takes milk.", "feedback": "correct"}),
    "POST api/v1/memory/forget": Op({"memory_ids": ["$memory"], "action": "archive"}),
    "DELETE api/v1/memory/all": Op(),
    "GET api/v1/memory/stats": Op(),
    "POST api/v1/session/create": Op({"name": "Supper", "ttl_hours": 2}),
    "POST api/v1/session/{session_id}/write": Op(SAID),
    "POST api/v1/session/{session_id}/read": Op({"query": "tea"}),
    "GET api/v1/session/{session_id}/context": Op(),
}
OPS: dict[str, Op] = CORE | cml_admin.OPS
