"""Retention rules: how long memories of a kind are kept, and what happens then."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.algorithms import retention
from memory.models.said import Said
from memory.models.within import Within


class Rule(models.Model):
    """What is older than `retention_days` is archived or deleted, unless it weighs, was recalled or is tagged enough.

    A part that is empty or null does not narrow: a rule without a kind is for all of them.
    """

    class Action(models.TextChoices):
        ARCHIVE = "archive"  # its content goes to cold storage
        DELETE = "delete"  # restorable until the undo window ends

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    namespace = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=16, choices=Said.Kind, blank=True)
    retention_days = models.IntegerField(validators=[MinValueValidator(1), MaxValueValidator(36_500)])
    min_importance = models.FloatField(  # one that weighs so much stays
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    min_recalls = models.IntegerField(null=True, blank=True, validators=[MinValueValidator(1)])  # likewise
    tags_to_preserve = ArrayField(models.CharField(max_length=100), default=list, blank=True)  # any of them
    action = models.CharField(max_length=7, choices=Action, default=Action.ARCHIVE)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = Within["Rule"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(retention_days__gte=1, retention_days__lte=36_500), name="rule_keeps_for_days"
            )
        ]

    def __str__(self) -> str:
        return f"rule {str(self.id)[:8]}"

    def as_value(self) -> retention.Rule:
        return retention.Rule(
            key=str(self.pk),
            name=self.name,
            retention_days=self.retention_days,
            action=self.action,
            namespace=self.namespace,
            user_id=self.user_id,
            kind=self.kind,
            min_importance=self.min_importance,
            min_recalls=self.min_recalls,
            tags_to_preserve=tuple(self.tags_to_preserve),
        )
