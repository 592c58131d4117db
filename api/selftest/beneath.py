"""Probes that no table of requests can hold: naming a tenant, sockets, and what lies beneath the API."""

import secrets

from asgiref.sync import async_to_sync
from django_tenants.utils import tenant_context

from api.selftest.doors import Answer, Closed, Message, Socket
from api.selftest.rules import Verdict
from api.selftest.sides import Side
from events import feed, relay
from memory.errors import Unreadable
from memory.models import Memory
from memory.remember import remember_many
from memory.tiers import cold, hot
from memory.types import Draft, Scope
from tenants.channels import in_public, in_tenant
from tenants.resolve import Speaker

FACTS = 10  # of each side, told in turns


def by_slug(me: Side, other: Side) -> Answer:
    return me.ask("GET", "memories", headers={"X-Tenant-ID": other.tenant.slug})


def by_id(me: Side, other: Side) -> Answer:
    return me.ask("GET", "memories", headers={"X-Tenant-ID": str(other.tenant.pk)})


def by_path(me: Side, other: Side) -> Answer:
    return me.ask("GET", "memories", prefix=f"/t/{other.tenant.slug}")


def not_replayed(me: Side, other: Side) -> Verdict:
    """The other's Idempotency-Key is a new one for me: I get no reply of the other's, and store what I say."""
    sent = {"Idempotency-Key": f"once-{secrets.token_hex(8)}"}
    theirs = other.ask("POST", "memories", {"content": f"{other.canary} says it once."}, headers=sent)
    mine = me.ask("POST", "memories", {"content": f"{me.canary} says it too."}, headers=sent)
    if (theirs.status, mine.status) != (201, 201):
        return False, mine.status
    stored = [answer.json()["data"][0]["id"] for answer in (theirs, mine)]
    return stored[0] != stored[1] and "idempotent-replayed" not in mine.text.lower(), mine.status


def unchanged(me: Side, other: Side) -> Verdict:
    """After all that the other side has tried, my memory says what it said, in its second version."""
    answer = me.ask("GET", f"memories/{me.things['memory']}")
    told = answer.json() if answer.status == 200 else {}
    return told.get("version") == 2 and me.canary in told.get("content", ""), answer.status


def sealed(me: Side, other: Side) -> Verdict:
    """The other's cold object opens for the other, and not in my name."""
    with tenant_context(other.tenant):
        memory = Memory.objects.light().get(pk=other.things["cold"])
        theirs = cold.unpack(memory)
    if other.canary not in theirs or not memory.cold_key.startswith(f"v1/{other.tenant.pk}/"):
        return False, 0
    with tenant_context(me.tenant):
        try:
            cold.unpack(memory)
        except Unreadable:
            return True, 404
    return False, 200


def kept_apart(me: Side, other: Side) -> Verdict:
    """The hot tier holds the other's content for the other, and has nothing for me under the same id."""
    with tenant_context(other.tenant):
        memory = Memory.objects.light().get(pk=other.things["cold"])
        theirs = hot.get_many([memory])
    with tenant_context(me.tenant):
        mine = hot.get_many([memory])
    return other.canary in theirs.get(memory.pk, "") and not mine, 404 if not mine else 200


def socket_names_another(me: Side, other: Side) -> Verdict:
    """A socket that names the other's tenant beside my key is closed."""
    return async_to_sync(_named_another)(me, other)


async def _named_another(me: Side, other: Side) -> Verdict:
    socket = Socket()
    socket.say({"type": "auth", "token": me.key, "tenant": other.tenant.slug})
    try:
        while (await socket.hear())["type"] == "error":
            pass
    except Closed as closed:
        return closed.code == 4401, closed.code
    finally:
        await socket.close()
    return False, 101


def interleaved(me: Side, other: Side) -> Verdict:
    """Both sides listen from the first fact on while both write in turns; each hears all of its own, and no other."""
    return async_to_sync(_interleaved)(me, other)


async def _interleaved(me: Side, other: Side) -> Verdict:
    sides = (me, other)
    sockets = [Socket() for _ in sides]
    try:
        for side, socket in zip(sides, sockets, strict=True):
            socket.say({"type": "auth", "token": side.key, "since": 0})
        for number in range(FACTS):
            for side in sides:
                await in_tenant(_speaker(side), _say, side, number)
        heard = [await _all_of(side, socket) for side, socket in zip(sides, sockets, strict=True)]
    finally:
        for socket in sockets:
            await socket.close()
    return _apart(me, other, heard[0]) and _apart(other, me, heard[1]), 101


def _speaker(side: Side) -> Speaker:
    return Speaker(side.tenant, "selftest", frozenset({"read", "write"}))


def _say(side: Side, number: int) -> None:
    remember_many([Draft(f"{side.canary} in turn {number}", Scope(user_id=side.things["user"]))])
    while relay.relay_batch(side.tenant.pk):
        pass


async def _all_of(side: Side, socket: Socket) -> list[Message]:
    """Frames up to the last fact that the side has."""
    last = await in_public(feed.last_seq, side.tenant.pk)
    frames = [await socket.hear()]
    while frames[-1].get("seq", 0) < last or frames[-1]["type"] == "ready":
        frames.append(await socket.hear())
    return frames


def _apart(me: Side, other: Side, frames: list[Message]) -> bool:
    """Dense, with my canary, and without the other's."""
    seqs = [frame["seq"] for frame in frames if frame["type"] == "sync"]
    text = str(frames)
    return seqs == list(range(1, len(seqs) + 1)) and me.canary in text and other.canary not in text
