"""The memory beside a fact about one, and that it was read, for tenants that audit reads."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from api.native.words import MemoryWords
from api.sockets.frames import Fact, Frame
from events import ledger
from memory.models import Memory
from tenants import preferences
from tenants.channels import in_tenant
from tenants.resolve import Speaker

if TYPE_CHECKING:
    from api.sockets.consumer import FeedConsumer

SUBJECT = "memory"


async def beside(socket: "FeedConsumer", facts: list[Fact]) -> dict[int, Frame]:
    """By number, the memory that each fact is about, as the API tells it; None for one that cannot be read any more."""
    about = {fact.seq: fact.json["subject"]["id"] for fact in facts if fact.json["subject"]["type"] == SUBJECT}
    about = {seq: id for seq, id in about.items() if _is_id(id)}
    if not about or not socket.speaker.may("memories.read"):
        return {}
    found = await in_tenant(socket.speaker, _told, socket.speaker, set(about.values()))
    return {seq: {"memory": found.get(id)} for seq, id in about.items()}


def _told(speaker: Speaker, ids: set[str]) -> dict[str, Frame]:
    rows = Memory.objects.readable().light().filter(pk__in=ids)
    told = MemoryWords(rows, many=True).data
    note_reading(speaker, "ws/memory")
    return {memory["id"]: memory for memory in told}


def note_reading(speaker: Speaker, operation: str) -> None:
    """One fact for what was read together, as for a request over HTTP."""
    if preferences.of(speaker.tenant).audit_reads:
        with transaction.atomic():
            ledger.record("content.read", operation=operation, status=200)


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
