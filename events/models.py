"""The diary's tables, in `public`: thin rows of ids, types and counts, never content."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.json import KeyTransform
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
            models.Index(fields=["tenant_id", "type", "seq"], name="event_of_type"),
            models.Index("tenant_id", KeyTransform("user_id", "data"), "seq", name="event_of_user"),
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


class Webhook(models.Model):
    """An address that is told of a tenant's facts. Changed by events.webhooks.endpoints alone."""

    class State(models.TextChoices):
        ACTIVE = "active"
        PAUSED = "paused"  # by somebody: deliveries wait
        DISABLED = "disabled"  # by us, and `reason` says why: nothing is delivered until somebody enables it

    class Reason(models.TextChoices):
        NONE = ""
        GONE = "gone"  # it answered 410
        FAILING = "failing"  # nothing arrived for days

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField()
    url = models.CharField(max_length=2048)
    description = models.CharField(max_length=200, blank=True, default="")
    types = ArrayField(models.CharField(max_length=64), default=list, blank=True)  # see events.wanted; empty: all
    namespaces = ArrayField(models.CharField(max_length=255), default=list, blank=True)  # empty: all
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    reason = models.CharField(max_length=8, choices=Reason, default=Reason.NONE, blank=True)
    failures = models.IntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)  # when the first of them began
    rests_until = models.DateTimeField(null=True)  # nothing is sent before: it asked for that, or its circuit is open
    last_delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "-id"], name="webhook_of_tenant")]

    def __str__(self) -> str:
        return self.url


class WebhookSecret(models.Model):
    """What a webhook's deliveries are signed with; while one is rolled, several of them."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()  # see events.sealing
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # null: the one of now

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook"], name="one_secret_of_now", condition=models.Q(ends_at=None))
        ]

    def __str__(self) -> str:
        return f"secret of {self.webhook_id}"


class Delivery(models.Model):
    """One fact for one webhook: the row is the job. Its body is made of the fact each time that it is sent."""

    class State(models.TextChoices):
        PENDING = "pending"  # until `next_at`
        SENDING = "sending"  # while its lease lasts
        DELIVERED = "delivered"
        DEAD = "dead"  # given up after the last attempt; it can be replayed
        CANCELLED = "cancelled"  # the person whom it spoke of was erased

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField()
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    # Facts go only with their tenant, whose deliveries go too: nothing to cascade over a ledger of millions.
    event = models.ForeignKey(Event, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    seq = models.BigIntegerField()  # of the event
    type = models.CharField(max_length=64)  # of the event
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    attempts = models.IntegerField(default=0)  # since it was made or replayed; counted before each is begun
    replays = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    lease = models.UUIDField(null=True)  # of who sends it now
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_a_fact")]
        indexes = [
            models.Index(
                fields=["webhook", "next_at", "seq"], name="delivery_due", condition=models.Q(state="pending")
            ),
            models.Index(fields=["lease_until"], name="delivery_leased", condition=models.Q(state="sending")),
            models.Index(fields=["webhook", "state", "-seq"], name="delivery_of_webhook"),
            models.Index(fields=["webhook", "-seq"], name="delivery_in_order"),
            models.Index(fields=["event"], name="delivery_of_event"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.seq} {self.state}"


class Attempt(models.Model):
    """One try of a delivery, and what came back."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="+", db_index=False)  # of the delivery
    at = models.DateTimeField()
    took_ms = models.IntegerField()
    status = models.IntegerField(null=True)  # of HTTP; null: no answer came
    error = models.CharField(max_length=200, blank=True, default="")
    response = models.CharField(max_length=1024, blank=True, default="")  # the beginning of what was answered

    class Meta:
        indexes = [models.Index(fields=["webhook", "-at"], name="attempt_of_webhook")]

    def __str__(self) -> str:
        return f"{self.status or self.error}"
