"""Streams: server-sent events of one tenant, in one sync hop a batch, and problems before the first byte."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.test import RequestFactory
from django_tenants.utils import tenant_context

from api.native import stream
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft, Scope
from memory.walk import walk
from tenants import keys
from tenants.models import Tenant
from tenants.resolve import Speaker
from tests.conftest import Caller

Event = dict[str, Any]


def events(raw: bytes) -> list[Event]:
    """What a client reads: event, id and data of each."""
    told = []
    for block in raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":"))
        if lines:
            told.append(lines | {"data": json.loads(lines["data"])})
    return told


@pytest.fixture
def filled(committed: None, acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        with tenant_context(tenant):
            remember_many([Draft(f"{tenant.slug} {i}", Scope(user_id="ada")) for i in range(2 * stream.BATCH + 7)])


def speaker(tenant: Tenant, key: Any = None) -> Speaker:
    return Speaker(tenant, "key:test", frozenset({"read"}), key)


async def everything(who: Speaker, after: UUID | None = None) -> AsyncGenerator[bytes]:
    scope = Scope(user_id="ada")
    first = await stream.in_tenant(who, stream._fetch, scope, {}, after)
    async for told in stream._everything(who, scope, {}, first):
        yield told


@pytest.mark.usefixtures("filled")
async def test_two_tenants_streams_step_by_step_never_mix(acme: Tenant, globex: Tenant) -> None:
    ours, theirs = everything(speaker(acme)), everything(speaker(globex))
    heard: dict[str, list[Event]] = {"acme": [], "globex": []}
    for _ in range(2 * stream.BATCH + 8):
        for name, source in (("acme", ours), ("globex", theirs)):
            heard[name] += events(await anext(source))
    for name, told in heard.items():
        assert [event["data"]["content"] for event in told[:-1]] == [f"{name} {i}" for i in range(2 * stream.BATCH + 7)]
        assert told[-1] == {"event": "end", "data": {"count": 2 * stream.BATCH + 7}}


@pytest.mark.usefixtures("filled")
async def test_a_stream_goes_on_after_the_last_id(acme: Tenant) -> None:
    told = [event async for raw in everything(speaker(acme)) for event in events(raw)]
    rest = [event async for raw in everything(speaker(acme), UUID(told[60]["id"])) for event in events(raw)]
    assert [event.get("id") for event in rest] == [event.get("id") for event in told[61:]]


@pytest.mark.usefixtures("filled")
async def test_what_is_written_and_deleted_meanwhile_neither_skips_nor_repeats_the_rest(acme: Tenant) -> None:
    source, ids = everything(speaker(acme)), []
    async for raw in source:
        for event in events(raw):
            ids.append(event.get("id"))
            if len(ids) % 10 == 0:
                await stream.in_tenant(speaker(acme), remember_many, [Draft(f"new {len(ids)}", Scope(user_id="ben"))])
                await stream.in_tenant(speaker(acme), lambda: Memory.objects.filter(pk=ids[-1]).update(state="deleted"))
    assert len(ids) - 1 == len(set(ids[:-1])) == 2 * stream.BATCH + 7


@pytest.mark.usefixtures("filled")
async def test_a_listener_that_leaves_leaves_nothing_behind(acme: Tenant) -> None:
    source = everything(speaker(acme))
    await anext(source)
    await source.aclose()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_silence_is_broken_by_heartbeats() -> None:
    async def slow() -> None:
        await asyncio.sleep(0.2)

    heard = [beat async for beat in stream.beats(slow(), every=0.05)]
    assert heard == [stream.HEARTBEAT] * len(heard)
    assert 2 <= len(heard) <= 4


async def test_work_that_nobody_waits_for_is_given_up() -> None:
    source = stream.beats(asyncio.sleep(60), every=0.01)
    await anext(source)
    await source.aclose()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.usefixtures("filled")
async def test_a_revoked_key_ends_the_stream_with_a_problem(acme: Tenant) -> None:
    key, _ = await sync_to_async(keys.issue, thread_sensitive=False)(acme, "doomed")
    source = stream._guarded(RequestFactory().get("/"), everything(speaker(acme, key)))  # type: ignore[arg-type]
    await anext(source)
    await sync_to_async(keys.revoke, thread_sensitive=False)(key)
    told = [event async for raw in source for event in events(raw)]
    assert len(told) == stream.BATCH
    assert (told[-1]["event"], told[-1]["data"]["status"], told[-1]["data"]["code"]) == (
        "error",
        401,
        "not_authenticated",
    )


async def test_an_unknown_fault_is_told_without_its_words() -> None:
    async def breaking() -> AsyncGenerator[bytes]:
        yield stream.frame("hit", {}, "1")
        raise KeyError("a secret of the inside")

    told = [raw async for raw in stream._guarded(RequestFactory().get("/"), breaking())]  # type: ignore[arg-type]
    assert events(told[1])[0]["data"]["status"] == 500
    assert b"secret" not in told[1]


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "text/*"])
def test_hits_are_streamed_best_first(ada: Caller, accept: str) -> None:
    for text in ("Tea without sugar.", "Tea\nin the garden — ü🦊\u2028", "A train."):
        ada.remember(text, user_id="cleo")
    answer = ada.raw("POST", "memories/stream", b'{"query": "tea", "limit": 2}', Accept=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    told = events(b"".join(answer))
    assert [event["event"] for event in told] == ["hit", "hit", "end"]
    assert [event["data"]["id"] for event in told[:2]] == [hit["id"] for hit in ada.search("tea", limit=2)]
    assert told[0]["id"] == told[0]["data"]["id"]
    assert (told[2]["data"]["count"], told[2]["data"]["candidate_count"]) == (2, 3)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_everything_is_filtered_by_scope_and_filters(ada: Caller) -> None:
    ada.remember("one", user_id="cleo", tags=["x"])
    ada.remember("two", user_id="cleo")
    ada.remember("three", user_id="dan")
    answer = ada.raw("GET", "memories/stream?all=true&user_id=cleo")
    assert [event["data"].get("content") for event in events(b"".join(answer))] == ["one", "two", None]
    answer = ada.raw("POST", "memories/stream", b'{"all": true, "filters": {"tags": {"any": ["x"]}}}')
    assert [event["data"].get("content") for event in events(b"".join(answer))] == ["one", None]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {}, 422),
        ("query=x&all=true", {}, 422),
        ("query=x&limit=0", {}, 422),
        ("query=x&colour=red", {}, 422),
        ("all=true", {"Last-Event-ID": "7"}, 422),
        ("query=x", {"Accept": "application/json"}, 406),
        ("query=x", {"Authorization": "Bearer nobody"}, 401),
    ],
)
def test_before_the_first_byte_errors_are_problems(
    ada: Caller, query: str, headers: dict[str, str], status: int
) -> None:
    answer = ada.raw("GET", f"memories/stream?{query}", **({"Accept": "text/event-stream"} | headers))
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_a_bad_filter_is_a_problem_too(ada: Caller) -> None:
    for asked in ({"query": "x"}, {"all": True}):
        status, body = ada.post("memories/stream", asked | {"filters": {"colour": 1}}, Accept="text/event-stream")
        assert (status, body["code"]) == (400, "bad_filter")


def test_a_key_that_may_only_write_streams_nothing(acme: Tenant) -> None:
    writer = Caller(keys.issue(acme, "writer", ["write"])[1])
    assert writer.raw("POST", "memories/stream", b'{"query": "x"}').status_code == 403


def test_a_walk_meets_everything_once(in_acme: object) -> None:
    made = [outcome.id for outcome in remember_many([Draft(str(i)) for i in range(7)])]
    met: list[Any] = []
    while batch := walk(Scope(), {}, met[-1] if met else None, 3):
        met += [memory.pk for memory in batch]
    assert met == made
