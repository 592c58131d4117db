"""How each operation of InMemory is called so that it works; see tests/isolation/recipes.py."""

from tests.isolation.recipes import Op

HERS = {"user_id": "$user"}
TEA = {"query": "tea", **HERS}

OPS: dict[str, Op] = {
    "GET v1/ping": Op(),
    "GET v1/health": Op(),
    "GET v1/auth/validate": Op(),
    "POST v1/auth/generate-key": Op({"name": "Ada's"}),
    "DELETE v1/auth/revoke-key": Op(),
    "POST v1/memories": Op({"memory_content": "Ada takes her tea without sugar.", "user_id": "$user"}),
    "GET v1/memories": Op(query=HERS),
    "DELETE v1/memories": Op(query=HERS),
    "DELETE v1/memories/{memory_id}": Op(query=HERS),
    "POST v1/search": Op(TEA | {"tags": ["$tag"], "people_mentioned": ["$person"]}),
    "POST v1/memories/search": Op(TEA),
    "POST v1/memories/temporal-search": Op({"temporal_query": "today", **HERS}),
    "POST v1/memories/tag-search": Op({"tags": ["$tag"], **HERS}),
    "POST v1/memories/people-search": Op({"people": ["$person"], **HERS}),
    "GET v1/stats": Op(query=HERS),
    "GET v1/users/current": Op(),
    "GET v1/users/{user_id}/stats": Op(),
}
