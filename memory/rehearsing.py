"""What would become of a draft if it were stored now: it is stored, looked at and taken back, so nothing differs."""

from dataclasses import dataclass

from django.db import transaction

from memory.models import Memory
from memory.remember import remember
from memory.types import Draft, Outcome


@dataclass(frozen=True)
class Rehearsed:
    """`memory` is the one that would say it: the new one, or the one that says it already."""

    outcome: Outcome
    memory: Memory | None


def rehearse(draft: Draft) -> Rehearsed:
    """As `remember`, and nothing is kept. Raises what that raises."""
    with transaction.atomic():
        outcome = remember(draft)
        memory = Memory.objects.light().filter(pk=outcome.id).first() if outcome.id else None
        transaction.set_rollback(True)
    return Rehearsed(outcome, memory)
