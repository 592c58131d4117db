"""Who speaks on a socket, and whether they still may."""

import asyncio
import uuid
from weakref import WeakKeyDictionary

from api.sockets.door import Handshake
from api.sockets.frames import NOBODY, Frame, Refused, bad
from events import actors
from tenants import lifecycle, tickets
from tenants.channels import in_public
from tenants.errors import Unauthenticated
from tenants.resolve import Speaker, resolve, still_speaks

SUSPENDED = Refused(4403, "tenant_suspended", "The tenant is suspended.")
NO_MORE = Refused(4401, NOBODY, "The credential is not valid any more, or may do something else now.")
# After these facts an open socket's credential is looked at right away.
TOUCHING = {
    "key.revoked", "login.closed", "member.changed", "member.removed", "tenant.suspended", "tenant.deletion_asked",
}  # fmt: skip


async def recognised(handshake: Handshake, message: Frame) -> Speaker:
    """The speaker of an `auth` or `identify`. Raises SpeakerError or Refused."""
    with actors.asked_from(handshake.ip, uuid.uuid4().hex):
        speaker = await _resolved(handshake, message)
    if not speaker.may("events.read"):
        raise Refused(4403, "not_allowed", "This credential may not read.")
    if speaker.on_platform:
        raise Refused(4400, "tenant_needed", "Name the tenant, as `tenant`.")
    return speaker


async def _resolved(handshake: Handshake, message: Frame) -> Speaker:
    ticket, token = message.get("ticket"), message.get("token")
    if isinstance(ticket, str):
        return await in_public(tickets.redeem, ticket)
    if not isinstance(token, str):
        raise Unauthenticated
    named = message.get("tenant")
    if not isinstance(named, str | None):
        raise bad("`tenant` is a slug or an id.")
    return await in_public(resolve, token, named=[] if named is None else [named], host=handshake.host)


Looks = dict[tuple[object, ...], tuple[float, "asyncio.Future[Refused | None]"]]
_looks: WeakKeyDictionary[asyncio.AbstractEventLoop, Looks] = WeakKeyDictionary()
KEPT = 1000  # looks that are remembered


async def why_not(speaker: Speaker, since: float) -> Refused | None:
    """Why this speaker may not listen any more; None while they may, by a look that began after `since` (loop time).

    All sockets of a credential share a look, so what it costs does not grow with their number.
    """
    loop = asyncio.get_running_loop()
    looks = _looks.setdefault(loop, {})
    who = _standing(speaker)
    began, look = looks.get(who, (-1.0, None))
    if look is None or began < since:
        if len(looks) >= KEPT:
            looks.clear()
        look = asyncio.ensure_future(_why_not(speaker))
        looks[who] = (loop.time(), look)
    return await asyncio.shield(look)


def _standing(speaker: Speaker) -> tuple[object, ...]:
    """What a speaker stands on."""
    rows = (speaker.tenant, speaker.key, speaker.login, speaker.user)
    return (*(row.pk if row else None for row in rows), speaker.until, speaker.namespaces)


async def _why_not(speaker: Speaker) -> Refused | None:
    if await in_public(still_speaks, speaker, "events.read", unchanged=True):
        return None
    return NO_MORE if await in_public(lifecycle.is_open, speaker.tenant.id) else SUSPENDED
