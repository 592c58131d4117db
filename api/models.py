"""Self-tests as rows, in `public`: the row is the job, and keeps what was found."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7


class Selftest(models.Model):
    """One run of the isolation self-test. `evidence` lists {family, probe, side, status, ok, ms}, never content."""

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        PASSED = "passed"
        FAILED = "failed"  # a probe saw what it must not, or not what it must
        BROKEN = "broken"  # it could not be run to its end: see `reason`

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    open = models.BooleanField(null=True, default=True, unique=True)  # null when it is over: one at a time
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    evidence = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=100)
    leased_until = models.DateTimeField(null=True)  # past: whoever ran it is gone
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"self-test {str(self.id)[:8]}"
