"""Changing one memory: revise, supersede, judge, erase, restore. Each keeps what it said before."""

import dataclasses
import hashlib
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from events import ledger
from memory import history, places, quotas, returning
from memory.algorithms import scoring
from memory.errors import BadTime, NotStored, VersionConflict
from memory.models import Memory
from memory.privacy import gate
from memory.relations import relate
from memory.remember import give_hashes, poke_embedder, remember, thin
from memory.tiers import cold
from memory.types import Draft, Outcome

# What the embedder and the fingerprint read: changing one of these changes what the memory says.
SPOKEN = {"content", "author", "agent_id", "role", "event_time"}
NAMING = {"people", "author"}
CHANGEABLE = (
    "content", "kind", "role", "author", "tags", "people", "topic", "language", "source", "trust", "metadata",
    "importance", "confidence", "event_time", "expires_at", "valid_from", "valid_to",
)  # fmt: skip


@transaction.atomic
def revise(
    memory_id: UUID, changes: dict[str, Any], *, merge: bool = True, expected: int | None = None
) -> Memory | None:
    """Change the given fields of a live memory and nothing else. None when there is none.

    Metadata is merged into what is there, or replaces it without `merge`. An importance of None is worked out. New
    words, speaker or time take its vector away: the worker makes the new one. Raises VersionConflict when its version
    is not the `expected` one, BadTime when its validity would end before it begins, QuotaExceeded when it would grow
    over the quota of bytes, and Erased when it shall name somebody who was erased.
    """
    memory = _locked(memory_id, expected)
    if memory is None:
        return None
    changes = _completed(memory, changes, merge)
    if memory.tier == Memory.Tier.COLD and "content" in changes:
        cold.fill([memory])
    changed = {name for name, value in changes.items() if getattr(memory, name) != value}
    if not changed:
        return memory
    _check_validity(memory, {name: changes[name] for name in changed})
    _make_room(memory, changes)
    _keep(memory, changed)
    for name in changed:
        setattr(memory, name, changes[name])
    if "importance" in changed:
        memory.importance_stated = changes.get("importance_stated", True)
    if changed & SPOKEN:
        _say_anew(memory)
    _save_revised(memory, changed)
    ledger.record("memory.updated", memory, **thin(memory), fields=sorted(changed))
    return memory


def _completed(memory: Memory, changes: dict[str, Any], merge: bool) -> dict[str, Any]:
    """Changes with metadata merged, and with an importance where it shall be worked out."""
    told = dict(changes)
    if merge and "metadata" in told:
        told["metadata"] = memory.metadata | told["metadata"]
    if told.get("importance", 0) is None:
        kind, role, event_time = (told.get(name, getattr(memory, name)) for name in ("kind", "role", "event_time"))
        told["importance"] = scoring.importance_at(kind, role, event_time, timezone.now())
        told["importance_stated"] = False
    return told


def _check_validity(memory: Memory, changes: dict[str, Any]) -> None:
    """Refuse an end before the beginning; what stands there already is not looked at again."""
    begins, ends = (changes.get(name, getattr(memory, name)) for name in ("valid_from", "valid_to"))
    if changes.keys() & {"valid_from", "valid_to"} and begins and ends and ends < begins:
        raise BadTime("/valid_to", "is before valid_from")


def replace(memory_id: UUID, said: dict[str, Any], *, expected: int | None = None) -> Memory | None:
    """Give every changeable field what is said, or its default; see `revise`. `event_time` falls back to created_at."""
    created = Memory.objects.live().filter(pk=memory_id).values_list("created_at", flat=True).first()
    if created is None:
        return None
    fallen_back = defaults() | {"event_time": created, "importance": None}
    return revise(memory_id, fallen_back | said, merge=False, expected=expected)


def defaults() -> dict[str, Any]:
    """Of each changeable field that has one."""
    plain = Memory()
    return {name: getattr(plain, name) for name in CHANGEABLE if name not in ("content", "event_time")}


@transaction.atomic
def tag(memory_id: UUID, word: str) -> bool:
    """Give a live memory one more tag; False when there is none, or it has the tag already."""
    memory = _locked(memory_id)
    if memory is None or word in memory.tags:
        return False
    return revise(memory_id, {"tags": [*memory.tags, word]}) is not None


def _locked(memory_id: UUID, expected: int | None = None) -> Memory | None:
    return _as_expected(Memory.objects.live().select_for_update().filter(pk=memory_id).first(), expected)


def _as_expected(memory: Memory | None, expected: int | None) -> Memory | None:
    if memory and expected is not None and memory.version != expected:
        raise VersionConflict(memory.version)
    return memory


def _make_room(memory: Memory, changes: dict[str, Any]) -> None:
    content = changes.get("content", memory.content)
    quotas.admit(0, len(content.encode()) - len(memory.content.encode()))


def _keep(memory: Memory, changed: set[str]) -> None:
    """The present state becomes a version, and the next one begins. A cold memory is made warm by its change."""
    if memory.tier != Memory.Tier.WARM:
        cold.take_back(memory)
        memory.save(update_fields=["content", "tier", "cold_key", "cold_bytes", "cold_search"])
    now = history.now_or_later(memory.updated_at)
    history.keep([memory.pk], changed, now)
    memory.version += 1
    memory.updated_at = now


def _save_revised(memory: Memory, changed: set[str]) -> None:
    """Save, if whom it names now may be written of. Where another memory says exactly this already, both stay, and this
    one keeps a fingerprint of its own.
    """
    if changed & NAMING:
        gate.admit(memory)
    try:
        with transaction.atomic():
            memory.save()
    except IntegrityError:
        memory.fingerprint = hashlib.sha256(f"{memory.fingerprint}{memory.pk}".encode()).hexdigest()
        memory.save()


def _say_anew(memory: Memory) -> None:
    memory.embedding, memory.embedding_model, memory.passages = None, "", 0
    memory.shadow, memory.shadow_model = None, ""
    memory.stretches.all().delete()
    places.unsettle([memory.pk])
    give_hashes(memory, memory.event_time.isoformat())
    poke_embedder([memory])


@transaction.atomic
def supersede(memory_id: UUID, draft: Draft, *, expected: int | None = None) -> Outcome | None:
    """Let a new memory take the place of a live one, in its scope; None when there is none. A session that is closed
    takes no more: there the new one stands outside of it.

    The old one's validity ends where the new one's begins, and the new one is related to it as `supersedes`. Raises
    NotStored when the draft says what the old one says, VersionConflict.
    """
    old = _locked(memory_id, expected)
    if old is None:
        return None
    if places.is_over(draft.scope):  # what was said there may still turn out to be wrong
        draft = dataclasses.replace(draft, scope=dataclasses.replace(draft.scope, session_id=""))
    outcome = remember(draft)
    if outcome.id is None or outcome.id == old.pk:
        raise NotStored({0: outcome.reason or "it says what the memory says that it would supersede"})
    relate(outcome.id, old.pk, "supersedes")
    _keep(old, {"state", "valid_to", "superseded_by"})
    old.state, old.superseded_by = Memory.State.SUPERSEDED, outcome.id
    old.valid_to = draft.valid_from or draft.event_time or old.updated_at
    old.save()
    ledger.record("memory.superseded", old, **thin(old), by=str(outcome.id))
    return outcome


@transaction.atomic
def judge(memory_id: UUID, verdict: str, *, expected: int | None = None) -> Memory | None:
    """Feedback on a live memory, one of scoring.VERDICTS; None when there is none.

    `correct` and `incorrect` move its confidence; `outdated` ends its validity now, with nothing in its place.
    """
    memory = _locked(memory_id, expected)
    if memory is None:
        return None
    outdated = verdict == "outdated"
    _keep(memory, {"state", "valid_to"} if outdated else {"confidence"})
    memory.confidence = scoring.confidence_after(memory.confidence, verdict)
    if outdated:
        memory.state, memory.valid_to = Memory.State.SUPERSEDED, memory.updated_at
    memory.save()
    ledger.record("memory.judged", memory, **thin(memory), verdict=verdict, confidence=round(memory.confidence, 4))
    return memory


@transaction.atomic
def erase(memory_id: UUID, *, expected: int | None = None) -> bool:
    """Delete a memory that is live, silent or compressed, restorable for UNDO_DAYS; False when there is none.

    Raises VersionConflict.
    """
    there = Memory.objects.readable().exclude(state=Memory.State.SUPERSEDED).filter(pk=memory_id)
    memory = _as_expected(there.select_for_update().first(), expected)
    if memory is None:
        return False
    now = history.now_or_later(memory.updated_at)
    history.keep([memory.pk], ["state"], now)
    memory.state, memory.deleted_at, memory.updated_at = Memory.State.DELETED, now, now
    memory.version += 1
    memory.save(update_fields=["state", "deleted_at", "version", "updated_at"])
    places.unsettle([memory.pk])
    ledger.record("memory.deleted", memory, **thin(memory))
    return True


@transaction.atomic
def restore(memory_id: UUID, *, expected: int | None = None) -> Memory | None:
    """Bring a memory back that was deleted, superseded, silenced or compressed, with the words that it had; None when
    there is none, or its words have been remembered anew.

    Raises VersionConflict, and QuotaExceeded when there is no room any more.
    """
    gone = Memory.objects.exclude(state=Memory.State.ACTIVE).filter(pk=memory_id)
    memory = _as_expected(gone.select_for_update().first(), expected)
    if memory is None:
        return None
    words = returning.words_before(memory)
    if words is not None and returning.is_said(memory, words):
        return None
    _make_room_again(memory, words)
    back = returning.rest(memory)
    now = history.now_or_later(memory.updated_at)
    history.keep([memory.pk], {"state", *back, *({"content"} if words is not None else ())}, now)
    for name, value in back.items():
        setattr(memory, name, value)
    memory.state, memory.deleted_at, memory.deleted_batch = Memory.State.ACTIVE, None, None
    memory.version += 1
    memory.updated_at = now
    if words is not None:
        memory.content = words
        _say_anew(memory)
        give_hashes(memory, returning.stated(memory))
    try:
        with transaction.atomic():
            memory.save()
    except IntegrityError:
        _undo(memory)
        return None
    places.unsettle([memory.pk])
    ledger.record("memory.restored", memory, **thin(memory))
    return memory


def _make_room_again(memory: Memory, words: str | None) -> None:
    more = len(words.encode()) - len(memory.content.encode()) if words is not None else 0
    if memory.state == Memory.State.DELETED:
        quotas.admit(1, quotas.size_of(memory) + more)
    elif more:
        quotas.admit(0, more)


def _undo(memory: Memory) -> None:
    """Take the kept version back: nothing was changed after all."""
    memory.versions.filter(version=memory.version - 1).delete()


def restore_version(memory_id: UUID, version: int, *, expected: int | None = None) -> Memory | None:
    """Let a live memory say again what that version said, as a new version; None when there is none of them."""
    then = history.state(memory_id, version)
    if then is None:
        return None
    return revise(memory_id, {name: then.said[name] for name in CHANGEABLE}, merge=False, expected=expected)
