"""How far the counts of hours stand for what happened, and which hours have to be counted anew."""

from django.db import models


class Progress(models.Model):
    """One row a tenant: its lock makes two rollups take turns."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)  # facts up to this number stand in the counts, or their hours are marked
    rolled_at = models.DateTimeField(null=True)  # when nothing was left to do
    stock_seq = models.BigIntegerField(default=-1)  # the feed's end when the last snapshot was taken
    stock_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_progress")]

    def __str__(self) -> str:
        return f"rolled up to {self.seq}"


class DirtyHour(models.Model):
    """A mark: this hour is to be counted anew. As many as there are reasons, so that nobody waits to set one."""

    hour = models.DateTimeField()  # its beginning, in UTC
    source = models.CharField(max_length=8)  # of analytics.counting.SOURCES

    class Meta:
        indexes = [models.Index(fields=["-hour"], name="dirty_newest")]

    def __str__(self) -> str:
        return f"{self.source} {self.hour:%Y-%m-%d %H}h"
