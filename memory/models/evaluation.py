"""Evaluations that were kept: how well the saved questions of a user or of a tenant were answered."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.within import Within


class Evaluation(models.Model):
    """One evaluation, see memory.measuring. It holds ids of questions and memories, and no content."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    namespace = models.CharField(max_length=255, blank=True)  # empty: all of them
    user_id = models.CharField(max_length=255, blank=True)  # empty: everybody
    questions = models.IntegerField()  # that were asked and expect something
    recall = models.FloatField()  # 0 to 1, as mrr and ndcg
    mrr = models.FloatField()
    ndcg = models.FloatField()
    p50_ms = models.FloatField()
    p95_ms = models.FloatField()
    regressed = models.BooleanField(default=False)  # against the one before it
    told = models.JSONField()  # the figures by kind, each question, what the setup was and what changed
    run_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = Within["Evaluation"]()

    class Meta:
        indexes = [models.Index(fields=["namespace", "user_id", "-id"], name="evaluation_newest")]

    def __str__(self) -> str:
        return f"evaluation {str(self.id)[:8]}"
