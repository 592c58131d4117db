"""Storing, listing, reading, changing and deleting memories."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.models import Memory
from memory.remember import remember
from memory.types import Draft
from tests.conftest import Caller, costs

FIELDS = {
    "id", "content", "kind", "role", "author", "user_id", "agent_id", "session_id", "namespace", "tags", "people",
    "topic", "metadata", "importance", "confidence", "state", "event_time", "expires_at", "content_hash", "version",
    "created_at", "updated_at", "tier", "language", "source", "trust", "valid_from", "valid_to", "superseded_by",
    "position", "recalls", "recalled_at", "pinned",
}  # fmt: skip


def test_a_memory_comes_back_as_it_was_sent(ada: Caller) -> None:
    sent = {
        "content": "  Tea,\nwithout sugar ", "kind": "preference", "role": "user", "author": "Cleo", "user_id": "cleo",
        "agent_id": "butler", "session_id": "s1", "namespace": "home", "tags": ["tea"], "people": ["Dan"],
        "topic": "drinks", "metadata": {"a": {"b": [1, None]}}, "importance": 0.25, "confidence": 0.75,
        "event_time": "2026-01-02T03:04:05Z", "expires_at": "2099-01-01T00:00:00Z", "language": "de-AT",
        "source": "chat", "trust": "untrusted", "valid_from": "2026-01-02T00:00:00Z", "valid_to": "2098-01-02T00:00:00Z",
    }  # fmt: skip
    status, body = ada.get(f"memories/{ada.remember(**sent)}")
    assert status == 200
    assert set(body) == FIELDS
    assert {name: body[name] for name in sent} == sent
    assert (body["state"], body["version"]) == ("active", 1)


def test_the_answer_says_what_became_of_each_item(ada: Caller) -> None:
    status, body = ada.post("memories", {"memories": [{"content": "one"}, {"content": "two"}, {"content": "one"}]})
    assert status == 201
    assert [item["status"] for item in body["data"]] == ["created", "created", "merged"]
    assert body["data"][0]["id"] == body["data"][2]["id"]
    assert body["data"][2]["reason"]


def test_the_same_words_again_are_one_memory(ada: Caller) -> None:
    first = ada.remember("The key is under the mat.", user_id="cleo")
    status, body = ada.post("memories", {"content": "The key is under the mat.", "user_id": "cleo"})
    assert (status, body["data"][0]["status"], body["data"][0]["id"]) == (200, "merged", first)


@pytest.mark.parametrize("other", [{"session_id": "s2"}, {"user_id": "dan"}, {"event_time": "2026-01-01T00:00:00Z"}])
def test_the_same_words_elsewhere_are_two_memories(ada: Caller, other: dict[str, str]) -> None:
    said = {"content": "Good morning!", "session_id": "s1", "user_id": "cleo"}
    assert ada.remember(**said) != ada.remember(**(said | other))


@pytest.mark.usefixtures("committed")
def test_many_writers_at_once_make_one_memory(ada: Caller) -> None:
    def write(_: int) -> str:
        try:
            return Caller(ada.key).remember("We all say this.")
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        ids = set(pool.map(write, range(50)))
    assert len(ids) == 1


def test_words_said_again_after_they_expired_are_remembered_anew(in_acme: object) -> None:
    past = timezone.now() - timedelta(hours=1)
    old = remember(Draft("The gate code is 4711.", expires_at=past))
    new = remember(Draft("The gate code is 4711."))
    assert new.status == "created"
    assert new.id != old.id


def test_an_expired_memory_is_gone_for_readers(ada: Caller) -> None:
    gone = ada.remember("Milk is on offer today.", expires_at="2020-01-01T00:00:00Z")
    assert ada.get(f"memories/{gone}")[0] == 404
    assert ada.get("memories")[1]["data"] == []
    assert ada.search("milk") == []


def test_pages_neither_skip_nor_repeat_while_rows_arrive(ada: Caller) -> None:
    known = [ada.remember(f"note {i}") for i in range(5)]
    status, page = ada.get("memories?limit=2")
    assert (status, page["has_more"]) == (200, True)
    ada.remember("one more, newer than the cursor")
    seen = [row["id"] for row in page["data"]]
    while page["has_more"]:
        page = ada.get(f"memories?limit=2&cursor={page['next_cursor']}")[1]
        seen += [row["id"] for row in page["data"]]
    assert seen == known[::-1]
    assert page["next_cursor"] is None


def test_a_list_is_narrowed_by_its_parameters(ada: Caller) -> None:
    ada.remember("by cleo", user_id="cleo", kind="goal", tags=["x"])
    ada.remember("by dan", user_id="dan")
    for narrowing in ("user_id=cleo", "kind=goal", "tag=x"):
        assert [row["content"] for row in ada.get(f"memories?{narrowing}")[1]["data"]] == ["by cleo"]


def test_patch_keeps_what_it_was_not_given(ada: Caller) -> None:
    mine = ada.remember("Old words", author="Cleo", tags=["a"], metadata={"a": 1, "b": 2}, importance=0.9)
    status, body = ada.patch(f"memories/{mine}", {"content": "New words", "metadata": {"b": 3}})
    assert status == 200
    assert body["content"] == "New words"
    assert body["metadata"] == {"a": 1, "b": 3}
    assert (body["author"], body["tags"], body["importance"], body["version"]) == ("Cleo", ["a"], 0.9, 2)


def test_patch_with_nothing_new_changes_nothing(ada: Caller) -> None:
    mine = ada.remember("Same", topic="t")
    assert ada.patch(f"memories/{mine}", {"topic": "t"})[1]["version"] == 1


def test_new_words_take_the_vector_away(ada: Caller, acme: object) -> None:
    mine = ada.remember("Old words")
    with tenant_context(acme):
        Memory.objects.filter(pk=mine).update(embedding=[0.1] * 384)
    ada.patch(f"memories/{mine}", {"topic": "unsaid"})
    with tenant_context(acme):
        assert Memory.objects.get(pk=mine).embedding is not None
    ada.patch(f"memories/{mine}", {"content": "New words"})
    with tenant_context(acme):
        assert Memory.objects.get(pk=mine).embedding is None


def test_a_deleted_memory_is_gone(ada: Caller) -> None:
    mine = ada.remember("Forget this.")
    assert ada.delete(f"memories/{mine}") == (204, None)
    for answer in (ada.get(f"memories/{mine}"), ada.delete(f"memories/{mine}"), ada.patch(f"memories/{mine}", {})):
        assert answer[0] == 404
    assert ada.remember("Forget this.") != mine


def test_an_unknown_field_is_refused_with_a_pointer(ada: Caller) -> None:
    status, body = ada.post("memories", {"content": "x", "contnt": "y"})
    assert (status, body["code"]) == (422, "not_valid")
    assert [error["pointer"] for error in body["errors"]] == ["/contnt"]


def test_a_bad_item_of_a_batch_is_pointed_at_and_nothing_is_stored(ada: Caller) -> None:
    status, body = ada.post("memories", {"memories": [{"content": "fine"}, {"content": "x", "importance": 2}]})
    assert status == 422
    assert [error["pointer"] for error in body["errors"]] == ["/memories/1/importance"]
    assert ada.get("memories")[1]["data"] == []


@pytest.mark.parametrize(("size", "status"), [(1_048_576, 201), (1_048_577, 422)])
def test_the_limit_of_content_is_exact_in_bytes(ada: Caller, size: int, status: int) -> None:
    content = "é" * (size // 2) + "x" * (size % 2)
    assert ada.post("memories", {"content": content})[0] == status


def test_wait_gives_the_vector_at_once(ada: Caller, acme: object) -> None:
    status, body = ada.post("memories?wait=true", {"content": "The ferry leaves at noon."})
    assert status == 201
    with tenant_context(acme):
        memory = Memory.objects.get(pk=body["data"][0]["id"])
    assert memory.embedding_model == "all-MiniLM-L6-v2/int8"
    assert len(memory.embedding) == 384


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=200))
def test_any_text_goes_in_and_comes_out_the_same_or_is_refused(ada: Caller, text: str) -> None:
    status, body = ada.post("memories", {"content": text, "metadata": {text: text}})
    if not text.strip():
        assert status == 422
        return
    told = ada.get(f"memories/{body['data'][0]['id']}")[1]
    assert told["content"] == text


def test_writing_and_reading_cost_a_known_number_of_queries(ada: Caller) -> None:
    ada.remember("warm")
    batch = {"memories": [{"content": f"note {i}", "session_id": "s"} for i in range(50)]}
    with costs(9):  # key, savepoint, place, its fact, expired, insert, kept, facts, release
        ada.post("memories", batch)
    with costs(2):  # key, page
        ada.get("memories?limit=50")
    some = str(uuid.uuid4())
    with costs(2):
        ada.get(f"memories/{some}")
