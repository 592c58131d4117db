"""Traces: what one call did and how long it took; of a recall also how its answer came about."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from analytics.models.within import InDomain


class Trace(models.Model):
    """One call, kept by sampling or since it was slow, found nothing or failed. It ends with its time."""

    class Kind(models.TextChoices):
        RECALL = "recall"
        OPERATION = "operation"

    class Why(models.TextChoices):
        SAMPLED = "sampled"
        SLOW = "slow"
        EMPTY = "empty"  # a recall that found nothing
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=9, choices=Kind)
    why = models.CharField(max_length=7, choices=Why)
    operation = models.CharField(max_length=64)  # the id of the API's operation, or the place in the console
    domain = models.CharField(max_length=255, blank=True)  # the namespace asked
    user_id = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=100, blank=True)
    status = models.SmallIntegerField(null=True)  # of HTTP
    took_ms = models.FloatField()
    found = models.IntegerField(null=True)  # hits of a recall
    # Of a recall: the query, filters, candidates by stage, timings by stage, hits with the parts of their scores.
    told = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(default=timezone.now)

    objects = InDomain["Trace"]()

    class Meta:
        indexes = [
            models.Index(fields=["-occurred_at"], name="trace_newest"),
            models.Index(fields=["kind", "why", "-occurred_at"], name="trace_of_kind"),
            models.Index(fields=["request_id"], name="trace_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {str(self.id)[:8]}"
