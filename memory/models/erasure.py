"""Erasures: a person erased everywhere, as rows that are the job, the receipt and the tombstone."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7


class Erasure(models.Model):
    """One erasure. It refuses writes about its subject from its first moment on, see memory.privacy.gate.

    The subject's name stands here sealed until it is done, and as a keyed digest for ever.
    """

    class Type(models.TextChoices):
        USER = "user"
        AGENT = "agent"
        PERSON = "person"

    class State(models.TextChoices):
        REQUESTED = "requested"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=6, choices=Type)
    mark = models.CharField(max_length=64)  # HMAC-SHA256 of type and name: see memory.privacy.subjects
    sealed = models.BinaryField(default=bytes)  # the name; empty once it is done
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    block = models.BooleanField(default=False)  # what is written afterwards is refused too
    confirmed = models.IntegerField()  # how many memories whoever asked had been shown
    counts = models.JSONField(default=dict)  # per store, how much was erased so far
    cursor = models.JSONField(default=dict)  # ids whose objects wait for their end, and times: see memory.privacy.job
    receipt = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)  # why it waits or failed
    attempts = models.IntegerField(default=0)
    leased_until = models.DateTimeField(null=True)  # past: whoever ran it is gone, and another may go on
    actor = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True)  # null: every write about the subject is refused
    lifted_at = models.DateTimeField(null=True)  # from then on it refuses nothing

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mark"], condition=models.Q(erased_at=None, lifted_at=None), name="erasure_open_once"
            )
        ]
        indexes = [models.Index(fields=["mark"], condition=models.Q(lifted_at=None), name="erasure_refusing")]

    def __str__(self) -> str:
        return f"{self.type} {self.mark[:8]}"
