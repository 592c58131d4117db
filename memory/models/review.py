"""Reviews: what upkeep found and did not dare to decide, for a person to look at."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.memory import Memory
from memory.models.within import Within

OF_TWO = Q(kind="duplicate") | Q(kind="contradiction")


class Review(models.Model):
    """Two memories that say the same or contradict each other, or one that may not be believed. Never content."""

    class Kind(models.TextChoices):
        DUPLICATE = "duplicate"
        CONTRADICTION = "contradiction"
        QUARANTINE = "quarantine"  # one memory, of a source that nobody trusts
        LOW_CONFIDENCE = "low_confidence"  # one memory

    class State(models.TextChoices):
        OPEN = "open"
        MERGED = "merged"
        KEPT_BOTH = "kept_both"
        RESOLVED = "resolved"  # one of them was kept; or of one it was said what it is
        DISMISSED = "dismissed"  # there is nothing to decide

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=14, choices=Kind)
    namespace = models.CharField(max_length=255)
    user_id = models.CharField(max_length=255, blank=True)
    first = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="reviews")  # of two the smaller id
    second = models.ForeignKey(Memory, on_delete=models.CASCADE, null=True, related_name="reviews_as_second")
    score = models.FloatField()  # 0 to 1: how much alike, how sure a contradiction, how little believed
    reason = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    run_id = models.UUIDField(null=True)  # the run of upkeep that asked for it
    outcome = models.JSONField(default=dict)  # what the decision changed: all that undoing it needs
    created_at = models.DateTimeField(default=timezone.now)

    objects = Within["Review"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "first", "second"],
                condition=Q(state="open"),
                nulls_distinct=False,
                name="review_open_once",
            ),
            # Spelled without IN: its list of words is told back by PostgreSQL in another way than it was written.
            models.CheckConstraint(
                condition=Q(second=None) & ~OF_TWO | Q(second__isnull=False, second__gt=models.F("first")) & OF_TWO,
                name="review_of_one_or_two",
            ),
        ]
        indexes = [models.Index(fields=["kind", "-id"], condition=Q(state="open"), name="review_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.id)[:8]}"
