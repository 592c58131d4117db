"""The library's one table so far, and the vocabulary in which it is read."""

import json
import re
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat, Left
from django.utils import timezone
from pgvector.django import HalfVectorField
from uuid_utils.compat import uuid7

from memory.types import Scope

DIMENSION = 384
# A tsvector may hold 1 MiB; this many characters of text always fit.
SEARCHED_CHARACTERS = 200_000


UNSTORABLE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")


def storable(value: object) -> None:
    """JSON that PostgreSQL can hold; the API's gate refuses the same, the console's forms come here."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise ValidationError("A number is not finite.") from None
    if UNSTORABLE.search(text):
        raise ValidationError("Text holds a NUL character or a lone surrogate.")


class ToTsvector(Func):
    """`to_tsvector('english', text)` with its configuration as a literal, so that it is immutable."""

    function = "to_tsvector"
    template = "%(function)s('english', %(expressions)s)"
    output_field = SearchVectorField()


class MemoryQuerySet(models.QuerySet["Memory"]):
    def live(self) -> Self:
        """Neither deleted nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), state=Memory.State.ACTIVE)

    def scoped(self, scope: Scope) -> Self:
        """Of one scope; an empty part of it does not narrow."""
        named = {name: value for name, value in vars(scope).items() if value}
        return self.filter(**named)

    def unembedded(self) -> Self:
        """The embedder's work: a memory without a vector is the job. Oldest first."""
        return self.filter(state=Memory.State.ACTIVE, embedding=None).order_by("id")


class Memory(models.Model):
    """One thing remembered."""

    class Kind(models.TextChoices):
        FACT = "fact"
        MESSAGE = "message"
        EVENT = "event"
        PREFERENCE = "preference"
        GOAL = "goal"
        HABIT = "habit"
        CONTEXT = "context"
        SUMMARY = "summary"

    class State(models.TextChoices):
        ACTIVE = "active"
        DELETED = "deleted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content = models.TextField()
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.FACT)
    role = models.CharField(max_length=32, blank=True)
    author = models.CharField(max_length=255, blank=True)  # who said it
    user_id = models.CharField(max_length=255, blank=True)
    agent_id = models.CharField(max_length=255, blank=True)
    session_id = models.CharField(max_length=255, blank=True)
    namespace = models.CharField(max_length=255, default="default")
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    people = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    topic = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict, blank=True, validators=[storable])
    importance = models.FloatField(default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)])
    confidence = models.FloatField(default=1.0, validators=[MinValueValidator(0), MaxValueValidator(1)])
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE, editable=False)
    event_time = models.DateTimeField(default=timezone.now)  # when it happened; created_at is when we learned it
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    position = models.IntegerField(null=True, editable=False)  # place in its session, 1 for the first
    content_hash = models.CharField(max_length=64, editable=False)  # SHA-256 of the content
    fingerprint = models.CharField(max_length=64, editable=False)  # of scope, words and stated time: see remember
    version = models.IntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    embedding = HalfVectorField(dimensions=DIMENSION, null=True, editable=False)
    embedding_model = models.CharField(max_length=100, blank=True, editable=False)
    search = models.GeneratedField(
        expression=ToTsvector(
            Concat(F("author"), Value(" "), Left(F("content"), SEARCHED_CHARACTERS), output_field=models.TextField())
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = MemoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], condition=Q(state="active"), name="memory_said_once"),
        ]
        indexes = [
            models.Index(fields=["user_id", "namespace", "-id"], name="memory_scope"),
            models.Index(fields=["session_id", "position"], condition=~Q(session_id=""), name="memory_session_place"),
            models.Index(fields=["id"], condition=Q(embedding=None, state="active"), name="memory_unembedded"),
            GinIndex(fields=["search"], name="memory_search"),
        ]

    def __str__(self) -> str:
        # Never the content: Django writes this text into its admin log, which stands in `public`.
        return f"{self.kind} {str(self.id)[:8]}"
