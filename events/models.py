"""The diary's tables, in `public`: thin rows of ids, types and counts, never content."""

from uuid import UUID

from django.db import models
from uuid_utils.compat import uuid7

PLATFORM = UUID(int=0)  # the stream of the facts that belong to no tenant


class Event(models.Model):
    """One fact: the ledger, the outbox and the event log in one row. Written by `ledger.record` alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField(null=True)  # null: a fact of the platform itself
    seq = models.BigIntegerField(null=True)  # dense per tenant, given by the relay after commit
    type = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    actor = models.CharField(max_length=100)
    key_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)  # who was signed in to the console
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, default="", db_default="")
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    # Given with the number, see events.chain. In hex, for Django inserts rows with binary fields four times slower.
    salt = models.CharField(max_length=32, null=True)  # noqa: DJ001  null: no name is in it, or none any more
    hash = models.CharField(max_length=64, null=True)  # noqa: DJ001  null: not chained yet

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "seq"], name="event_seq_unique", nulls_distinct=True),
            models.UniqueConstraint(fields=["seq"], name="event_platform_seq", condition=models.Q(tenant_id=None)),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "id"], name="event_unrelayed", condition=models.Q(seq=None)),
            models.Index(fields=["-id"], name="event_newest"),
            models.Index(fields=["subject_id"], name="event_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"


class Stream(models.Model):
    """The end of a tenant's feed and of its chain. Its row lock makes two relays take turns."""

    tenant_id = models.UUIDField(primary_key=True)  # PLATFORM for facts of no tenant
    last_seq = models.BigIntegerField(default=0)
    # Up to where facts are chained; behind `last_seq` only while facts of an older version wait for their hashes.
    chained_seq = models.BigIntegerField(default=0, db_default=0)
    head = models.CharField(max_length=64, default="", db_default="")  # the hash of fact `chained_seq`
    verified_seq = models.BigIntegerField(default=0, db_default=0)  # how far the running nightly check has come

    def __str__(self) -> str:
        return f"{self.tenant_id} at {self.last_seq}"


class Anchor(models.Model):
    """The head of a chain on a day, sealed with a key that is not in the database."""

    tenant_id = models.UUIDField()  # PLATFORM for facts of no tenant
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "seq"], name="one_anchor_per_head")]

    def __str__(self) -> str:
        return f"{self.tenant_id} at {self.seq}"
