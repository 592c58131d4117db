"""The diary's tables, in `public`: thin rows of ids, types and counts, never content."""

from django.db import models
from uuid_utils.compat import uuid7


class Event(models.Model):
    """One fact: the ledger, the outbox and the event log in one row. Written by `ledger.record` alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(null=True)  # null: a fact of the platform itself
    seq = models.BigIntegerField(null=True)  # dense per tenant, given by the relay after commit
    type = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    actor = models.CharField(max_length=100)
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "seq"], name="event_seq_unique", nulls_distinct=True)
        ]
        indexes = [
            models.Index(fields=["tenant_id", "id"], name="event_unrelayed", condition=models.Q(seq=None)),
            models.Index(fields=["-id"], name="event_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"


class Stream(models.Model):
    """The last number given in a tenant's feed. Its row lock makes two relays take turns."""

    tenant_id = models.UUIDField(primary_key=True)
    last_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.tenant_id} at {self.last_seq}"
