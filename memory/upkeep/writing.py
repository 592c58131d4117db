"""The effect `write`: new values, new memories and relations, each Change whole or not at all; and its undoing."""

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from events import ledger
from memory import history, holds, places, quotas
from memory.errors import LibraryError
from memory.models import Memory, Passage, Relation, Step
from memory.relations import relate_all, unrelate_all
from memory.remember import give_hashes, poke_embedder, remember, thin
from memory.tiers import cold
from memory.types import Draft, Scope
from memory.upkeep import bulk
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
    """The memories of a slice, locked, and what becomes of them: saved and told once, at the end.

    `worded` are those that get other words: their vectors are read too, as text, which says every bit of them.
    """

    def __init__(self, ids: Iterable[UUID], worded: Iterable[UUID]) -> None:
        rows = Memory.objects.light().filter(pk__in=set(ids)).order_by("id")
        self.rows = {memory.pk: memory for memory in rows.select_for_update()}
        told = Memory.objects.filter(pk__in=set(worded)).annotate(vector=Cast("embedding", TextField()))
        self.vectors = dict(told.values_list("pk", "vector"))
        self.changed: dict[UUID, set[str]] = {}
        # After every change before it, also when the clock was set back.
        self.now = max([timezone.now(), *(memory.updated_at for memory in self.rows.values())])

    def set(self, memory: Memory, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give it new values, and a new version; what was there, as JSON."""
        before = {name: self.vectors[memory.pk] if name == "embedding" else getattr(memory, name) for name in values}
        changed = {name: value for name, value in values.items() if before[name] != value}
        was = {name: _plain(before[name]) for name in changed}
        for name, value in changed.items():
            setattr(memory, name, value)
        memory.version += 1
        memory.updated_at = self.now
        self.changed[memory.pk] = set(changed)
        return was

    def save(self) -> None:
        """Keep the versions as they are in the table still, one statement for each kind of change, then save."""
        by_fields = defaultdict(list)
        for key, names in self.changed.items():
            by_fields[tuple(sorted(names & set(history.SHOWN)))].append(key)
        for fields, keys in by_fields.items():
            history.keep(keys, fields, self.now)
        Passage.objects.filter(memory__in=[key for key, names in self.changed.items() if "content" in names]).delete()
        self._update(sorted(set().union({"version", "updated_at"}, *self.changed.values())))

    def _update(self, columns: list[str]) -> None:
        """One statement, whose rows are told as JSON. A vector that is not told anew is not read here, so it stays."""
        vectors = {key for key, names in self.changed.items() if "embedding" in names}
        for with_vector in (True, False):
            names = columns if with_vector else [name for name in columns if name != "embedding"]
            moved = [self.rows[key] for key in self.changed if (key in vectors) == with_vector]
            rows = [{"id": str(one.pk)} | {name: _plain(getattr(one, name)) for name in names} for one in moved]
            bulk.update(Memory, names, rows)

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
    worded = {UUID(key) for step in steps for key, _, told in _touches(step) if "content" in told}
    work = _Slice((key for step in steps for key in step.memories), worded)
    movable = set(Memory.objects.readable().free().filter(pk__in=work.rows).values_list("pk", flat=True))
    said = _said(steps, work)
    links = []
    for step in steps:
        step.state = Step.State.SKIPPED
        if _stands(step, work, movable, said):
            links += [(step, link) for link in _apply(step, work)]
    work.save()
    _relate(links)
    work.tell()
    poke_embedder(memory for key, memory in work.rows.items() if "content" in work.changed.get(key, ()))


Twin = tuple[str, str, str]  # SHA-256 of words, namespace and user: nothing live is changed into a twin of another


def _said(steps: Sequence[Step], work: _Slice) -> set[Twin]:
    """Which of the new words are there as they are, live, in the same namespace of the same user."""
    words = {fields["content"] for step in steps for _, _, fields in _touches(step) if "content" in fields}
    if not words:
        return set()
    users = {memory.user_id for memory in work.rows.values()}  # by them, for words have no index
    live = Memory.objects.filter(user_id__in=users, content_hash__in=list(map(_digest, words)), state=State.ACTIVE)
    return set(live.values_list("content_hash", "namespace", "user_id"))


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def _stands(step: Step, work: _Slice, movable: set[UUID], said: set[Twin]) -> bool:
    """Whether all that the step names is there, and all that it touches is as it was read."""
    if any(key not in work.rows or work.rows[key].state == State.DELETED for key in step.memories):
        return False
    return all(_as_read(work.rows[UUID(key)], version, told, movable, said) for key, version, told in _touches(step))


def _as_read(memory: Memory, version: int, told: dict[str, Any], movable: set[UUID], said: set[Twin]) -> bool:
    if memory.version != version or memory.pk not in movable:
        return False
    if "content" not in told:
        return True
    twin = (_digest(told["content"]), memory.namespace, memory.user_id)
    lives = told.get("state", State.ACTIVE) == State.ACTIVE
    if memory.tier != Memory.Tier.WARM or (lives and twin in said):
        return False
    if lives:
        said.add(twin)
    return True


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


def _python(name: str, value: Any) -> Any:
    return value if name == "embedding" else COLUMNS[name].to_python(value)


def _of_words(memory: Memory, values: dict[str, Any]) -> dict[str, Any]:
    """Hashes of new words; their vector is the worker's to make."""
    new = Memory(**{name: getattr(memory, name) for name in (*SCOPE, "role", "author")}, content=values["content"])
    give_hashes(new, memory.event_time.isoformat())
    own = _digest(f"{new.fingerprint}{memory.pk}")
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
    """Give everything the values that it had, and take away what was made; what moved on since is kept as it is. What
    was made and is pinned or held by now stays, and so does what it stands for.
    """
    was = {UUID(one["id"]): one["was"] for step in steps for one in step.outcome["touched"]}
    made = {UUID(step.outcome["made"]) for step in steps if step.outcome["made"]}
    holds.steady()
    work = _Slice(was.keys() | made, [key for key, told in was.items() if "content" in told])
    back = _may_come_back(steps, work)
    free = {str(key) for key in Memory.objects.free().filter(pk__in=made).values_list("pk", flat=True)}
    for step in steps:
        step.state = Step.State.KEPT
        if _is_as_left(step, work, back, free):
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


def _is_as_left(step: Step, work: _Slice, back: set[str], free: set[str]) -> bool:
    """Whether nothing that it touched or made has moved on, and what it made may be erased for good."""
    made = step.outcome["made"]
    if made and (made not in free or UUID(made) not in work.rows or work.rows[UUID(made)].version != 1):
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
        told = {name: _python(name, value) for name, value in one["was"].items()}
        if told.get("passages"):
            told["passages"] = -1  # the worker makes them again
        work.set(memory, told)


def _take_away(steps: Sequence[Step], work: _Slice) -> None:
    """Delete what the steps made: it was made of what stands again."""
    unrelate_all([UUID(str(key)) for step in steps for key in step.outcome["relations"]])
    made = [work.rows[UUID(step.outcome["made"])] for step in steps if step.outcome["made"]]
    rows = Memory.objects.filter(pk__in=[memory.pk for memory in made])
    cold.discard_after_commit(cold.keys_of(rows))
    rows.only("id").delete()
    ledger.record_all("memory.deleted", [(memory, thin(memory)) for memory in made])
