"""The examples of the Memory Persistence Service's document, as plain calls: it has no published client.

An access token signs in, the paths are those at the root, and the socket is that of the document.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.journeys.house import House, eventually

METHODS: dict[str, Any] = {
    "health": "GET health",
    "storeMemory": "POST api/memory",
    "getMemory": "GET api/memory/{memory_id}",
    "queryMemories": "POST api/memory/query",
    "searchSimilar": "POST api/memory/search/similarity",
    "aggregations": "GET api/memory/aggregations",
    "relate": "POST api/memory/relationships",
    "related": "GET api/memory/{memory_id}/related",
    "archive": "POST api/memory/archive",
    "recordEvent": "POST api/learning/events",
    "history": "POST api/learning/history",
    "patterns": "GET api/learning/patterns/{domain}",
    "learningMetrics": "GET api/learning/metrics/{domain}",
    "trends": "GET api/learning/trends/{domain}",
    "recommendations": "GET api/learning/recommendations/{domain}",
    "feedback": "POST api/learning/feedback",
    "learningDashboard": "GET api/learning/dashboard",
    "query": "POST api/analytics/query",
    "businessMetrics": "GET api/analytics/metrics/{domain}",
    "dashboard": "GET api/analytics/dashboard",
    "report": "GET api/analytics/reports/{type}/{domain}",
    "trackEvent": "POST api/analytics/events",
    "insights": "GET api/analytics/insights",
    "realtime": "GET api/analytics/realtime",
    "export": "GET api/analytics/export",
}
VECTOR = [((n * 31) % 97 - 48) / 97 for n in range(1536)]
A_MEMORY = {
    "serviceId": "dspy-service",
    "agentId": "legal-analyzer",
    "memoryType": "semantic",
    "domain": "legal_analysis",
    "content": {
        "pattern": "automatic_renewal_clause",
        "risk_level": "high",
        "recommendation": "Review cancellation terms",
    },
    "metadata": {
        "timestamp": "2026-11-20T10:00:00.000Z",
        "version": 1,
        "tags": ["contract", "subscription", "risk"],
        "importance": 8,
        "accessCount": 0,
        "lastAccessed": "2026-11-20T10:00:00.000Z",
    },
    "embeddings": VECTOR,
    "relationships": {"relatedMemories": ["mem_123", "mem_456"]},
}
A_LESSON = {
    "serviceId": "lora-service",
    "agentId": "legal-model-v2",
    "eventType": "feedback",
    "domain": "legal_analysis",
    "metadata": {"sessionId": "session_123", "importance": 7},
    "input": {"data": {"document_text": "Terms of Service..."}},
    "output": {"prediction": {"risk_score": 0.85}, "confidence": 0.92},
    "feedback": {"rating": 4, "correct": True},
    "impact": {"modelUpdated": True, "performanceChange": 0.02, "affectedModels": ["legal-model-v2"]},
}


class Service:
    """Calls the operations of METHODS by their names, and remembers which."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        )
        self.driven: set[str] = set()

    def __call__(self, name: str, body: Any = None, *, query: dict[str, Any] | None = None, **named: str) -> Any:
        answer = self.raw(name, body, query, **named)
        assert answer.is_success, answer.text
        return answer.json()

    def raw(self, name: str, body: Any = None, query: dict[str, Any] | None = None, **named: str) -> httpx.Response:
        method, path = METHODS[name].format(**named).split(" ")
        self.driven.add(name)
        root = "/compat/persistence/" if name == "health" else "/"
        return self.http.request(method, f"{root}{path}", json=body, params=query)


def signed_in(house: House, key: str) -> str:
    answer = httpx.post(f"{house.facts['url']}/api/v1/tokens", json={"api_key": key}, trust_env=False, timeout=60)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["access"]
    assert token.count(".") == 2
    return token


@pytest.fixture(scope="module")
def key(tenant: Callable[[str], str]) -> str:
    return tenant("persistence")


@pytest.fixture(scope="module")
def service(house: House, key: str) -> Service:
    return Service(house.facts["url"], signed_in(house, key))


@pytest.fixture(scope="module")
def memory(service: Service) -> str:
    id: str = service("storeMemory", A_MEMORY)["id"]
    return id


def test_it_is_well(service: Service) -> None:
    assert service("health")["status"] == "ok"


def test_what_is_stored_is_read_and_found(service: Service, memory: str) -> None:
    told = service("getMemory", memory_id=memory)
    assert {name: told[name] for name in ("serviceId", "agentId", "memoryType", "domain", "content", "embeddings")} == {
        name: A_MEMORY[name] for name in ("serviceId", "agentId", "memoryType", "domain", "content", "embeddings")
    }
    assert (told["metadata"]["importance"], told["metadata"]["tags"]) == (8, ["contract", "subscription", "risk"])
    assert told["relationships"]["relatedMemories"] == ["mem_123", "mem_456"]
    again = service("getMemory", memory_id=memory)["metadata"]["accessCount"]
    assert again == told["metadata"]["accessCount"] + 1
    found = service("queryMemories", {"domain": "legal_analysis", "tags": ["risk"], "minImportance": 8})
    assert [one["id"] for one in found["memories"]] == [memory]
    assert service("queryMemories", {"domain": "legal_analysis", "minImportance": 9})["total"] == 0


def test_similar_ones_are_found_by_the_caller_s_own_vectors(service: Service, memory: str) -> None:
    found = service("searchSimilar", {"embeddings": VECTOR, "domain": "legal_analysis"})
    assert [(one["id"], round(one["similarity"], 9)) for one in found["results"]] == [(memory, 1.0)]
    assert service("searchSimilar", {"embeddings": [-x for x in VECTOR], "domain": "legal_analysis"})["total"] == 0


def test_related_ones_are_found(service: Service, memory: str) -> None:
    other = service("storeMemory", A_MEMORY | {"content": "Renewals cost customers.", "memoryType": "business"})["id"]
    service("relate", {"sourceId": memory, "targetId": other, "relationshipType": "causes"})
    related = service("related", memory_id=memory, query={"relationshipType": "causes"})
    assert [one["id"] for one in related["memories"]] == [other]
    told = service("aggregations", query={"domain": "legal_analysis", "startDate": "2026-11-20T00:00:00Z"})
    assert (told["totalMemories"], told["byType"]["business"]) == (2, 1)
    assert service("archive", {"domain": "nowhere"})["runId"]


def test_the_house_finds_what_the_service_stored(
    service: Service, native: Callable[[str], httpx.Client], key: str, memory: str
) -> None:
    asked = {"query": "Which clauses renew by themselves?", "namespace": "legal_analysis"}
    found = eventually(lambda: native(key).post("memories/search", json=asked).json()["data"])
    assert memory in [hit["id"] for hit in found]


def test_learning_is_recorded_and_comes_to_something(service: Service) -> None:
    id = service("recordEvent", A_LESSON)["id"]
    service("recordEvent", {name: value for name, value in A_LESSON.items() if name != "feedback"})
    service(
        "feedback",
        {"domain": "legal_analysis", "sessionId": "session_123", "feedback": {"correct": False, "rating": 2}},
    )
    events = service("history", {"domain": "legal_analysis"})["events"]
    assert [event["feedback"]["correct"] for event in events] == [False, True]
    assert events[1]["id"] == id
    assert service("patterns", domain="legal_analysis", query={"minFrequency": 2})["patterns"][0]["successRate"] == 0.5
    assert service("learningMetrics", domain="legal_analysis")["feedbackRate"] == 1
    assert service("trends", domain="legal_analysis")["trend"] == "stable"
    assert service("recommendations", domain="legal_analysis")["recommendations"] == []
    assert service("learningDashboard", query={"domain": "legal_analysis"})["metrics"]["totalEvents"] == 2


def test_the_dashboard_is_as_in_the_document(service: Service) -> None:
    service("trackEvent", {"eventName": "document_analyzed", "domain": "legal_analysis", "data": {"ms": 120}})
    told = service("dashboard", query={"domain": "legal_analysis"})
    assert set(told) == {"realtime", "today", "trends", "insights", "topPerformers"}
    assert told["today"]["businessImpact"]["documentsAnalyzed"] == 1
    assert service("businessMetrics", domain="legal_analysis")["memoryUtilization"]["totalMemories"] >= 1
    assert service("report", type="executive", domain="legal_analysis")["reportType"] == "executive"
    assert service("insights", query={"domain": "legal_analysis"})["total"] >= 0
    assert "activeAgents" in service("realtime")["metrics"]
    asked = {"type": "realtime", "domain": "legal_analysis", "metrics": ["accuracy"]}
    assert service("query", asked)["results"][0]["metric"] == "accuracy"
    assert service.raw("export", query={"format": "csv"}).text.startswith("metric,hour")


def test_others_see_nothing_of_it(house: House, tenant: Callable[[str], str], memory: str) -> None:
    other = Service(house.facts["url"], signed_in(house, tenant("persistence-other")))
    assert other.raw("getMemory", memory_id=memory).json() == {"error": "Memory not found"}
    assert other("queryMemories", {})["total"] == 0
    assert other("searchSimilar", {"embeddings": VECTOR, "domain": "legal_analysis"})["total"] == 0
    assert other("history", {})["total"] == 0


def test_roles_are_those_of_the_key(house: House, another_key: Callable[..., str], key: str) -> None:
    reader = Service(house.facts["url"], signed_in(house, another_key(key, "reader", scopes=["read"])))
    assert reader.raw("archive", {}).json()["error"]["statusCode"] == 403
    assert reader.raw("storeMemory", A_MEMORY).status_code == 403
    nobody = Service(house.facts["url"], "a.b.c").raw("queryMemories", {})
    assert nobody.json()["error"]["statusCode"] == nobody.status_code == 401


class Sync:
    """The document's WebSocket example."""

    def __init__(self, house: House, token: str, name: str) -> None:
        url = house.facts["url"].replace("http", "ws") + "/compat/persistence/ws"
        self.ws: ClientConnection = connect(
            url, proxy=None, legacy=True, additional_headers={"Authorization": f"Bearer {token}"}
        )
        self.send({"type": "identify", "serviceId": name, "capabilities": ["memory", "learning"]})
        assert self.next(lambda event: event["type"] == "identified")["serviceId"] == name

    def send(self, event: dict[str, Any]) -> None:
        self.ws.send(json.dumps(event))

    def next(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not wanted(event := json.loads(self.ws.recv(timeout=30))):
            pass
        return dict(event)


@pytest.fixture
def sockets(house: House, key: str) -> Iterator[tuple[Sync, Sync]]:
    token = signed_in(house, key)
    opened = Sync(house, token, "my-service"), Sync(house, token, "other-service")
    yield opened
    for one in opened:
        one.ws.close()


def test_services_hear_of_memories_and_of_one_another(service: Service, sockets: tuple[Sync, Sync]) -> None:
    mine, other = sockets
    id = service("storeMemory", A_MEMORY | {"content": "Said while somebody listens."})["id"]
    heard = mine.next(lambda event: event["type"] == "sync" and event["action"] == "create")
    assert (heard["kind"], heard["data"]["subject"]["id"]) == ("memory", id)
    other.send({"id": "sync_1", "type": "learning", "action": "update", "source": "other-service", "data": {"n": 1}})
    assert other.next(lambda event: event.get("id") == "ack_sync_1")["data"]["status"] == "processed"
    heard = mine.next(lambda event: event["type"] == "sync" and event["source"] == "other-service")
    assert (heard["event"]["type"], heard["action"], heard["data"]) == ("learning", "update", {"n": 1})
    done = {"originalEventId": heard["id"], "status": "processed"}
    mine.send({"id": f"ack_{heard['id']}", "type": "learning", "action": "sync", "source": "my-service", "data": done})
    mine.next(lambda event: event["type"] == "acked")


def test_no_operation_was_forgotten(service: Service) -> None:
    assert sorted(set(METHODS) - service.driven) == []
