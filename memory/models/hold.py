"""Holds: memories that nothing takes away, for a reason that somebody gave."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.within import Within

NAMED = ("namespace", "user_id", "agent_id", "session_id")


class Hold(models.Model):
    """A legal hold on all memories that match every part that is given; on those, too, that come later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    reason = models.CharField(max_length=500, blank=True)
    namespace = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    agent_id = models.CharField(max_length=255, blank=True)
    session_id = models.CharField(max_length=255, blank=True)
    memory_id = models.UUIDField(null=True)  # no foreign key: whether it is there is asked when it is placed
    placed_by = models.CharField(max_length=100)
    placed_at = models.DateTimeField(default=timezone.now)
    released_by = models.CharField(max_length=100, blank=True)
    released_at = models.DateTimeField(null=True)  # null: it holds

    objects = Within["Hold"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(namespace="", user_id="", agent_id="", session_id="", memory_id=None),
                name="hold_names_something",
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(released_at=None), name="hold_standing")]

    def __str__(self) -> str:
        # Never its name or reason: Django writes this text into its admin log, which stands in `public`.
        return f"hold {str(self.id)[:8]}"


def held() -> Exists:
    """Of a memory: whether a hold stands on it, whoever placed it and wherever who asks is bound to."""
    rows = Hold._base_manager.filter(Q(memory_id=None) | Q(memory_id=OuterRef("pk")), released_at=None)
    for name in NAMED:
        rows = rows.filter(Q(**{name: ""}) | Q(**{name: OuterRef(name)}))
    return Exists(rows)
