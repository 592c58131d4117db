"""What the Memory Persistence Service means by a memory: entries, their vectors, relationships and numbers."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from memory import touched
from memory.models import Memory
from memory.revise import revise
from memory.tiers import cold
from tenants import keys, tokens
from tenants.models import Tenant
from tests.conftest import Caller
from tests.dialects.speaking import Dialect

A_CLAUSE = {
    "serviceId": "dspy-service",
    "agentId": "legal-analyzer",
    "memoryType": "semantic",
    "domain": "legal_analysis",
    "content": {"pattern": "automatic_renewal_clause", "risk_level": "high", "weights": [1.0, 2, None, True]},
    "metadata": {"timestamp": "2026-11-20T10:00:00Z", "version": 1, "tags": ["contract", "risk"], "importance": 8},
}


@pytest.fixture
def speaker(acme: Tenant) -> Dialect:
    return Dialect("persistence", keys.issue(acme, "dspy")[1])


@pytest.fixture
def stranger(globex: Tenant) -> Dialect:
    return Dialect("persistence", keys.issue(globex, "other")[1])


def stored(speaker: Dialect, **fields: Any) -> str:
    """A clause with other fields; those of its metadata are merged."""
    meta = A_CLAUSE["metadata"] | fields.pop("metadata", {})  # type: ignore[operator]
    status, told = speaker.post("api/memory", A_CLAUSE | fields | {"metadata": meta})
    assert status == 201, told
    return str(told["id"])


def read(speaker: Dialect, id: str) -> Any:
    status, told = speaker.get(f"api/memory/{id}")
    assert status == 200, told
    return told


def found(speaker: Dialect, **asked: Any) -> list[str]:
    status, told = speaker.post("api/memory/query", asked)
    assert status == 200, told
    assert told["total"] >= len(told["memories"])
    return [memory["id"] for memory in told["memories"]]


# --- entries


@pytest.mark.parametrize(
    "content", ["Plain text.", {"b": 1, "a": {"c": [1.5, {}]}}, [], {}, 7, False, [""], "7"], ids=repr
)
def test_content_of_any_json_comes_back_as_it_was(speaker: Dialect, content: Any) -> None:
    assert read(speaker, stored(speaker, content=content))["content"] == content


def test_the_house_reads_an_object_as_words(speaker: Dialect, acme: Tenant) -> None:
    id = stored(speaker)
    with tenant_context(acme):
        words = Memory.objects.get(pk=id).content
    assert words == "pattern: automatic_renewal_clause\nrisk_level: high\nweights: 1.0, 2, null, true"
    native = Caller(speaker.key)
    assert native.search("renewal clause", namespace="legal_analysis")[0]["id"] == id


def test_words_that_were_changed_since_are_told_in_place_of_what_was_sent(speaker: Dialect, acme: Tenant) -> None:
    id = stored(speaker)
    with tenant_context(acme):
        revise(Memory.objects.get(pk=id).pk, {"content": "It renews by itself."})
    told = read(speaker, id)
    assert told["content"] == "It renews by itself."
    assert told["metadata"]["version"] == 2


@pytest.mark.parametrize("name", ["working", "episodic", "semantic", "procedural", "business"])
def test_each_type_comes_back_and_is_asked_for(speaker: Dialect, name: str) -> None:
    id, _ = (
        stored(speaker, memoryType=name),
        stored(speaker, memoryType="semantic" if name != "semantic" else "working", content="x"),
    )
    assert read(speaker, id)["memoryType"] == name
    assert found(speaker, memoryType=name) == [id]


def test_a_type_that_nobody_knows_is_semantic_and_finds_nothing(speaker: Dialect) -> None:
    assert read(speaker, stored(speaker, memoryType="odd"))["memoryType"] == "semantic"
    assert found(speaker, memoryType="odd") == []


def test_kinds_of_the_house_are_told_as_their_next_of_kin(speaker: Dialect) -> None:
    native = Caller(speaker.key)
    id = native.remember("Ada likes tea.", kind="preference")
    assert read(speaker, id)["memoryType"] == "semantic"
    assert found(speaker, memoryType="semantic") == [id]


def test_metadata_comes_back_whole(speaker: Dialect) -> None:
    meta = {
        "timestamp": "2026-11-20T10:00:00+00:00", "version": 3, "tags": ["a", "b"], "importance": 7.5, "accessCount": 4,
        "lastAccessed": "2026-11-20T11:00:00+00:00", "correlationId": "c-1", "sessionId": "s-1", "userId": "ada",
        "expiresAt": "2099-01-01T00:00:00+00:00", "review": {"by": "Ben"},
    }  # fmt: skip
    told = read(speaker, stored(speaker, metadata=meta))["metadata"]
    assert told | {"accessCount": 4, "lastAccessed": meta["lastAccessed"]} == meta
    assert told["accessCount"] == 5
    assert told["lastAccessed"] > meta["lastAccessed"]


def test_each_reading_counts_as_an_access(speaker: Dialect, acme: Tenant) -> None:
    id = stored(speaker)
    assert [read(speaker, id)["metadata"]["accessCount"] for _ in range(3)] == [1, 2, 3]
    with tenant_context(acme):
        touched.fold()
    assert read(speaker, id)["metadata"]["accessCount"] == 4


def test_the_same_said_twice_is_one_memory(speaker: Dialect) -> None:
    id = stored(speaker)
    status, told = speaker.post("api/memory", A_CLAUSE)
    assert (status, told["id"]) == (200, id)


def test_what_is_asked_for_narrows(speaker: Dialect) -> None:
    one = stored(speaker, metadata={"userId": "ada", "sessionId": "s"})
    two = stored(speaker, serviceId="lora", agentId="b", domain="other", content="Nothing RISKY here.",
                 metadata={"tags": ["x"], "importance": 2, "timestamp": "2026-11-18T00:00:00Z"})  # fmt: skip
    assert found(speaker) == [one, two]
    assert found(speaker, limit=1, offset=1) == [two]
    for asked in (
        {"serviceId": "dspy-service"}, {"agentId": "legal-analyzer"}, {"domain": "legal_analysis"},
        {"tags": ["risk", "none"]}, {"minImportance": 8}, {"userId": "ada"}, {"sessionId": "s"},
        {"searchText": "RENEWAL"}, {"startDate": "2026-11-19T00:00:00Z"},
        {"dateRange": {"start": "2026-11-19T00:00:00Z", "end": "2026-11-21T00:00:00Z"}},
    ):  # fmt: skip
        assert found(speaker, **asked) == [one], asked
    assert found(speaker, searchText="risky", domain="other") == [two]
    assert found(speaker, endDate="2026-11-19T00:00:00Z") == [two]


def test_what_has_expired_is_gone(speaker: Dialect) -> None:
    id = stored(speaker, metadata={"expiresAt": (timezone.now() - timedelta(seconds=1)).isoformat()})
    assert speaker.get(f"api/memory/{id}") == (404, {"error": "Memory not found"})
    assert found(speaker) == []


# --- vectors


def near(speaker: Dialect, vector: list[float], **asked: Any) -> list[tuple[str, float]]:
    status, told = speaker.post(
        "api/memory/search/similarity", {"embeddings": vector, "domain": "legal_analysis"} | asked
    )
    assert status == 200, told
    assert told["total"] == len(told["results"])
    return [(one["id"], round(one["similarity"], 6)) for one in told["results"]]


def test_vectors_of_any_dimension_are_kept_and_compared_exactly(speaker: Dialect) -> None:
    long = [((n * 7) % 13 - 6) / 10 for n in range(1536)]
    one = stored(speaker, embeddings=long)
    two = stored(speaker, content="b", embeddings=[*long[:-400], *[-x for x in long[-400:]]])
    stored(speaker, content="c", embeddings=[1, 0]), stored(speaker, content="d", embeddings=long, domain="other")
    assert read(speaker, one)["embeddings"] == long
    assert near(speaker, long) == [(one, 1.0)]
    assert [key for key, _ in near(speaker, long, threshold=0)] == [one, two]
    assert near(speaker, long, threshold=1) == []
    assert near(speaker, long, limit=1, threshold=-1) == [(one, 1.0)]


def test_nearness_is_strictly_more_than_the_threshold(speaker: Dialect) -> None:
    id = stored(speaker, embeddings=[3, 4])
    assert near(speaker, [1, 0], threshold=0.59) == [(id, 0.6)]
    assert near(speaker, [1, 0], threshold=0.61) == []


# --- relationships


def test_relationships_are_relations_and_ids_of_nothing_are_told_as_sent(speaker: Dialect) -> None:
    one, two, three = (stored(speaker, content=word) for word in ("one", "two", "three"))
    ids = {"relatedMemories": [one, "mem_123"], "causedBy": two, "causes": [three]}
    id = stored(speaker, content="four", relationships=ids)
    assert read(speaker, id)["relationships"] == {
        "relatedMemories": [one, "mem_123"],
        "causedBy": two,
        "causes": [three],
    }
    assert read(speaker, three)["relationships"] == {"relatedMemories": [], "causedBy": id, "causes": []}
    assert speaker.get(f"api/memory/{id}/related?relationshipType=references")[1]["memories"][0]["id"] == one
    assert speaker.get(f"api/memory/{id}/related")[1]["total"] == 3


def test_what_is_further_away_is_related_by_depth(speaker: Dialect) -> None:
    one, two, three = (stored(speaker, content=word) for word in ("one", "two", "three"))
    for source, target in ((one, two), (two, three)):
        told = {"sourceId": source, "targetId": target, "relationshipType": "follows"}
        assert speaker.post("api/memory/relationships", told)[0] == 201
    assert [each["id"] for each in speaker.get(f"api/memory/{one}/related")[1]["memories"]] == [two]
    deep = speaker.get(f"api/memory/{one}/related?depth=2&relationshipType=follows")[1]
    assert [each["id"] for each in deep["memories"]] == [two, three]
    assert speaker.get(f"api/memory/{one}/related?relationshipType=causes")[1] == {"memories": [], "total": 0}


def test_nothing_is_related_to_itself(speaker: Dialect) -> None:
    id = stored(speaker)
    for same in (id, id.upper()):
        status, told = speaker.post(
            "api/memory/relationships", {"sourceId": id, "targetId": same, "relationshipType": "causes"}
        )
        assert (status, told["error"]["statusCode"]) == (400, 400)
        assert "targetId" in told["error"]["message"]


def test_nobody_relates_what_is_not_there(speaker: Dialect, stranger: Dialect) -> None:
    own, other = stored(speaker), stored(stranger)
    for id in (other, str(uuid4()), "mem_1"):
        told = {"sourceId": own, "targetId": id, "relationshipType": "causes"}
        assert speaker.post("api/memory/relationships", told) == (404, {"error": "Memory not found"})
        assert speaker.get(f"api/memory/{id}")[0] == speaker.get(f"api/memory/{id}/related")[0] == 404
    assert read(speaker, stored(speaker, content="x", relationships={"causes": [other]}))["relationships"][
        "causes"
    ] == [other]
    assert read(stranger, other)["relationships"]["causedBy"] is None


# --- numbers, the archive, and who may


def test_aggregations_count_the_last_day(speaker: Dialect, acme: Tenant) -> None:
    now = timezone.now().isoformat()
    id = stored(speaker, metadata={"timestamp": now})
    stored(speaker, content="x", memoryType="business", metadata={"timestamp": now, "tags": ["risk"], "importance": 4})
    stored(speaker, content="old")
    read(speaker, id)
    with tenant_context(acme):
        touched.fold()
    _, told = speaker.get("api/memory/aggregations?domain=legal_analysis")
    assert (told["totalMemories"], told["averageImportance"], told["serviceId"]) == (2, 6.0, None)
    assert told["byType"] == {"working": 0, "episodic": 0, "semantic": 1, "procedural": 0, "business": 1}
    assert told["topTags"][0] == {"tag": "risk", "count": 2}
    assert told["accessPatterns"]["totalAccesses"] == 1
    assert told["accessPatterns"]["averageAccessesPerMemory"] == 0.5
    assert told["accessPatterns"]["mostAccessed"][0]["id"] == id
    _, earlier = speaker.get("api/memory/aggregations?startDate=2026-11-20T00:00:00Z&endDate=2026-11-20T23:00:00Z")
    assert earlier["totalMemories"] == 1


def test_what_is_in_the_archive_is_read_as_before(speaker: Dialect, acme: Tenant) -> None:
    id = stored(speaker)
    with tenant_context(acme):
        assert cold.archive(Memory.objects.get(pk=id).pk)
    assert read(speaker, id)["content"] == A_CLAUSE["content"]


def test_an_access_token_speaks_as_its_key_does(speaker: Dialect) -> None:
    id = stored(speaker)
    jwt = Dialect("persistence", tokens.open_for_key(speaker.key)["access"])
    assert read(jwt, id)["id"] == id
    assert stored(jwt, content="By token.")


@pytest.mark.parametrize("key", ["", "im_nobody", "a.b.c"])
def test_without_a_good_credential_nothing_is_told(speaker: Dialect, key: str) -> None:
    status, told = Dialect("persistence", key).get("api/memory/aggregations")
    assert (status, told["error"]["statusCode"]) == (401, 401)
    assert told["error"]["timestamp"]


def test_the_archive_is_an_admins(speaker: Dialect, acme: Tenant) -> None:
    assert speaker.post("api/memory/archive", {})[0] == 202
    writer = Dialect("persistence", keys.issue(acme, "writer", scopes=["read", "write"])[1])
    assert writer.post("api/memory/archive", {})[1]["error"]["statusCode"] == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"serviceId": None}, {"content": None}, {"content": ""}, {"metadata": None}, {"metadata": {"importance": 11}},
        {"embeddings": [0, 0]}, {"embeddings": ["a"]}, {"embeddings": [1] * 4097}, {"metadata": {"own_vector": "x"}},
        {"content": {"a": "x" * 70_000}}, {"relationships": {"causes": [7, {}]}},
    ],
    ids=lambda told: str(told)[:40],
)  # fmt: skip
def test_what_cannot_be_is_told_by_its_name(speaker: Dialect, wrong: dict[str, Any]) -> None:
    status, told = speaker.post("api/memory", A_CLAUSE | wrong)
    assert (status, told["error"]["statusCode"]) == (400, 400)
    assert next(iter(wrong)) in told["error"]["message"]


def test_everybody_may_ask_how_it_is(acme: Tenant) -> None:
    status, told = Dialect("persistence", "").get("health")
    assert (status, told["status"]) == (200, "ok")
    assert set(told["services"]) == {"memory_engine", "learning_history", "analytics_engine", "cross_service_sync"}


def test_the_document_s_paths_stand_at_the_root(speaker: Dialect, caller: Callable[..., Caller]) -> None:
    id = stored(speaker)
    answer = speaker.client.get(f"/api/memory/{id}", headers={"Authorization": f"Bearer {speaker.key}"})
    assert answer.json()["id"] == id


NAN = base64.b64encode(np.array([np.nan, 1.0, 2.0]).tobytes()).decode()


@pytest.mark.parametrize(
    "metadata",
    [
        {"persistence": {"relationships": ["x"]}},
        {"persistence": {"relationships": {"causes": 5, "related_memories": "abc", "caused_by": [{"a": 1}]}}},
        {"persistence": [1]},
        {"own_vector": NAN},
        {"own_vector": 5},
    ],
    ids=str,
)
def test_what_others_put_in_the_place_of_its_marks_does_no_harm(speaker: Dialect, metadata: Any) -> None:
    id = Caller(speaker.key).remember("Said natively.", namespace="law", metadata=metadata)
    assert read(speaker, id)["relationships"] == {"relatedMemories": [], "causedBy": None, "causes": []}
    assert "embeddings" not in read(speaker, id)
    assert found(speaker) == [id]
    asked = {"embeddings": [1, 1, 1], "domain": "law", "threshold": -1}
    assert speaker.post("api/memory/search/similarity", asked) == (200, {"results": [], "total": 0})
