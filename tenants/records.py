"""What is kept about tenants' schemas: how new ones are made, how far each is migrated, and what became of the gone."""

from django.db import models
from django.utils import timezone


class Blueprint(models.Model):
    """The statements that make a tenant's tables, for one state of the migrations; empty: they cannot be told."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    statements = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.fingerprint[:12]


class SchemaState(models.Model):
    """A tenant's way to one target. Who works on it holds an advisory lock, so `running` alone proves nothing."""

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="schema_states")
    target = models.CharField(max_length=200)
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    attempts = models.IntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    milliseconds = models.IntegerField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "target"], name="schema_state_once_a_target")]

    def __str__(self) -> str:
        return f"{self.tenant_id} to {self.target}: {self.state}"


class Receipt(models.Model):
    """What is left of a deleted tenant: its name is not given again, and what was deleted was counted."""

    id = models.UUIDField(primary_key=True)  # the tenant's
    slug = models.CharField(max_length=47, unique=True)
    opened_at = models.DateTimeField()
    asked_by = models.CharField(max_length=100)
    counts = models.JSONField(default=dict)
    begun_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)  # null: the job is still at it

    def __str__(self) -> str:
        return f"receipt of {self.slug}"
