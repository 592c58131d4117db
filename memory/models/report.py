"""Health reports that were kept: how healthy the memories of a user or of a tenant were."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.within import Within


class Report(models.Model):
    """One report, see memory.algorithms.health. It holds labels and ids of memories, and no content of theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    namespace = models.CharField(max_length=255, blank=True)  # empty: all of them
    user_id = models.CharField(max_length=255, blank=True)  # empty: everybody
    overall = models.FloatField()  # 0 to 100
    status = models.CharField(max_length=9)
    told = models.JSONField()  # the whole report
    run_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = Within["Report"]()

    class Meta:
        indexes = [models.Index(fields=["namespace", "user_id", "-id"], name="report_newest")]

    def __str__(self) -> str:
        return f"report {str(self.id)[:8]}"
