"""Sets of questions: many saved at once, each with the memories that it expects, told by id or by what they say."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from memory import questions
from memory.errors import LibraryError, NoMemory
from memory.models import Memory, Question

MOST = 1_000  # questions of one set
ALIKE = ("text", *questions.SCOPE)  # a question that says the same of these is the same one
SAYING = tuple[str, str, UUID]  # user and namespace of a memory, and its id


@dataclass
class Taken:
    """How many were saved, said anew, and there already; and why others were not, by their place in the set."""

    created: int = 0
    changed: int = 0
    same: int = 0
    failed: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def take(items: Sequence[Mapping[str, Any]], *, dry_run: bool = False) -> Taken:
    """Save a set: the fields of questions.SAID, and as `expected_content` what expected memories say, word for word.

    What cannot be saved is left out. A set may be taken again: a question of the same text and scope is said anew.
    With `dry_run` the same is told, and nothing is written.
    """
    taken = Taken()
    there = {_key(row): row for row in Question.objects.filter(text__in=[item["text"] for item in items])}
    saying = _saying({words for item in items for words in item.get("expected_content", ())})
    for place, item in enumerate(items):
        try:
            with transaction.atomic():
                _one(item, there, saying, taken)
        except LibraryError as error:
            taken.failed[place] = _why(error)
    transaction.set_rollback(dry_run)
    return taken


def _one(item: Mapping[str, Any], there: dict[Any, Question], saying: Mapping[str, list[SAYING]], taken: Taken) -> None:
    """Raises LibraryError."""
    said = {name: item[name] for name in questions.SAID if name in item}
    found = [_expected(words, item, saying) for words in item.get("expected_content", ())]
    said["expected"] = list(dict.fromkeys([*item.get("expected", ()), *found]))
    known = there.get(_key(Question(**said)))
    if known is None:
        made = questions.save(said)
        taken.created += 1
    else:
        before = known.updated_at
        made = questions.change(known.pk, said) or known
        moved = made.updated_at != before
        taken.changed, taken.same = taken.changed + moved, taken.same + (not moved)
    there[_key(made)] = made


def _key(question: Question) -> tuple[str, ...]:
    return tuple(getattr(question, name) for name in ALIKE)


def _saying(told: Iterable[str]) -> Mapping[str, list[SAYING]]:
    """The live memories that say each of these texts."""
    digests = {hashlib.sha256(words.encode()).hexdigest(): words for words in told}
    found: defaultdict[str, list[SAYING]] = defaultdict(list)
    if digests:
        rows = Memory.objects.live().filter(content_hash__in=list(digests)).order_by("pk")
        for digest, user, namespace, key in rows.values_list("content_hash", "user_id", "namespace", "pk"):
            found[digests[digest]].append((user, namespace, key))
    return found


def _expected(words: str, item: Mapping[str, Any], saying: Mapping[str, list[SAYING]]) -> UUID:
    """Raises NoMemory where none in the question's scope says this."""
    scope = (item.get("user_id", ""), item.get("namespace", ""))
    for user, namespace, key in saying.get(words, ()):
        if scope[0] in ("", user) and scope[1] in ("", namespace):
            return key
    raise NoMemory("expected_content")


def _why(error: LibraryError) -> str:
    if isinstance(error, NoMemory):
        says = "expected_content" in error.ends
        return "no memory says this" if says else "a memory that it expects is not there"
    return {"Erased": "whom it names was erased", "OutsideNamespaces": "its namespace may not be written to"}.get(
        type(error).__name__, str(error)[:200]
    )
