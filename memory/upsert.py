"""Writing what may be there already: a draft that names a memory's id revises it, any other is remembered."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from memory import namespaces
from memory.errors import NotStored
from memory.models import Memory
from memory.places import TAKEN
from memory.quotas import FULL
from memory.remember import remember_many
from memory.revise import CHANGEABLE, revise
from memory.types import Draft, Outcome, Scope
from tenants.errors import QuotaExceeded


def upsert_many(drafts: Sequence[Draft], *, wait: bool = False, partial: bool = False) -> list[Outcome]:
    """As remember_many, and `updated`, or `skipped` when nothing differs, for drafts whose id is a live memory's.

    Of such a draft every changeable field is taken over, event_time only when it is stated. A memory stays in its
    scope: an id of another scope, or of a memory that is deleted or superseded, fails.
    """
    drafts = namespaces.within(drafts)
    if any(draft.id for draft in drafts):
        return _mixed(drafts, wait, partial)
    return remember_many(drafts, wait=wait, partial=partial)


@transaction.atomic
def _mixed(drafts: Sequence[Draft], wait: bool, partial: bool) -> list[Outcome]:
    there = _there(drafts)
    outcomes = {index: _update(drafts[index], memory, partial) for index, memory in there.items()}
    failed = {index: outcome.reason for index, outcome in outcomes.items() if outcome.status == "failed"}
    if failed and not partial:
        raise NotStored(failed)
    others = [index for index in range(len(drafts)) if index not in there]
    told = remember_many([drafts[index] for index in others], wait=wait, partial=partial)
    outcomes |= dict(zip(others, told, strict=True))
    return [outcomes[index] for index in range(len(drafts))]


def _there(drafts: Sequence[Draft]) -> dict[int, Memory]:
    ids = {draft.id for draft in drafts if draft.id}
    known = Memory.objects.light().in_bulk(ids) if ids else {}
    return {index: known[draft.id] for index, draft in enumerate(drafts) if draft.id and draft.id in known}


def _update(draft: Draft, memory: Memory, partial: bool) -> Outcome:
    scope = Scope(memory.namespace, memory.user_id, memory.agent_id, memory.session_id)
    told = Scope(draft.scope.namespace or namespaces.DEFAULT, *list(vars(draft.scope).values())[1:])
    if scope != told or memory.state != Memory.State.ACTIVE:
        return Outcome("failed", memory.pk, TAKEN)
    changes = {name: _as_kept(getattr(draft, name)) for name in CHANGEABLE}
    for unstated in ("importance", "event_time"):
        if changes[unstated] is None:
            del changes[unstated]
    try:
        revised = revise(memory.pk, changes, merge=False)
    except QuotaExceeded as error:
        if not partial:
            raise
        return Outcome("failed", memory.pk, FULL[error.quota])
    if revised is None:
        return Outcome("failed", memory.pk, TAKEN)
    changed = revised.version != memory.version
    return Outcome("updated", memory.pk) if changed else Outcome("skipped", memory.pk, "it says this already")


def _as_kept(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
