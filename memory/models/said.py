"""What a memory says, and all that changes with it: the fields that a version keeps too."""

import json
import re
from datetime import datetime
from typing import Any, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Concat, Left
from django.utils import timezone
from pgvector.django import HalfVectorField

from memory.types import Scope

# A tsvector may hold 1 MiB; this many characters of text always fit.
SEARCHED_CHARACTERS = 200_000
# Languages whose word stems PostgreSQL knows, by ISO 639-1; what is in none of them is read as English.
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
ENGLISH = "english"
UNSTORABLE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")


def storable(value: object) -> None:
    """JSON that PostgreSQL can hold; the API's gate refuses the same, the console's forms come here."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise ValidationError("A number is not finite.") from None
    if UNSTORABLE.search(text):
        raise ValidationError("Text holds a NUL character or a lone surrogate.")


def stemmer(language: str) -> str:
    """The text search configuration of a language tag: `de` and `de-AT` are german, what is unknown is english."""
    return STEMMERS.get(re.split("[-_]", language.lower())[0], ENGLISH)


class ToTsvector(Func):
    """`to_tsvector('english', text)` with its configuration as a literal, so that it is immutable."""

    function = "to_tsvector"
    template = "%(function)s('%(config)s', %(expressions)s)"
    output_field = SearchVectorField()

    def __init__(self, *expressions: object, config: str = ENGLISH, **extra: Any) -> None:
        super().__init__(*expressions, config=config, **extra)


def searched() -> Case:
    """The lexemes of author and content, in the memory's language: one literal configuration a branch."""
    words = Concat(F("author"), Value(" "), Left(F("content"), SEARCHED_CHARACTERS), output_field=models.TextField())
    english = When(language="", then=ToTsvector(words))  # first: it is nearly everybody's
    others = [
        When(language__iregex=f"^{tag}([-_]|$)", then=ToTsvector(words, config=STEMMERS[tag])) for tag in STEMMERS
    ]
    return Case(english, *others, default=ToTsvector(words), output_field=SearchVectorField())


Row = TypeVar("Row", bound="Said")


class SaidQuerySet(models.QuerySet[Row]):
    """What can be asked of memories as they are and as they were."""

    def scoped(self, scope: Scope) -> Self:
        """Of one scope; an empty part of it does not narrow."""
        named = {name: value for name, value in vars(scope).items() if value}
        return self.filter(**named)

    def holding(self, at: datetime) -> Self:
        """What held at that time: its validity had begun, and had not ended."""
        begun = Q(valid_from=None) | Q(valid_from__lte=at)
        return self.filter(begun, Q(valid_to=None) | Q(valid_to__gt=at))

    def light(self) -> Self:
        """Without the columns that nobody reads: vectors and lexemes are larger than the rest together."""
        return self.defer("embedding", "search")


class Said(models.Model):
    """Content, whose it is, what it weighs, when it holds, and the vectors that stand for it."""

    class Kind(models.TextChoices):
        FACT = "fact"
        MESSAGE = "message"
        EVENT = "event"
        PREFERENCE = "preference"
        GOAL = "goal"
        HABIT = "habit"
        CONTEXT = "context"
        SUMMARY = "summary"
        CONSTRAINT = "constraint"  # what must hold: "never book flights before nine"
        PROCEDURE = "procedure"  # how something is done
        HYPOTHESIS = "hypothesis"  # what may be so
        TASK = "task"  # how far something has come

    class State(models.TextChoices):
        ACTIVE = "active"
        SUPERSEDED = "superseded"  # no longer true: another memory, or a note that it is outdated, took its place
        SILENT = "silent"  # kept and readable, and not among the answers any more
        COMPRESSED = "compressed"  # silent, and one sentence is left of it
        DELETED = "deleted"  # restorable until the undo window ends

    class Trust(models.TextChoices):
        TRUSTED = "trusted"
        UNVERIFIED = "unverified"
        UNTRUSTED = "untrusted"  # handed on as quoted data, never as instruction

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
    language = models.CharField(max_length=16, blank=True)  # a BCP 47 tag; empty is read as English
    source = models.CharField(max_length=64, blank=True)  # where it came from: chat, turn, import, tool, web …
    trust = models.CharField(max_length=10, choices=Trust, default=Trust.TRUSTED)
    metadata = models.JSONField(default=dict, blank=True, validators=[storable])
    importance = models.FloatField(default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)])
    importance_stated = models.BooleanField(default=False, editable=False)  # then the rescoring job leaves it alone
    confidence = models.FloatField(default=1.0, validators=[MinValueValidator(0), MaxValueValidator(1)])
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE, editable=False)
    event_time = models.DateTimeField(default=timezone.now)  # when it happened; created_at is when we learned it
    expires_at = models.DateTimeField(null=True, blank=True)
    valid_from = models.DateTimeField(null=True, blank=True)  # null: since event_time
    valid_to = models.DateTimeField(null=True, blank=True)  # null: it still holds
    superseded_by = models.UUIDField(null=True, editable=False)
    position = models.IntegerField(null=True, editable=False)  # place in its session, 1 for the first
    version = models.IntegerField(default=1, editable=False)

    # No dimension in the type: another model's vectors may have another one. Rows of one model are compared only.
    embedding = HalfVectorField(null=True, editable=False)
    embedding_model = models.CharField(max_length=100, blank=True, editable=False)
    search = models.GeneratedField(expression=searched(), output_field=SearchVectorField(), db_persist=True)

    class Meta:
        abstract = True
