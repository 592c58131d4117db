"""Steps: what a run of upkeep shall do, laid down before it is done, and how to undo it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Step(models.Model):
    """One Change of a run, see memory.upkeep.plan. It holds content, so it is here and not beside its run."""

    class State(models.TextChoices):
        PLANNED = "planned"
        APPLIED = "applied"
        SKIPPED = "skipped"  # what it is about had moved on, was pinned or is held
        UNDONE = "undone"
        KEPT = "kept"  # its undoing was asked for, and what it is about had moved on since

    run_id = models.UUIDField()
    number = models.IntegerField()  # from 1, in the order of the plan
    state = models.CharField(max_length=7, choices=State, default=State.PLANNED)
    action = models.CharField(max_length=32)
    effect = models.CharField(max_length=7)
    subject = models.UUIDField(null=True)
    memories = ArrayField(models.UUIDField(), default=list)  # all that it names: an erased one takes its steps along
    change = models.JSONField()  # touches, draft, links, told
    score = models.FloatField(null=True)
    parts = models.JSONField(default=dict)
    why = models.CharField(max_length=255, blank=True)
    outcome = models.JSONField(default=dict)  # what was there before, and what was made: all that undoing needs
    created_at = models.DateTimeField(default=timezone.now)  # it goes when nothing can be undone any more

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run_id", "number"], name="step_numbered")]
        indexes = [models.Index(fields=["subject"], name="step_subject")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.number}"
