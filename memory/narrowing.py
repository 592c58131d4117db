"""Which memories a question is asked of: what is believed and holds now, or then, in its scope and its filters."""

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import BooleanField, Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from memory import filters, when
from memory.models import Memory, Version
from memory.models.memory import MemoryQuerySet
from memory.models.said import SaidQuerySet
from memory.types import Query

Rows = TypeVar("Rows", bound=SaidQuerySet[Any])


def asked_of(query: Query, now: datetime) -> list[SaidQuerySet[Any]]:
    """The rows of a question: memories, and for a question about the past the versions that were replaced since.

    Raises BadFilter or BadTime.
    """
    if query.as_of:
        then = Version.objects.filter(since__lte=query.as_of, until__gt=query.as_of, state=Memory.State.ACTIVE)
        return [_narrowed(_unchanged_since(query.as_of), query, now), _narrowed(then, query, now)]
    if query.valid_at:
        states = (Memory.State.ACTIVE, Memory.State.SUPERSEDED)
        alive = Q(expires_at=None) | Q(expires_at__gt=now)
        return [_narrowed(Memory.objects.filter(alive, state__in=states), query, now)]
    return [_narrowed(Memory.objects.live(), query, now)]


def _unchanged_since(then: datetime) -> MemoryQuerySet:
    """Memories that were there, and say what they said then. One deleted since had not been deleted yet."""
    replaced = Version.objects.filter(memory=OuterRef("pk"), until__gt=then)
    there = Q(state=Memory.State.ACTIVE) | Q(state=Memory.State.DELETED, deleted_at__gt=then)
    alive = Q(expires_at=None) | Q(expires_at__gt=then)
    return Memory.objects.filter(there, alive, ~Exists(replaced), created_at__lte=then)


def _narrowed(rows: Rows, query: Query, now: datetime) -> Rows:
    rows = rows.holding(query.valid_at or query.as_of or now).scoped(query.scope).filter(filters.to_q(query.filters))
    if query.namespaces:
        rows = rows.filter(namespace__in=query.namespaces)
    if query.tags:
        tags = list(query.tags)
        rows = rows.filter(tags__contains=tags) if query.all_tags else rows.filter(tags__overlap=tags)
    if query.people:
        rows = rows.filter(mentioning(query.people))
    if query.like:
        rows = rows.exclude(pk=query.like)
    return when.narrow(rows, query.when, query.timezone, query.asked_at or now) if query.when else rows


def mentioning(people: tuple[str, ...]) -> RawSQL:
    """Rows that mention one of these people, in any case of their letters."""
    return RawSQL(
        "lower(people::text)::text[] && %s::text[]",
        [[person.lower() for person in people]],
        output_field=BooleanField(),
    )
