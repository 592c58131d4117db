"""Sessions: conversations, as long as they last."""

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.said import storable
from memory.models.within import Within


class Session(models.Model):
    """A conversation of one user in one namespace. The first memory said in it opens it, if nobody did before."""

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    namespace = models.CharField(max_length=255, default="default")
    user_id = models.CharField(max_length=255, blank=True)
    session_id = models.CharField(max_length=255)  # the caller's own name for it, as memories carry it
    agent_id = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict, blank=True, validators=[storable])
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    ephemeral = models.BooleanField(default=False)  # its memories expire with it
    expires_at = models.DateTimeField(null=True, blank=True)
    last_position = models.IntegerField(default=0, editable=False)  # place of the latest memory said in it
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = Within["Session"]()

    memories: int  # live ones said in it; only `sessions.listed` counts them

    class Meta:
        constraints = [models.UniqueConstraint(fields=["namespace", "user_id", "session_id"], name="session_once")]
        indexes = [
            models.Index(fields=["user_id", "-id"], name="session_user"),
            models.Index(fields=["expires_at"], condition=models.Q(state="open"), name="session_expiring"),
        ]

    def __str__(self) -> str:
        return self.session_id
