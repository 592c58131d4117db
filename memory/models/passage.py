"""Passages: what of a long memory its own vector cannot hold."""

from collections.abc import Sequence

from django.db import models
from django.db.models import Q
from pgvector.django import HalfVectorField

from memory.models.memory import Memory
from memory.models.within import Within


class OfMemory(Within["Passage"]):
    def lies_in(self, names: Sequence[str]) -> Q:
        return Q(memory__namespace__in=names)


class Passage(models.Model):
    """A stretch of a long memory's content, with a vector of its own. The first stretch is the memory's own vector."""

    memory = models.ForeignKey(Memory, on_delete=models.CASCADE, related_name="stretches")
    number = models.IntegerField()  # 1 for the second stretch of the text
    start = models.IntegerField()  # in characters
    end = models.IntegerField()
    embedding = HalfVectorField()
    embedding_model = models.CharField(max_length=100)
    shadow = HalfVectorField(null=True)
    shadow_model = models.CharField(max_length=100, blank=True)

    objects = OfMemory()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["memory", "number"], name="passage_numbered")]

    def __str__(self) -> str:
        return f"{self.memory_id} passage {self.number}"
