"""Telling open sockets that a tenant's feed has moved."""

from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from events import feed
from events.models import Event

log = structlog.get_logger(__name__)
PER_MESSAGE = 100


def group(tenant_id: UUID) -> str:
    """The channel group of a tenant's sockets; made of its id alone, never of text that a client sent."""
    return f"ev.{tenant_id.hex}"


def push(tenant_id: UUID, batch: list[Event]) -> None:
    """A reader of the relay: poke the tenant's sockets once the numbers are committed.

    Best effort. The feed is the truth: a socket that misses a poke sees the gap in `seq` at the next one.
    """
    frames = [feed.as_json(event) for event in batch]
    transaction.on_commit(lambda: _send(group(tenant_id), frames))


def _send(name: str, frames: list[dict[str, Any]]) -> None:
    layer = get_channel_layer()
    try:
        for start in range(0, len(frames), PER_MESSAGE):
            message = {"type": "feed.advanced", "events": frames[start : start + PER_MESSAGE]}
            async_to_sync(layer.group_send)(name, message)
    except Exception as error:  # Redis is away: sockets catch up from the feed
        log.warning("sockets not poked", error=type(error).__name__)
