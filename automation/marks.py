"""The rows by which policies run by themselves: timers, what is to be looked at, what was crossed, and pauses."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from tenants.models import Tenant


class Timer(models.Model):
    """When a job of a policy is due next. Whoever starts it moves the time on in the same transaction."""

    class By(models.TextChoices):
        CLOCK = "clock"  # the slots of its schedule
        WRITES = "writes"  # something was written

    policy = models.ForeignKey("automation.Policy", on_delete=models.CASCADE, related_name="timers")
    job = models.CharField(max_length=32)
    by = models.CharField(max_length=6, choices=By)
    cron = models.CharField(max_length=120, blank=True)
    seconds = models.IntegerField(default=0)  # between two slots, when there is no cron expression
    zone = models.CharField(max_length=64, default="UTC")  # in which the expression is read
    anchor = models.DateTimeField()  # since when it holds; an interval is counted from here
    next_at = models.DateTimeField(null=True, db_index=True)  # null: nothing is due
    last_at = models.DateTimeField(null=True)  # when it was started last

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "job", "by"], name="timer_once")]

    def __str__(self) -> str:
        return f"{self.job} of {self.policy_id} by {self.by}"


class Watch(models.Model):
    """Something changed there, and thresholds are to be looked at. The row is the work."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    namespace = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    everyone = models.BooleanField(default=False)  # all users of the tenant: a policy is new
    written = models.BooleanField(default=False)  # by a caller, not by the housekeeper
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "namespace", "user_id", "everyone"], name="watched_once")
        ]

    def __str__(self) -> str:
        return f"watch {self.pk}"


class Crossing(models.Model):
    """A user's memories are at or above a policy's number, and its job was started for that. Below, the row goes."""

    policy = models.ForeignKey("automation.Policy", on_delete=models.CASCADE, related_name="crossings")
    job = models.CharField(max_length=32)
    user_id = models.CharField(max_length=255)
    crossed_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(default=timezone.now)  # memories also expire, which nobody tells

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "job", "user_id"], name="crossed_once")]
        indexes = [models.Index(fields=["looked_at"], name="crossing_looked_at")]

    def __str__(self) -> str:
        return f"{self.job} of {self.policy_id}"


class Pause(models.Model):
    """From when until when no policy starts anything by itself, in one tenant or in all."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, related_name="+")  # null: all
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="pause_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"pause {str(self.id)[:8]}"
