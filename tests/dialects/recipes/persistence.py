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
LEARNED: dict[str, Any] = {
    "serviceId": "lora-service",
    "agentId": "$agent",
    "eventType": "feedback",
    "domain": "$namespace",
    "metadata": {"sessionId": "$talk", "importance": 7},
    "input": {"data": {"document_text": "Terms of Service"}},
    "output": {"prediction": {"risk_score": 0.85}, "confidence": 0.92},
    "feedback": {"rating": 4, "correct": True},
    "impact": {"modelUpdated": True, "performanceChange": 0.02, "affectedModels": ["legal-model-v2"]},
}
JUDGED = {"domain": "$namespace", "sessionId": "$talk", "feedback": {"correct": True, "rating": 5}}
MEASURED = {"type": "historical", "domain": "$namespace", "metrics": ["accuracy", "responseTime"], "groupBy": "agentId"}
TRACKED = {"eventName": "document_analyzed", "domain": "$namespace", "data": {"ms": 120}}

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
    "POST api/learning/events": Op(LEARNED),
    "POST api/learning/history": Op({"domain": "$namespace", "sessionId": "$talk"}),
    "GET api/learning/patterns/{domain}": Op(query={"minFrequency": "1"}),
    "GET api/learning/metrics/{domain}": Op(),
    "GET api/learning/trends/{domain}": Op(),
    "GET api/learning/recommendations/{domain}": Op(),
    "POST api/learning/feedback": Op(JUDGED),
    "GET api/learning/dashboard": Op(query={"domain": "$namespace"}),
    "POST api/analytics/query": Op(MEASURED),
    "GET api/analytics/metrics/{domain}": Op(),
    "GET api/analytics/dashboard": Op(query={"domain": "$namespace"}),
    "GET api/analytics/reports/{type}/{domain}": Op(named={"type": "=performance"}),
    "POST api/analytics/events": Op(TRACKED),
    "GET api/analytics/insights": Op(query={"domain": "$namespace"}),
    "GET api/analytics/realtime": Op(),
    "GET api/analytics/export": Op(query={"format": "csv", "domain": "$namespace"}),
}
