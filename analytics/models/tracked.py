"""What happens in an application and is counted here beside what happens in its memory."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from analytics.models.within import InDomain


class TrackedEvent(models.Model):
    """An event of the application's own: a name, and numbers or words beside it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=64)
    domain = models.CharField(max_length=255)
    service = models.CharField(max_length=255, blank=True)
    agent = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(default=timezone.now)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = InDomain["TrackedEvent"]()

    class Meta:
        indexes = [
            models.Index(fields=["-occurred_at"], name="tracked_newest"),
            models.Index(fields=["domain", "name", "-occurred_at"], name="tracked_of_domain"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {str(self.id)[:8]}"
