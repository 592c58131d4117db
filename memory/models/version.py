"""Versions: what a memory said before it was changed."""

from django.db import models
from uuid_utils.compat import uuid7

from memory.models.memory import Memory
from memory.models.said import Said, SaidQuerySet
from memory.models.within import Within


class VersionQuerySet(SaidQuerySet["Version"]):
    pass


VersionManager = Within.from_queryset(VersionQuerySet)


class Version(Said):
    """One earlier state of a memory, kept when it was replaced; the present one is the memory itself.

    It held from `since` (inclusive) to `until` (exclusive). `changed` names the fields that the next one changed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="versions")
    since = models.DateTimeField()
    until = models.DateTimeField()
    changed = models.JSONField(default=list)
    actor = models.CharField(max_length=100, blank=True)  # who made the change that ended it

    objects = VersionManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["memory", "version"], name="version_numbered")]

    def __str__(self) -> str:
        return f"{self.memory_id} v{self.version}"
