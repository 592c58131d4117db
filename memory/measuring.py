"""Measuring recall: the saved questions asked as they would be now, and judged by what they expect."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from memory import candidates, embeddings, questions
from memory.algorithms import judging, ranking
from memory.algorithms.judging import Judged
from memory.errors import LibraryError, QualityWouldFall
from memory.models import Question
from memory.recall import look
from memory.upkeep.plan import EVERYBODY, Reach
from tenants import preferences

DEPTH = 50  # places that are looked at for the first that is expected
GATED = 200  # questions that a gate asks at most, the newest


@dataclass(frozen=True)
class Measured:
    """The questions as they were answered, and how many could not be asked any more."""

    lines: tuple[Judged, ...]
    unasked: int = 0
    degraded: bool = False  # no embedder answered: words alone decided

    def by_key(self) -> dict[str, Judged]:
        return {line.key: line for line in self.lines}


def expecting(reach: Reach = EVERYBODY) -> Any:
    """The questions that expect something and may be answered by memories of a reach, newest first."""
    rows = questions.concerning(reach.user_id, reach.namespace).exclude(expected=[])
    rows = rows.exclude(Q(user_id__in=reach.except_users) | Q(namespace__in=[n for n in reach.except_namespaces if n]))
    return rows.order_by("-id")


def measure(asked: Iterable[Question]) -> Measured:
    """Ask each. Nothing is written, and no memory counts as recalled."""
    lines: list[Judged] = []
    unasked, degraded = 0, False
    for question in asked:
        query = question.query()
        began = time.perf_counter()
        try:
            found = look(replace(query, limit=max(query.limit, DEPTH)))
        except LibraryError:
            unasked += 1
            continue
        took = round((time.perf_counter() - began) * 1000, 2)
        degraded = degraded or bool(found.degraded)
        lines.append(_judged(question, [str(hit.memory.pk) for hit in found.hits], took))
    return Measured(tuple(lines), unasked, degraded)


def _judged(question: Question, ranked: list[str], took: float) -> Judged:
    return judging.judge(
        str(question.pk),
        ranked,
        [str(one) for one in question.expected],
        question.limit,
        kind=question.kind,
        terms=terms(question),
        ms=took,
    )


def terms(question: Question) -> str:
    """The same as long as a question asks and expects the same."""
    told = [question.text, *(getattr(question, name) for name in questions.SCOPE), question.filters, question.limit]
    return _digest([*told, sorted(str(one) for one in question.expected)])


def setup() -> dict[str, str]:
    """What answers depend on beside the memories; two evaluations that differ in it are of two setups."""
    return {
        "version": settings.VERSION,
        "embedder": embeddings.current().name,
        "ranking": fingerprint(ranking, candidates),
        "time_zone": preferences.current().time_zone,
    }


def fingerprint(*modules: ModuleType) -> str:
    """A short digest of the constants of some modules: another one where weights were changed."""
    plain = (bool, int, float, str, tuple, dict)
    told = [
        [module.__name__, name, repr(value)]
        for module in modules
        for name, value in sorted(vars(module).items())
        if name.lstrip("_").isupper() and isinstance(value, plain)
    ]
    return _digest(told)


def _digest(told: Any) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]


def refuse_fall(before: Measured, after: Measured) -> None:
    """Raises QualityWouldFall where the same questions would be answered worse, in recall or MRR, by a thousandth."""
    against = judging.against(after.by_key(), before.by_key())
    if against and against.fell(0.001):
        worse = judging.worse(after.by_key(), before.by_key())
        raise QualityWouldFall(against, worse)


@contextmanager
def no_fall(*, accepted: bool = False) -> Iterator[None]:
    """Let what is done inside stand only where the saved questions are answered no worse by it.

    One transaction: the questions are asked before and after. Raises QualityWouldFall, unless that is `accepted`.
    """
    with transaction.atomic():
        asked = [] if accepted else list(expecting()[:GATED])
        before = measure(asked)
        yield
        if asked:
            refuse_fall(before, measure(asked))
