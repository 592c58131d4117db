"""What was counted, hour by hour."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from analytics.models.within import InDomain


class Count(models.Model):
    """How often something happened in an hour, and the sum of what it measured.

    The `whole` rows are of the tenant altogether, by kind alone, so that a dashboard reads a few hundred rows however
    many domains and agents there are; the others are the same things once more, split by domain, service and agent.
    """

    metric = models.CharField(max_length=48)
    hour = models.DateTimeField()  # its beginning, in UTC
    whole = models.BooleanField()
    kind = models.CharField(max_length=64, blank=True)  # what a metric is split by: kind of memory, job, operation
    domain = models.CharField(max_length=255, blank=True)
    service = models.CharField(max_length=255, blank=True)
    agent = models.CharField(max_length=255, blank=True)
    n = models.BigIntegerField(default=0)
    total = models.FloatField(default=0)
    least = models.FloatField(null=True)
    most = models.FloatField(null=True)
    buckets = ArrayField(models.BigIntegerField(), default=list)  # see algorithms.histograms; empty: no such thing

    objects = InDomain["Count"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "whole", "hour", "kind", "domain", "service", "agent"], name="counted_once"
            )
        ]
        indexes = [
            models.Index(fields=["metric", "domain", "hour"], name="count_of_domain", condition=models.Q(whole=False))
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.hour:%Y-%m-%d %H}h"
