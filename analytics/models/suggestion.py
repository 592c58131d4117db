"""Suggested changes of policies, which follow from what was learned; nothing of it holds until somebody accepts."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from analytics.models.within import InDomain


class Suggestion(models.Model):
    """A change of what the policy of a domain does about one job, and why. Decided by analytics.suggestions alone."""

    class Priority(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"  # its reason is gone

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    domain = models.CharField(max_length=255)
    reason = models.CharField(max_length=32)  # the rule that it follows from
    priority = models.CharField(max_length=6, choices=Priority)
    says = models.CharField(max_length=300)
    expected_impact = models.CharField(max_length=300)
    numbers = models.JSONField(default=dict)  # what the rule was decided by
    job = models.CharField(max_length=32)
    change = models.JSONField(default=dict)  # of that job in the policy, as automation.policies reads it
    run_id = models.UUIDField(null=True)  # the dry run that was looked at
    policy_id = models.UUIDField(null=True)  # what accepting changed
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=100, blank=True)

    objects = InDomain["Suggestion"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "reason", "job"], name="suggested_once", condition=Q(state="open")
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="suggestion_newest")]

    def __str__(self) -> str:
        return f"{self.reason} {self.domain}"
