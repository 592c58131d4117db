"""The effect `write`: new values, new memories and relations, each Change whole or not at all; and its undoing."""

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events import ledger
from memory import history, places, quotas
from memory.errors import LibraryError
from memory.models import Memory, Relation, Step
from memory.relations import relate_all
from memory.remember import give_hashes, poke_embedder, remember, thin
from memory.tiers import cold
from memory.types import Draft, Scope
from memory.upkeep.plan import NEW, Change
from tenants.errors import DoorError

State = Memory.State
TELLS = {
    State.SILENT: "memory.silenced", State.COMPRESSED: "memory.compressed", State.DELETED: "memory.deleted",
    State.SUPERSEDED: "memory.superseded", State.ACTIVE: "memory.restored",
}  # fmt: skip
COLUMNS: dict[str, Any] = {field.name: field for field in Memory._meta.concrete_fields}
SCOPE = tuple(field.name for field in dataclasses.fields(Scope))
TIMES = ("event_time", "expires_at", "valid_from", "valid_to")


def laid(run_id: UUID, number: int, change: Change) -> Step:
    """The step that stands for a change."""
    touches = [[str(touch.memory_id), touch.version, _plain(touch.fields)] for touch in change.touches]
    links = [[str(link.source or NEW), str(link.target), link.type, link.weight] for link in change.links]
    named = {touch.memory_id for touch in change.touches} | {link.target for link in change.links}
    return Step(
        run_id=run_id,
        number=number,
        action=change.action,
        effect=change.effect,
        subject=change.subject,
        memories=sorted(named | {change.subject} - {None}),
        change={"touches": touches, "draft": _plain(change.draft), "links": links, "told": _plain(change.told)},
        score=change.score,
        parts=change.parts,
        why=change.why,
    )


def _plain(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


class _Slice:
    """The memories of a slice, locked, and what becomes of them: saved and told once, at the end."""

    def __init__(self, ids: Iterable[UUID]) -> None:
        rows = Memory.objects.defer("search", "shadow", "cold_search").filter(pk__in=set(ids)).order_by("id")
        self.rows = {memory.pk: memory for memory in rows.select_for_update()}
        self.changed: dict[UUID, set[str]] = {}
        # After every change before it, also when the clock was set back.
        self.now = max([timezone.now(), *(memory.updated_at for memory in self.rows.values())])

    def set(self, memory: Memory, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give it new values, and a new version; what was there, as JSON."""
        changed = {name: value for name, value in values.items() if getattr(memory, name) != value}
        was = {name: _kept(name, getattr(memory, name)) for name in changed}
        for name, value in changed.items():
            setattr(memory, name, value)
        memory.version += 1
        memory.updated_at = self.now
        self.changed[memory.pk] = set(changed)
        return was

    def save(self) -> None:
        """Keep the versions as they are in the table still, then save. One statement for each kind of change."""
        by_fields = defaultdict(list)
        for key, names in self.changed.items():
            by_fields[tuple(sorted(names & set(history.SHOWN)))].append(key)
        for fields, keys in by_fields.items():
            history.keep(keys, fields, self.now)
        moved, columns = [self.rows[key] for key in self.changed], set().union(*self.changed.values())
        Memory.objects.bulk_update(moved, sorted(columns | {"version", "updated_at"}))

    def tell(self) -> None:
        """A fact for each."""
        by_type = defaultdict(list)
        for key, names in self.changed.items():
            memory = self.rows[key]
            type = TELLS[State(memory.state)] if "state" in names else "memory.updated"
            more: dict[str, Any] = {"fields": sorted(names & set(history.SHOWN))} if type == "memory.updated" else {}
            if type == "memory.superseded":
                more = {"by": str(memory.superseded_by)}
            by_type[type].append((memory, thin(memory) | more))
        for type, facts in by_type.items():
            ledger.record_all(type, facts)


def write(steps: Sequence[Step]) -> None:
    """Apply them in their order: one whose memories moved on, or may not be moved, is skipped."""
    work = _Slice(key for step in steps for key in step.memories)
    movable = set(Memory.objects.movable().filter(pk__in=work.rows).values_list("pk", flat=True))
    said = _said(step.change for step in steps)
    links = []
    for step in steps:
        step.state = Step.State.SKIPPED
        if _stands(step, work, movable, said):
            links += [(step, link) for link in _apply(step, work)]
    work.save()
    _relate(links)
    work.tell()
    poke_embedder(memory for key, memory in work.rows.items() if "content" in work.changed.get(key, ()))


def _said(changes: Iterable[dict[str, Any]]) -> set[str]:
    """The SHA-256 of new words that are there as they are, live: nothing is changed into a twin of them."""
    words = {fields["content"] for change in changes for _, _, fields in change["touches"] if "content" in fields}
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in words]
    return set(
        Memory.objects.filter(content_hash__in=hashes, state=State.ACTIVE).values_list("content_hash", flat=True)
    )


def _stands(step: Step, work: _Slice, movable: set[UUID], said: set[str]) -> bool:
    """Whether all that the step names is there, and all that it touches is as it was read."""
    if any(key not in work.rows or work.rows[key].state == State.DELETED for key in step.memories):
        return False
    return all(_as_read(work.rows[UUID(key)], version, told, movable, said) for key, version, told in _touches(step))


def _as_read(memory: Memory, version: int, told: dict[str, Any], movable: set[UUID], said: set[str]) -> bool:
    if memory.version != version or memory.pk not in movable:
        return False
    if "content" not in told:
        return True
    twin = hashlib.sha256(told["content"].encode()).hexdigest() in said and told.get("state", State.ACTIVE) == "active"
    return memory.tier == Memory.Tier.WARM and not twin


def _touches(step: Step) -> list[tuple[str, int, dict[str, Any]]]:
    return step.change["touches"]


def _apply(step: Step, work: _Slice) -> list[tuple[UUID, UUID, str, float]]:
    """Do one step; the relations that it asks for. Nothing when its draft is refused."""
    made, created = _make(step.change["draft"])
    if step.change["draft"] and made is None:
        return []
    touched = []
    for key, _, told in _touches(step):
        memory = work.rows[UUID(key)]
        was = work.set(memory, _values(memory, told, made, work.now))
        touched.append({"id": key, "version": memory.version, "was": was})
    step.state = Step.State.APPLIED
    step.outcome = {"touched": touched, "made": str(made) if created else None, "relations": []}
    links = [(_end(source, made), UUID(target), type, weight) for source, target, type, weight in step.change["links"]]
    return [link for link in links if link[0] != link[1]]


def _end(key: str, made: UUID | None) -> UUID:
    assert made or key != NEW
    return made if key == NEW and made else UUID(key)


def _values(memory: Memory, told: dict[str, Any], made: UUID | None, now: datetime) -> dict[str, Any]:
    """What to set: the told values as Python has them, and what goes with them."""
    values = {name: _python(name, made if value == NEW else value) for name, value in told.items()}
    if values.get("state") == State.DELETED:
        values["deleted_at"] = now
    if "content" in values and values["content"] != memory.content:
        values |= _of_words(memory, values)
    return values


def _kept(name: str, value: Any) -> Any:
    """A value as the step keeps it. A vector is text there: `jsonb` knows no -0.0, and byte for byte is the promise."""
    return " ".join(map(str, value)) if name == "embedding" and value is not None else _plain(value)


def _python(name: str, value: Any) -> Any:
    if name == "embedding" and value is not None:
        return [float(each) for each in value.split()]
    return COLUMNS[name].to_python(value)


def _of_words(memory: Memory, values: dict[str, Any]) -> dict[str, Any]:
    """Hashes of new words; their vector is the worker's to make."""
    memory.stretches.all().delete()
    new = Memory(**{name: getattr(memory, name) for name in (*SCOPE, "role", "author")}, content=values["content"])
    give_hashes(new, memory.event_time.isoformat())
    own = hashlib.sha256(f"{new.fingerprint}{memory.pk}".encode()).hexdigest()
    hashes = {"content_hash": new.content_hash, "fingerprint": own}
    return hashes | {"embedding": None, "embedding_model": "", "passages": 0}


def _make(draft: dict[str, Any]) -> tuple[UUID | None, bool]:
    """Store the draft: its id, or that of the memory that says so already, and whether it is new. None: refused."""
    if not draft:
        return None, False
    scope = Scope(**{name: draft[name] for name in SCOPE if name in draft})
    if places.is_over(scope):
        scope = dataclasses.replace(scope, session_id="")
    told = {name: value for name, value in draft.items() if name not in SCOPE}
    told |= {name: datetime.fromisoformat(told[name]) for name in TIMES if told.get(name)}
    told |= {name: tuple(told[name]) for name in ("tags", "people") if name in told}
    try:
        with transaction.atomic():
            outcome = remember(Draft(scope=scope, **told))
    except (LibraryError, DoorError):
        return None, False
    return outcome.id, outcome.status == "created"


def _relate(links: Sequence[tuple[Step, tuple[UUID, UUID, str, float]]]) -> None:
    made = Relation.objects.filter(pk__in=relate_all([link for _, link in links]))
    named = {(row.source_id, row.target_id, row.type): str(row.pk) for row in made}
    for step, link in links:
        if key := named.pop(link[:3], None):
            step.outcome["relations"].append(key)


def unwrite(steps: Sequence[Step]) -> None:
    """Give everything the values that it had, and take away what was made; what moved on since is kept as it is."""
    touched = {UUID(one["id"]) for step in steps for one in step.outcome["touched"]}
    made = {UUID(step.outcome["made"]) for step in steps if step.outcome["made"]}
    work = _Slice(touched | made)
    back = _may_come_back(steps, work)
    for step in steps:
        step.state = Step.State.KEPT
        if _is_as_left(step, work, back):
            _take_back(step, work)
            step.state = Step.State.UNDONE
    work.save()
    work.tell()
    _take_away([step for step in steps if step.state == Step.State.UNDONE], work)


def _may_come_back(steps: Sequence[Step], work: _Slice) -> set[str]:
    """Ids of memories whose return to the live ones makes no twin and is within the quotas."""
    coming = {}
    for one in (one for step in steps for one in step.outcome["touched"]):
        memory = work.rows.get(UUID(one["id"]))
        if memory and one["was"].get("state") == State.ACTIVE:
            coming[memory.pk] = one["was"].get("fingerprint", memory.fingerprint)
    live = Memory.objects.filter(fingerprint__in=coming.values(), state=State.ACTIVE)
    said = set(live.values_list("fingerprint", flat=True))
    return {str(key) for key, word in coming.items() if word not in said and _has_room(work.rows[key])}


def _has_room(memory: Memory) -> bool:
    if memory.state != State.DELETED:
        return True
    try:
        quotas.admit(1, quotas.size_of(memory))
    except DoorError:
        return False
    return True


def _is_as_left(step: Step, work: _Slice, back: set[str]) -> bool:
    made = step.outcome["made"]
    if made and (UUID(made) not in work.rows or work.rows[UUID(made)].version != 1):
        return False
    return all(_is_left(one, work, back) for one in step.outcome["touched"])


def _is_left(one: dict[str, Any], work: _Slice, back: set[str]) -> bool:
    memory = work.rows.get(UUID(one["id"]))
    if memory is None or memory.version != one["version"]:
        return False
    return one["was"].get("state") != State.ACTIVE or one["id"] in back


def _take_back(step: Step, work: _Slice) -> None:
    for one in step.outcome["touched"]:
        memory = work.rows[UUID(one["id"])]
        if "content" in one["was"]:
            memory.stretches.all().delete()
        values = {name: _python(name, value) for name, value in one["was"].items()}
        if values.get("passages"):
            values["passages"] = -1  # the worker makes them again
        work.set(memory, values)


def _take_away(steps: Sequence[Step], work: _Slice) -> None:
    """Delete what the steps made: it was made of what stands again."""
    Relation.objects.filter(pk__in=[key for step in steps for key in step.outcome["relations"]]).delete()
    made = [work.rows[UUID(step.outcome["made"])] for step in steps if step.outcome["made"]]
    rows = Memory.objects.filter(pk__in=[memory.pk for memory in made])
    cold.discard_after_commit(cold.keys_of(rows))
    rows.only("id").delete()
    ledger.record_all("memory.deleted", [(memory, thin(memory)) for memory in made])
