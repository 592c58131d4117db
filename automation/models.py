"""The housekeeper's tables, in `public`: policies with their versions, and task runs. Never content."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from automation.marks import Crossing, Pause, Timer, Watch
from tenants.models import Tenant

__all__ = ["Crossing", "Pause", "Policy", "PolicyVersion", "TaskRun", "Timer", "Watch"]


class Policy(models.Model):
    """What is done by itself to the memories of a tenant, of a namespace or of a user; the nearest one decides."""

    class Type(models.TextChoices):
        THRESHOLD = "threshold"  # a job runs when so many memories are there
        SCHEDULE = "schedule"  # a job runs at its times
        CONTINUOUS = "continuous"  # a job runs soon after something was written
        MANUAL = "manual"  # a job runs when somebody says so

    class Misfire(models.TextChoices):
        RUN_ONCE = "run_once"  # of the slots that were missed the latest is run
        SKIP = "skip"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="policies")
    namespace = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=100, blank=True)
    type = models.CharField(max_length=10, choices=Type, default=Type.THRESHOLD)
    enabled = models.BooleanField(default=True)
    # By job, see automation.policies: {"summarize": {"enabled", "threshold", "schedule", "options"}}.
    # A job that is not named here is decided by the policy that is next nearest.
    jobs = models.JSONField(default=dict)
    extras = models.JSONField(default=dict)  # of a policy in the words of HippocampAI: what no job of ours reads
    owner = models.CharField(max_length=100, blank=True)  # who answers for it: an actor, or a person's e-mail address
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)  # an IANA name; empty: the tenant's
    misfire = models.CharField(max_length=8, choices=Misfire, default=Misfire.RUN_ONCE)
    version = models.IntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "namespace", "user_id"], name="policy_once_a_scope"),
            models.CheckConstraint(condition=Q(namespace="") | Q(user_id=""), name="policy_of_namespace_or_user"),
        ]

    def __str__(self) -> str:
        return self.name or f"policy {str(self.id)[:8]}"


class PolicyVersion(models.Model):
    """What a policy said, from its first version to the one that holds now."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="versions")
    version = models.IntegerField()
    told = models.JSONField()
    actor = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "version"], name="policy_version_numbered")]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.version}"


class TaskRun(models.Model):
    """One run of a job, from the wish to its end. The row is the work; automation.runner is its whole life."""

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"  # it said why, as often as it was tried
        CANCELLED = "cancelled"
        DEAD = "dead"  # its workers died of it, as often as it was tried

    class Priority(models.IntegerChoices):
        LOW = 3
        NORMAL = 5
        HIGH = 7
        CRITICAL = 9

    OPEN = (State.PENDING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="runs")
    policy = models.ForeignKey(Policy, on_delete=models.SET_NULL, null=True, related_name="runs")
    slot = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: asked for, not scheduled
    job = models.CharField(max_length=32)
    namespace = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    input = models.JSONField(default=dict)  # {"options", "except_users", "except_namespaces", "now"}
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    undoes = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="undoings")
    started_by = models.CharField(max_length=100)
    attempts = models.IntegerField(default=0)  # counted before each of them
    token = models.BigIntegerField(default=0)  # of the latest claim: who holds an older one has lost the run
    leased_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    wait_until = models.DateTimeField(default=timezone.now)  # not tried again before
    cancel_asked = models.BooleanField(default=False)
    planned = models.BooleanField(default=False)  # its steps are laid down
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    undone_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "slot"], name="slot_claimed_once")]
        indexes = [
            models.Index(
                fields=["-priority", "id"], condition=Q(state__in=["pending", "running"]), name="run_claimable"
            ),
            models.Index(fields=["tenant", "-id"], name="run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {str(self.id)[:8]}"
