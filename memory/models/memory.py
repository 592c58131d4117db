"""The memory: one thing remembered, as it is now."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from pgvector.django import HalfVectorField
from uuid_utils.compat import uuid7

from memory.models.hold import held
from memory.models.near import near
from memory.models.plain import Plain
from memory.models.said import Said, SaidQuerySet, searched
from memory.models.within import Within


class MemoryQuerySet(SaidQuerySet["Memory"]):
    def live(self) -> Self:
        """Neither deleted nor superseded nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), state=Memory.State.ACTIVE)

    def movable(self) -> Self:
        """Live, and neither pinned nor held: what jobs of upkeep may touch."""
        return self.live().free()

    def free(self) -> Self:
        """Neither pinned nor held, in any state."""
        return self.unheld().filter(pinned=False)

    def unheld(self) -> Self:
        """What no hold stands on."""
        return self.filter(~held())

    def held(self) -> Self:
        """What a hold stands on, in any state."""
        return self.filter(held())

    def readable(self) -> Self:
        """Neither deleted nor expired: what one who knows its id may read, superseded or not."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())).exclude(state=Memory.State.DELETED)

    def unembedded(self) -> Self:
        """The embedder's work: a memory without a vector is the job. Oldest first."""
        return self.filter(state=Memory.State.ACTIVE, embedding=None).order_by("id")

    def unfinished(self) -> Self:
        """Long memories whose later text has no vectors yet, or not all of them. Oldest first."""
        return self.filter(state=Memory.State.ACTIVE, passages__lt=0).order_by("id")

    def outdated(self, model: str) -> Self:
        """Vectors of another model than this one. Without `<>`, which no index serves."""
        others = Q(embedding_model__lt=model) | Q(embedding_model__gt=model)
        return self.filter(others, state=Memory.State.ACTIVE, embedding__isnull=False)

    def light(self) -> Self:
        return super().light().defer("shadow", "cold_search")


MemoryManager = Within.from_queryset(MemoryQuerySet)


class Memory(Said):
    """One thing remembered."""

    class Tier(models.TextChoices):
        WARM = "warm"  # content is in the row
        ARCHIVING = "archiving"  # content is in the row, and on its way to cold storage
        COLD = "cold"  # content is in an object of the cold storage; the row keeps everything else

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content_hash = models.CharField(max_length=64, editable=False)  # SHA-256 of the content
    fingerprint = models.CharField(max_length=64, editable=False)  # of scope, words and stated time: see remember
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_batch = models.UUIDField(null=True, editable=False)  # the bulk deletion that took it
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    tier = models.CharField(max_length=9, choices=Tier, default=Tier.WARM, editable=False)
    cold_key = models.CharField(max_length=255, blank=True, editable=False)  # the object's name in the cold storage
    cold_bytes = models.IntegerField(default=0, editable=False)  # the object's size
    cold_search = SearchVectorField(null=True, editable=False)  # the lexemes, kept when the content left the row
    search = models.GeneratedField(
        expression=Case(When(tier=Tier.COLD, then=F("cold_search")), default=searched()),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    pinned = models.BooleanField(default=False, db_default=False, editable=False)  # then no job of upkeep touches it
    recalls = models.IntegerField(default=0, editable=False)  # how often it was among the answers
    recalled_at = models.DateTimeField(null=True, editable=False)

    passages = models.IntegerField(default=0, editable=False)  # rows of Passage for its later text; -1: being made
    shadow = HalfVectorField(null=True, editable=False)  # the vector of the model that shall take over
    shadow_model = models.CharField(max_length=100, blank=True, editable=False)

    objects = MemoryManager()

    class Meta:
        verbose_name_plural = "memories"
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], condition=Q(state="active"), name="memory_said_once"),
        ]
        indexes = [
            models.Index(fields=["user_id", "namespace", "-id"], name="memory_scope"),
            models.Index(
                fields=["session_id", "user_id", "position"], condition=~Q(session_id=""), name="memory_session_place"
            ),
            near(),
            models.Index(fields=["user_id"], condition=Q(passages__gt=0), name="memory_long"),
            models.Index(fields=["id"], condition=Q(embedding=None, state="active"), name="memory_unembedded"),
            models.Index(fields=["embedding_model"], condition=Q(state="active"), name="memory_embedded_by"),
            models.Index(fields=["id"], condition=Q(passages__lt=0, state="active"), name="memory_unfinished"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="memory_expiring"),
            models.Index(Plain("content"), name="memory_plain"),
            models.Index(fields=["topic"], condition=~Q(topic=""), name="memory_topic"),
            models.Index(fields=["cold_key"], condition=~Q(cold_key=""), name="memory_cold"),
            models.Index(fields=["deleted_batch"], condition=Q(deleted_batch__isnull=False), name="memory_batch"),
            # Who depends on whom, for those few who name others: see memory.upkeep.dependents.
            models.Index(
                fields=["superseded_by"], condition=Q(superseded_by__isnull=False), name="memory_superseded_by"
            ),
            models.Index(fields=["id"], condition=Q(metadata__has_key="evidence_refs"), name="memory_evident"),
            GinIndex(fields=["search"], name="memory_search"),
            GinIndex(fields=["tags"], name="memory_tags"),
            GinIndex(fields=["people"], name="memory_people"),
        ]

    def __str__(self) -> str:
        # Never the content: Django writes this text into its admin log, which stands in `public`.
        return f"{self.kind} {str(self.id)[:8]}"
