"""Erasing a person from what was ordered about them: retention rules, and holds that were released."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from memory.models import Hold, Rule
from memory.privacy.erasers import Asked, Counts, Eraser, Job
from memory.privacy.subjects import OWNED_BY


def _holds(asked: Asked) -> Any:
    """One that stands keeps the person from being erased at all, see memory.holds."""
    of = OWNED_BY.get(asked.subject.type)
    named = Q(**{of: asked.subject.name}) if of else Q(pk__in=[])
    return Hold.objects.filter(named, released_at__isnull=False)


def _rules(asked: Asked) -> Any:
    named = asked.subject.type == "user"
    return Rule.objects.filter(user_id=asked.subject.name) if named else Rule.objects.none()


def _found(asked: Asked) -> Counts:
    return {"holds": _holds(asked).count(), "rules": _rules(asked).count()}


def _erase(job: Job) -> bool:
    with transaction.atomic():
        job.note({"holds": _holds(job.asked).delete()[0], "rules": _rules(job.asked).delete()[0]})
    return False


orders = Eraser((Hold, Rule), _found, _erase)
