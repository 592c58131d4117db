"""The learning history: what an agent was given, what it answered, what people said of that, and what it changed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from analytics.models.within import InDomain


class LearningEvent(models.Model):
    """One step of learning. What feedback says later is written into the event that it speaks of."""

    class Type(models.TextChoices):
        TRAINING = "training"
        FEEDBACK = "feedback"
        CORRECTION = "correction"
        REINFORCEMENT = "reinforcement"
        ADAPTATION = "adaptation"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=13, choices=Type)
    domain = models.CharField(max_length=255)  # the namespace of the memories that it is about
    service = models.CharField(max_length=255, blank=True)
    agent = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    session_id = models.CharField(max_length=255, blank=True)
    importance = models.FloatField(null=True)  # 0 to 1
    input = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    output = models.JSONField(default=dict)  # with the prediction and its alternatives
    confidence = models.FloatField(null=True)  # 0 to 1, of the prediction
    correct = models.BooleanField(null=True)  # null: nobody said
    improved = models.BooleanField(null=True)
    rating = models.SmallIntegerField(null=True)  # 1 to 5
    explanation = models.TextField(blank=True)  # of who gave the feedback
    model_updated = models.BooleanField(default=False)
    performance_change = models.FloatField(null=True)
    affected_models = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    processing_ms = models.FloatField(null=True)
    tokens = models.BigIntegerField(null=True)
    cost = models.FloatField(null=True)  # in any currency, one for a tenant
    metadata = models.JSONField(default=dict)
    signature = models.CharField(max_length=64)  # the same for events of one pattern, see algorithms.patterns
    occurred_at = models.DateTimeField(default=timezone.now)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    judged_at = models.DateTimeField(null=True)  # when feedback came; null: none did

    objects = InDomain["LearningEvent"]()

    class Meta:
        indexes = [
            models.Index(fields=["domain", "-occurred_at"], name="learning_of_domain"),
            models.Index(fields=["-occurred_at", "-id"], name="learning_newest"),
            # What the first and the second half are told apart by: see analytics.progress.
            models.Index(
                fields=["occurred_at", "id"],
                include=["confidence"],
                condition=models.Q(correct=True),
                name="learning_right",
            ),
            models.Index(fields=["session_id", "-occurred_at"], name="learning_of_session"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {str(self.id)[:8]}"
