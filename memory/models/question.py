"""Saved questions: what a tenant wants to go on finding, so that one sees what a rule would lose before it runs."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from memory.models.within import Within
from memory.types import Query, Scope


class Question(models.Model):
    """A question as it is asked of recall, and the memories that should be among its answers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    text = models.TextField()
    namespace = models.CharField(max_length=255, blank=True)
    user_id = models.CharField(max_length=255, blank=True)
    agent_id = models.CharField(max_length=255, blank=True)
    session_id = models.CharField(max_length=255, blank=True)
    filters = models.JSONField(default=dict, blank=True)  # the filter language
    limit = models.IntegerField(default=10)  # how many answers count
    expected = ArrayField(models.UUIDField(), default=list, blank=True)  # memories that should be among them
    kind = models.CharField(
        max_length=40, blank=True, db_default=""
    )  # any word that figures are told by: temporal, multi-hop
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = Within["Question"]()

    def __str__(self) -> str:
        return f"question {str(self.id)[:8]}"

    def query(self) -> Query:
        scope = Scope(self.namespace, self.user_id, self.agent_id, self.session_id)
        return Query(text=self.text, scope=scope, limit=self.limit, filters=self.filters)
