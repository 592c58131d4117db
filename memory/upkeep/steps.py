"""Steps of a run: lay a plan down, apply it slice by slice, undo it slice by slice.

A slice and what its run keeps of it are one transaction: killed anywhere, a run goes on behind the last slice that was
committed, and no effect comes twice. What leaves the database (`archive`, `embed`) comes before that transaction; done
once more it does nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events import actors
from memory import evaluations, reports, reviews
from memory.errors import Unreadable
from memory.models import Memory, Step
from memory.privacy import gate
from memory.privacy.subjects import subjects
from memory.tiers import cold
from memory.upkeep import bulk, embed, expire, writing
from memory.upkeep.plan import Change
from tenants import preferences

SLICE = 100
Note = Callable[[Sequence[Step]], None]  # what a run keeps of a slice; it raises to give the slice up
Effect = Callable[[Sequence[Step]], None]


def lay(run_id: UUID, changes: Iterable[Change]) -> int:
    """Lay down the steps of a run, those of an attempt before go; how many there are. In the caller's transaction."""
    Step.objects.filter(run_id=run_id).delete()
    effective = (change for change in changes if change.effect)
    steps = [writing.laid(run_id, number, change) for number, change in enumerate(effective, start=1)]
    _empty_erased(steps)
    Step.objects.bulk_create(steps, batch_size=500)
    return len(steps)


def _empty_erased(steps: Sequence[Step]) -> None:
    """Take what they say from steps about whom or what was erased while the plan was made; these are skipped.

    What is there is not erased before the caller's transaction ends, and then its steps go with it.
    """
    named = list({key for step in steps for key in step.memories})
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM memory_memory WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [named])
        there = {key for (key,) in cursor.fetchall()}
    about = {step.number: subjects([("user", step.change["told"].get("user_id", ""))]) for step in steps}
    refused = gate.refused([(number, names, actors.since()) for number, names in about.items() if names])
    for step in steps:
        if step.number in refused or not there.issuperset(step.memories):
            step.state, step.change, step.memories = Step.State.SKIPPED, {}, []


def take(run_id: UUID, note: Note) -> bool:
    """Apply the next slice; False when none is left."""
    waiting = Step.objects.filter(run_id=run_id, state=Step.State.PLANNED).order_by("number")
    effect = waiting.values_list("effect", flat=True).first()
    if effect is None:
        return False
    if effect in OUTSIDE:
        _slice(waiting.filter(effect=effect), OUTSIDE[effect], note)
    else:
        with transaction.atomic():
            _slice(waiting.filter(effect=effect).select_for_update(), INSIDE[effect], note)
    return True


def undo(run_id: UUID, note: Note) -> bool:
    """Take the last slice back that stands; False when none is left."""
    standing = Step.objects.filter(run_id=run_id, state=Step.State.APPLIED).order_by("-number")
    effect = standing.values_list("effect", flat=True).first()
    if effect is None:
        return False
    with transaction.atomic():
        _slice(standing.filter(effect=effect).select_for_update(), UNDOING[effect], note)
    return True


def _slice(rows: Any, effect: Effect, note: Note) -> None:
    steps = list(rows[:SLICE])
    effect(steps)
    with transaction.atomic():
        told = [{"id": step.pk, "state": step.state, "outcome": step.outcome} for step in steps]
        bulk.update(Step, ["state", "outcome"], told)
        note(steps)


def counts(run_id: UUID) -> dict[str, int]:
    """How many steps of each action were applied."""
    applied = Step.objects.filter(run_id=run_id, state=Step.State.APPLIED)
    return dict(Counter(applied.values_list("action", flat=True)))


def sweep() -> int:
    """Forget the steps that nobody can undo any more; how many."""
    over = timezone.now() - timedelta(days=preferences.current().undo_days + 1)
    return Step.objects.filter(created_at__lte=over).delete()[0]


def _purge(steps: Sequence[Step]) -> None:
    """Delete memories for good, if they are still due and not held."""
    gone = expire.purge(Memory.objects.filter(pk__in=_subjects(steps)))
    _mark(steps, {step.pk for step in steps if step.subject in gone})


def _archive(steps: Sequence[Step]) -> None:
    """Move contents to cold storage. Raises Unreadable when it fails."""
    for memory_id in _subjects(steps):
        cold.archive(memory_id)
    ids = _subjects(steps)
    moved = set(Memory.objects.filter(pk__in=ids, tier=Memory.Tier.COLD).values_list("pk", flat=True))
    _mark(steps, {step.pk for step in steps if step.subject in moved})


def _warm(steps: Sequence[Step]) -> None:
    for step in steps:
        try:
            assert step.subject
            step.state = Step.State.UNDONE if cold.warm(step.subject) else Step.State.KEPT
        except Unreadable:
            step.state = Step.State.KEPT


def _embed(steps: Sequence[Step]) -> None:
    """Let the embedder go on until these have their vectors, or it can do no more."""
    ids = _subjects(steps)
    waiting = Memory.objects.unembedded().filter(pk__in=ids)
    while waiting.exists() and embed.pending(batches=1):
        pass
    done = set(Memory.objects.filter(pk__in=ids, embedding__isnull=False).values_list("pk", flat=True))
    _mark(steps, {step.pk for step in steps if step.subject in done})


def _subjects(steps: Sequence[Step]) -> list[UUID]:
    return [step.subject for step in steps if step.subject]


def _mark(steps: Sequence[Step], applied: set[Any]) -> None:
    for step in steps:
        step.state = Step.State.APPLIED if step.pk in applied else Step.State.SKIPPED


def _keep(steps: Sequence[Step]) -> None:
    """What is gone for good stays gone."""
    for step in steps:
        step.state = Step.State.KEPT


def _ask(steps: Sequence[Step]) -> None:
    """Ask a person. What cannot be asked, or need not be, is skipped."""
    for step in steps:
        step.outcome = reviews.propose(step.change["told"], step.run_id)
    _mark(steps, {step.pk for step in steps if step.outcome})


def _report(steps: Sequence[Step]) -> None:
    for step in steps:
        step.outcome = reports.keep(step.change["told"], step.run_id)
    _mark(steps, {step.pk for step in steps if step.outcome})


def _measure(steps: Sequence[Step]) -> None:
    for step in steps:
        step.outcome = evaluations.keep(step.change["told"], step.run_id)
    _mark(steps, {step.pk for step in steps if step.outcome})


def _unask(steps: Sequence[Step]) -> None:
    for step in steps:
        step.state = Step.State.UNDONE if reviews.withdraw(step.outcome) else Step.State.KEPT


def _unreport(steps: Sequence[Step]) -> None:
    for step in steps:
        step.state = Step.State.UNDONE if reports.withdraw(step.outcome) else Step.State.KEPT


def _unmeasure(steps: Sequence[Step]) -> None:
    for step in steps:
        step.state = Step.State.UNDONE if evaluations.withdraw(step.outcome) else Step.State.KEPT


INSIDE: dict[str, Effect] = {
    "write": writing.write, "purge": _purge, "review": _ask, "report": _report, "measure": _measure,
}  # fmt: skip
OUTSIDE: dict[str, Effect] = {"archive": _archive, "embed": _embed}
UNDOING: dict[str, Effect] = {
    "write": writing.unwrite, "purge": _keep, "archive": _warm, "embed": _keep, "review": _unask, "report": _unreport,
    "measure": _unmeasure,
}  # fmt: skip
