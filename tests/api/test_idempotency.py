"""Idempotency-Key: what is sent again is not done again, whoever crashes and whoever is faster."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import given, settings
from hypothesis import strategies as st

from api import idempotency
from events.models import Event
from memory.models import Memory
from tenants import keys, replies
from tenants.models import KeptReply, Tenant
from tests.conftest import Caller, statements
from tests.journeys.house import eventually

TEA = b'{"content": "Tea at five."}'


def send(caller: Caller, path: str = "memories", body: bytes = TEA, key: str = "k-1", **headers: str) -> Any:
    return caller.raw("POST", path, body, Idempotency_Key=key, **headers)


def test_the_same_request_gets_the_same_reply_and_does_nothing(ada: Caller, in_acme: Tenant) -> None:
    first, again = send(ada), send(ada)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first["Content-Type"] == again["Content-Type"] == "application/json"
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert Memory.objects.count() == 1
    assert Event.objects.filter(type="memory.created").count() == 1


def test_another_key_is_another_request(ada: Caller, in_acme: Tenant) -> None:
    first, again = send(ada), send(ada, key="k-2")
    assert first.json()["data"][0]["status"] == "created"
    assert again.json()["data"][0]["status"] == "merged"


@pytest.mark.parametrize(
    ("path", "body"), [("memories", b'{"content": "Coffee."}'), ("memories?wait=true", TEA), ("memories", TEA + b" ")]
)
def test_another_request_under_the_same_key_is_refused(ada: Caller, in_acme: Tenant, path: str, body: bytes) -> None:
    send(ada)
    answer = send(ada, path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert Memory.objects.count() == 1


def test_another_id_in_the_path_is_another_request(ada: Caller) -> None:
    one, two = ada.remember("one"), ada.remember("two")
    said = b'{"verdict": "correct"}'
    assert send(ada, f"memories/{one}/feedback", said).status_code == 200
    assert send(ada, f"memories/{two}/feedback", said).status_code == 422
    assert send(ada, f"memories/{one}/feedback/", said)["Idempotent-Replayed"] == "true"


def test_a_key_belongs_to_its_route_its_credential_and_its_tenant(ada: Caller, ben: Caller, acme: Tenant) -> None:
    other = Caller(keys.issue(acme, "other")[1])
    search = b'{"query": "tea"}'
    answers = [send(ada), send(ben), send(other), send(ada, "memories/search", search)]
    assert all(answer.status_code in (200, 201) for answer in answers)
    assert not any("Idempotent-Replayed" in answer for answer in answers)
    assert KeptReply.objects.count() == 4


def test_a_reply_keeps_its_headers(ada: Caller) -> None:
    first, again = send(ada, "exports", b"{}"), send(ada, "exports", b"{}")
    assert first["Location"] == again["Location"]
    assert first.status_code == again.status_code == 202


def test_a_post_without_a_body_can_be_sent_again(ada: Caller, in_acme: Tenant) -> None:
    made = ada.post("sessions", {"session_id": "s"})[1]["id"]
    first, again = (send(ada, f"sessions/{made}/close", b"") for _ in range(2))
    assert first.content == again.content
    assert again["Idempotent-Replayed"] == "true"
    assert Event.objects.filter(type="session.closed").count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ä"])
def test_a_key_that_cannot_be_one_is_refused(ada: Caller, key: str) -> None:
    answer = send(ada, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


def test_the_longest_key_is_accepted(ada: Caller) -> None:
    assert send(ada, key="x" * 255).status_code == 201


def test_nothing_is_kept_of_what_failed(ada: Caller, in_acme: Tenant) -> None:
    assert send(ada, body=b'{"contant": "x"}').status_code == 422
    assert send(ada, body=b"{").status_code == 400
    assert send(ada, "memories/00000000-0000-7000-8000-000000000000/restore", b"{}").status_code == 404
    assert not KeptReply.objects.exists()
    assert send(ada).status_code == 201


def test_who_may_not_write_learns_nothing_of_a_reply(ada: Caller, acme: Tenant) -> None:
    send(ada)
    assert send(Caller("im_nobody_nothing")).status_code == 401
    assert send(Caller(keys.issue(acme, "reader", ["read"])[1])).status_code == 403


def test_other_methods_ignore_the_header(ada: Caller) -> None:
    made = ada.remember("tea")
    for _ in range(2):
        assert "Idempotent-Replayed" not in ada.raw("PATCH", f"memories/{made}", b"{}", Idempotency_Key="k")
    assert not KeptReply.objects.exists()
    assert ada.raw("POST", f"memories/{made}", b"{}", Idempotency_Key="k").status_code == 405


def test_a_file_is_imported_once(ada: Caller, in_acme: Tenant) -> None:
    lines = b'{"content": "tea"}\n' * 3
    jsonl = {"Content_Type": "application/x-ndjson"}
    first, again = send(ada, "imports", lines, **jsonl), send(ada, "imports", lines, **jsonl)
    assert first.status_code == 202
    assert first.content == again.content
    assert send(ada, "imports", lines + b"\n", **jsonl).status_code == 422
    assert ada.get("imports")[1]["data"][0]["id"] == first.json()["id"]
    assert len(ada.get("imports")[1]["data"]) == 1


def test_a_stream_is_read_anew(ada: Caller) -> None:
    ada.remember("tea")
    for _ in range(2):
        answer = send(ada, "memories/stream", b'{"all": true}')
        assert answer.status_code == 200
        assert answer.streaming
        assert "Idempotent-Replayed" not in answer
    assert not KeptReply.objects.exists()


def test_a_kept_reply_is_unreadable_at_rest(ada: Caller) -> None:
    ada.remember("xyzzy is the word")
    send(ada, "memories/search", b'{"query": "xyzzy"}', key="mail@example.org")
    kept = KeptReply.objects.get()
    assert b"xyzzy" not in bytes(kept.body or b"")
    assert b"data" not in bytes(kept.body or b"")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenants_keptreply::text FROM tenants_keptreply")
        assert "mail" not in cursor.fetchone()[0]


def test_a_reply_that_is_too_long_is_not_kept_and_its_effect_not_repeated(
    ada: Caller, in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_REPLY", 10)
    assert send(ada).status_code == 201
    again = send(ada)
    assert (again.status_code, again.json()["code"]) == (409, "reply_gone")
    assert Memory.objects.count() == 1


def test_a_secret_reply_is_told_once(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    from api.native.memories import Memories

    monkeypatch.setattr(Memories, "reply_is_secret", True)
    assert send(ada).status_code == 201
    assert send(ada).json()["code"] == "reply_gone"
    assert KeptReply.objects.get().body is None


def test_a_forgotten_reply_is_gone_and_its_effect_stays_single(ada: Caller, ben: Caller, acme: Tenant) -> None:
    send(ada), send(ben)
    assert replies.forget(acme.pk) == 1
    assert send(ada).json()["code"] == "reply_gone"
    assert send(ada, body=b'{"content": "other"}').json()["code"] == "reply_gone"
    assert send(ben)["Idempotent-Replayed"] == "true"


def test_a_reply_sealed_with_a_key_that_is_gone_counts_as_gone(ada: Caller, settings: Any) -> None:
    send(ada)
    settings.DATA_KEYS = ["another one"]
    assert send(ada).json()["code"] == "reply_gone"


def test_after_a_day_a_key_is_new(ada: Caller, in_acme: Tenant) -> None:
    send(ada)
    KeptReply.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    again = send(ada)
    assert again.json()["data"][0]["status"] == "merged"
    assert send(ada).content == again.content


def test_the_sweep_takes_what_is_a_day_old(ada: Caller) -> None:
    send(ada), send(ada, key="old")
    old = KeptReply.objects.order_by("created_at").last()
    assert old is not None
    KeptReply.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert replies.sweep() == 1
    assert KeptReply.objects.count() == 1


def count(do: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        do()
    return sum(not sql.startswith(("SAVEPOINT", "RELEASE")) for sql in statements(captured))


def test_the_header_costs_four_statements_and_a_replay_three_in_all(ada: Caller) -> None:
    plain = count(lambda: ada.post("memories", {"content": "one"}))
    keyed = count(lambda: send(ada, body=b'{"content": "two"}'))
    replayed = count(lambda: send(ada, body=b'{"content": "two"}'))
    assert keyed == plain + 4  # locks; a reply looked for; one that is over deleted; the new one kept
    assert replayed == 3  # the key; locks; the reply


def test_fifty_twins_have_one_effect_and_one_reply(committed: None, ada: Caller, acme: Tenant) -> None:
    body = b'{"content": "What fifty say at once.", "importance": 0.5}'

    def insist(_: int) -> tuple[int, bytes, int]:
        refused = 0
        while (answer := send(Caller(ada.key), body=body)).status_code == 409:
            assert answer.json()["code"] == "in_progress"
            assert answer["Retry-After"] == "1"
            refused += 1
            time.sleep(0.05)
        connection.close()
        return answer.status_code, answer.content, refused

    with ThreadPoolExecutor(50) as pool:
        told = list(pool.map(insist, range(50)))
    assert len({(status, content) for status, content, _ in told}) == 1
    with tenant_context(acme):
        assert Memory.objects.count() == 1
    assert Event.objects.filter(type="memory.created").count() == 1


def test_a_twin_in_progress_is_told_to_wait(committed: None, ada: Caller, acme: Tenant) -> None:
    """The first one is held in the middle of its transaction by a lock on the table that it writes."""

    def first() -> int:
        try:
            return send(Caller(ada.key)).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE t_acme.memory_memory IN SHARE ROW EXCLUSIVE MODE")
            going = pool.submit(first)
            eventually(somebody_waits)
            twin = send(ada)
            assert (twin.status_code, twin.json()["code"], twin["Retry-After"]) == (409, "in_progress", "1")
        assert going.result() == 201
    assert send(ada)["Idempotent-Replayed"] == "true"


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_a_transaction_that_dies_leaves_neither_effect_nor_reply(
    committed: None, ada: Caller, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("the server fell over")

    with monkeypatch.context() as patched:
        patched.setattr(replies, "keep", dies)
        assert send(ada).status_code == 500
    with tenant_context(acme):
        assert not Memory.objects.exists()
    assert send(ada).status_code == 201


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_a_key_is_printable_and_bounded(key: str) -> None:
    printable = key.isascii() and key.isprintable() and 0 < len(key) < 256
    assert bool(idempotency.KEY_FORM.fullmatch(key)) == printable
