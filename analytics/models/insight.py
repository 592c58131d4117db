"""What stands out in the numbers, found by a stated method."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from analytics.models.within import InDomain


class Insight(models.Model):
    """One finding; the same one is found once for a metric, domain and time."""

    class Kind(models.TextChoices):
        ANOMALY = "anomaly"
        TREND = "trend"
        OPPORTUNITY = "opportunity"

    class Severity(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    class State(models.TextChoices):
        OPEN = "open"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=11, choices=Kind)
    severity = models.CharField(max_length=6, choices=Severity)
    metric = models.CharField(max_length=48)
    domain = models.CharField(max_length=255, blank=True)  # empty: the whole tenant
    method = models.CharField(max_length=64)  # how it was found, see docs/analytics.md
    value = models.FloatField()
    expected = models.FloatField(null=True)
    low = models.FloatField(null=True)  # of the interval that was expected
    high = models.FloatField(null=True)
    says = models.CharField(max_length=300)  # numbers and names of metrics, no content
    advice = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()  # the hour or day that stands out
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)

    objects = InDomain["Insight"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["metric", "domain", "method", "at"], name="insight_found_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.metric}"
