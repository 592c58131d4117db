"""Labels of words that are said again: the memory that says them already gains what it has not."""

from typing import Any
from uuid import UUID

from django.db import transaction

from memory.models import Memory
from memory.revise import revise
from memory.types import Draft

MOST = 100  # tags, and people, of one memory


@transaction.atomic
def gain(memory_id: UUID, draft: Draft) -> Memory | None:
    """Add the tags and people of a draft, and what its metadata says; its topic, if it has one, is the memory's.

    With nothing new the memory stays as it is. None when there is none. Raises what memory.revise does.
    """
    memory = Memory.objects.live().select_for_update().filter(pk=memory_id).first()
    if memory is None:
        return None
    changes: dict[str, Any] = {
        "tags": list(dict.fromkeys([*memory.tags, *draft.tags]))[:MOST],
        "people": list(dict.fromkeys([*memory.people, *draft.people]))[:MOST],
        "topic": draft.topic or memory.topic,
        "metadata": draft.metadata,
    }
    return revise(memory_id, changes)
