"""The tables of synchronisation, in the tenant's schema: services, their open sockets, messages and receipts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

NAME = 64  # characters of a service's id


class Service(models.Model):
    """A program that sends or hears messages, by the name that it gives itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service_id = models.CharField(max_length=NAME, unique=True)
    capabilities = ArrayField(models.CharField(max_length=64), default=list)  # kinds it wants of broadcasts; none: all
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)  # null: somebody wrote to it, and it never came

    def __str__(self) -> str:
        return self.service_id


class Line(models.Model):
    """An open socket of a service, for as long as its lease is renewed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="lines")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """What one service says to another one, or to all. It is never changed; its data ends with its time."""

    class Kind(models.TextChoices):
        MEMORY = "memory"
        LEARNING = "learning"
        MODEL = "model"
        CONFIGURATION = "configuration"
        CUSTOM = "custom"

    class Action(models.TextChoices):
        CREATE = "create"
        UPDATE = "update"
        DELETE = "delete"
        SYNC = "sync"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=13, choices=Kind)
    action = models.CharField(max_length=6, choices=Action)
    source = models.CharField(max_length=NAME)
    target = models.CharField(max_length=NAME, blank=True, default="")  # empty: a broadcast
    data = models.JSONField(default=dict)
    correlation_id = models.CharField(max_length=128, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # from then it is not delivered any more, and its data is gone

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="message_ends"),
            models.Index(fields=["source", "-id"], name="message_of_source"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.action} from {self.source}"


_STATES = {"waiting": True, "sent": True, "failed": True, "acknowledged": False, "dead": False, "expired": False}
_EITHER = Q()
for _state, _open in _STATES.items():  # told one by one: `IN` reads back from the catalogue as something else
    _EITHER |= Q(state=_state, settled_at__isnull=_open)


class Receipt(models.Model):
    """One message for one service: the row is the queue."""

    class State(models.TextChoices):
        WAITING = "waiting"  # from `next_at` on
        SENT = "sent"  # handed over; it comes again at `next_at` if nobody acknowledges it
        FAILED = "failed"  # the service said so; it comes again at `next_at`
        ACKNOWLEDGED = "acknowledged"
        DEAD = "dead"  # given up after the last attempt; it can be queued again
        EXPIRED = "expired"  # its message's time was over first

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="receipts")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    attempts = models.IntegerField(default=0)  # how often it was handed over
    next_at = models.DateTimeField()
    line = models.UUIDField(null=True)  # the socket that has it; null: none, or it was fetched over HTTP
    created_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # when it was acknowledged or given up; null: it is still owed
    error = models.CharField(max_length=500, blank=True, default="")  # what the service said of its last failure

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "service"], name="one_receipt_a_service"),
            models.CheckConstraint(condition=_EITHER, name="receipt_settled"),
        ]
        indexes = [
            models.Index(fields=["service", "next_at"], name="receipt_due", condition=Q(settled_at=None)),
            models.Index(fields=["service", "message"], name="receipt_queue", condition=Q(settled_at=None)),
            models.Index(fields=["line"], name="receipt_held", condition=Q(line__isnull=False)),
            models.Index(fields=["settled_at"], name="receipt_settled_at"),
            models.Index(fields=["created_at"], name="receipt_age"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} for {self.service_id}: {self.state}"
