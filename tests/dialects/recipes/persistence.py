"""How each operation of persistence is called so that it works; see tests/isolation/recipes.py."""

from typing import Any

from tests.isolation.recipes import Op

ENTRY: dict[str, Any] = {
    "serviceId": "dspy-service",
    "agentId": "$agent",
    "memoryType": "semantic",
    "domain": "$namespace",
    "content": {"pattern": "automatic_renewal_clause", "risk_level": "high"},
    "metadata": {"tags": ["$tag"], "importance": 8, "userId": "$user", "sessionId": "$talk"},
    "embeddings": [0.1, 0.2, 0.3],
    "relationships": {"relatedMemories": ["$memory"], "causedBy": "$other", "causes": ["mem_123"]},
}
ASKED = {"serviceId": "dspy-service", "agentId": "$agent", "domain": "$namespace", "tags": ["$tag"], "userId": "$user"}
TIED = {"sourceId": "$memory", "targetId": "$other", "relationshipType": "follows"}

OPS: dict[str, Op] = {
    "GET health": Op(),
    "POST api/memory": Op(ENTRY),
    "POST api/memory/query": Op(ASKED),
    "POST api/memory/search/similarity": Op({"embeddings": [0.1, 0.2, 0.3], "domain": "$namespace"}),
    "GET api/memory/aggregations": Op(query={"domain": "$namespace"}),
    "POST api/memory/relationships": Op(TIED),
    "POST api/memory/archive": Op({"domain": "$namespace"}),
    "GET api/memory/{memory_id}": Op(),
    "GET api/memory/{memory_id}/related": Op(query={"depth": "2"}),
}
