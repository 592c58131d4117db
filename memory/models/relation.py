"""Relations: typed, weighted edges between memories."""

from collections.abc import Sequence

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.memory import Memory
from memory.models.said import storable
from memory.models.within import Within


class OfBoth(Within["Relation"]):
    """Of rows whose two ends both lie there."""

    def lies_in(self, names: Sequence[str]) -> Q:
        return Q(source__namespace__in=names, target__namespace__in=names)


class Relation(models.Model):
    """`source` stands in this relation to `target`: source causes target, source supersedes target."""

    class Type(models.TextChoices):
        CAUSES = "causes"
        REFERENCES = "references"
        FOLLOWS = "follows"
        SUPERSEDES = "supersedes"
        DERIVED_FROM = "derived_from"
        CONTRADICTS = "contradicts"
        SUPPORTS = "supports"
        SIMILAR_TO = "similar_to"
        PART_OF = "part_of"
        RELATED_TO = "related_to"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="outgoing")
    target = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="incoming")
    type = models.CharField(max_length=16, choices=Type)
    weight = models.FloatField(default=1.0, validators=[MinValueValidator(0), MaxValueValidator(1)])
    metadata = models.JSONField(default=dict, blank=True, validators=[storable])
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OfBoth()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "target", "type"], name="relation_said_once"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="relation_not_to_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.type} {self.target_id}"
