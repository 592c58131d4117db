"""The read path: what may answer a question (memory.candidates), ranked (algorithms.ranking), answered as hits."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.utils import timezone

from memory import candidates, embeddings, narrowing, observing, touched
from memory.algorithms import ranking, temporal
from memory.candidates import Asked
from memory.errors import BadVector, NoMemory
from memory.models import Memory, Version
from memory.models.said import Said, SaidQuerySet, stemmer
from memory.stages import Watch
from memory.tiers import cold
from memory.types import Found, Hit, Query
from memory.when import zone_of

LARGEST = 65_504.0  # a half-precision number


def recall(query: Query) -> Found:
    """The memories that best answer a question. Raises BadFilter, BadTime, BadVector or NoMemory.

    While no embedder answers, words alone decide, and `degraded` says so. Without anything to be near to, the newest
    come first, each with the score 1.
    """
    with observing.recalls(query) as told:
        found = told.found = look(query)
    touched.touch(hit.memory.pk for hit in found.hits)
    return found


def look(query: Query) -> Found:
    """As `recall`, and nobody notes that these memories were asked for."""
    watch = Watch()
    now = timezone.now()
    degraded: tuple[str, ...] = ()
    if query.text or query.like or query.vector is not None:
        asked = _asked(query, now, watch)
        ranked, count, truncated = _ranked(narrowing.asked_of(query, now), asked, query)
        degraded = () if asked.vector() else ("semantic",)
    else:
        ranked, count, truncated = _newest(narrowing.asked_of(query, now), query.limit)
    watch.lap("best", len(ranked))
    hits = _hits(ranked)
    watch.lap("rows", len(hits))
    return Found(hits, count, watch.took_ms(), degraded, truncated, watch.stages())


def _asked(query: Query, now: datetime, watch: Watch | None = None) -> Asked:
    """What the database is asked; the question's vector is on its way."""
    watch = watch or Watch()
    model, vector = _vector(query)
    when = temporal.named(query.text, (query.asked_at or now).astimezone(zone_of(query.timezone)))
    watch.lap("asked")
    return Asked(query.text, stemmer(query.language), model, vector, now, when, query.scope.user_id, watch)


def _vector(query: Query) -> tuple[str, Callable[[], list[float] | None]]:
    """What to be near to, and its model: the vector given, that of the memory `like`, or the question's."""
    embedder = embeddings.current()
    if query.vector is not None:
        given = _checked(query.vector, embedder.embed([""]).shape[1])
        return embedder.name, lambda: given
    if query.like is None:
        return embedder.name, embeddings.soon(embedder, query.text)
    liked = Memory.objects.live().filter(pk=query.like).values_list("embedding_model", "embedding").first()
    if liked is None:
        raise NoMemory("like")
    model, embedding = liked
    return model, lambda: None if embedding is None else list(embedding)


def _checked(vector: Sequence[float], dimension: int) -> list[float]:
    """A vector from outside. Raises BadVector."""
    numbers = np.asarray(vector, dtype=float)
    if numbers.shape != (dimension,):
        raise BadVector("/vector", f"must have {dimension} numbers")
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > LARGEST or not numbers.any():
        raise BadVector("/vector", f"must be finite, within ±{LARGEST:.0f}, and not all zero")
    return numbers.tolist()


Ranked = tuple[list[ranking.Scored], int, bool]


def _ranked(scopes: list[SaidQuerySet[Any]], asked: Asked, query: Query) -> Ranked:
    """The best of all scopes; the present and the past are scored alike, each by its own word statistics."""
    gathered = [candidates.gather(rows, asked) for rows in scopes]
    scored = [
        one for found in gathered for one in ranking.rank(found.signals, found.weights, query.limit, query.weights)
    ]
    best = sorted((one for one in scored if one.score >= query.min_score), key=lambda one: -one.score)[: query.limit]
    count = sum(len(found.signals.keys) for found in gathered)
    return best, count, count > len(best) or any(found.truncated for found in gathered)


def _newest(scopes: list[SaidQuerySet[Any]], limit: int) -> Ranked:
    told = [
        row
        for rows in scopes
        for row in rows.order_by("-event_time", "-pk").values_list("event_time", "pk")[: limit + 1]
    ]
    newest = sorted(told, reverse=True)
    return [ranking.Scored(key, 1.0) for _, key in newest[:limit]], min(len(newest), limit), len(newest) > limit


def _hits(ranked: list[ranking.Scored]) -> tuple[Hit, ...]:
    keys = [scored.key for scored in ranked]
    found: dict[Any, Memory] = Memory.objects.light().in_bulk(keys)
    cold.fill(found.values())
    if missing := [key for key in keys if key not in found]:
        versions = Version.objects.light().select_related("memory").in_bulk(missing)
        found |= {key: _as_it_was(version) for key, version in versions.items()}
    return tuple(Hit(found[one.key], one.score, one.parts) for one in ranked if one.key in found)


def _as_it_was(version: Version) -> Memory:
    """The memory with what it said then; not to be saved."""
    then = version.memory
    for field in Said._meta.get_fields():
        if field.name not in ("embedding", "search"):
            setattr(then, field.name, getattr(version, field.name))
    then.updated_at = version.since
    return then
