"""Transfers: exports and imports as rows, so that one sees them move and a killed one goes on."""

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.within import Within


class OfActor(Within["Transfer"]):
    """Of one whose actor was bound to no more; of one who was bound to nothing it may hold anything."""

    def lies_in(self, names: Sequence[str]) -> Q:
        return Q(namespaces__contained_by=list(names), namespaces__len__gt=0)


class Transfer(models.Model):
    """One export or import. The row is the job: a worker claims it, counts in it, and closes it."""

    class Direction(models.TextChoices):
        EXPORT = "export"
        IMPORT = "import"

    class Format(models.TextChoices):
        JSONL = "jsonl"
        CSV = "csv"

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    direction = models.CharField(max_length=6, choices=Direction)
    format = models.CharField(max_length=5, choices=Format, default=Format.JSONL)
    state = models.CharField(max_length=9, choices=State, default=State.PENDING)
    filters = models.JSONField(default=dict, blank=True)  # of an export
    dry_run = models.BooleanField(default=False)  # of an import
    total = models.BigIntegerField(null=True)  # rows; null while nobody has counted them
    done = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)  # of an import: how many were created, merged, updated, failed
    errors = models.JSONField(default=list)  # of an import: the first rows that failed, with their reason
    parts = models.JSONField(default=list)  # names of its file's parts in the storage, in order
    cursor = models.JSONField(default=dict)  # where the next batch begins
    checksum = models.CharField(max_length=64, blank=True)  # SHA-256 of the file as read or downloaded
    reason = models.CharField(max_length=500, blank=True)  # why it failed
    attempts = models.IntegerField(default=0)
    leased_until = models.DateTimeField(null=True)  # past: whoever ran it is gone, and another may go on
    actor = models.CharField(max_length=100, blank=True)
    namespaces = ArrayField(models.CharField(max_length=255), default=list)  # to which its actor is bound
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = OfActor()

    def __str__(self) -> str:
        return f"{self.direction} {str(self.id)[:8]}"
