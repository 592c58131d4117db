"""Erasing a person from what upkeep found: undecided and decided reviews, reports and evaluations."""

import json
from typing import Any

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from memory.models import Evaluation, Memory, Report, Review, Step
from memory.privacy.erasers import Asked, Counts, Eraser, Job


def _reviews(asked: Asked) -> Any:
    """Those of their memories, which go with these."""
    own = Memory.objects.filter(asked.subject.memories()).order_by().values("pk")
    return Review.objects.filter(Q(first__in=own) | Q(second__in=own))


def _naming(asked: Asked) -> Any:
    """Decisions about others that keep the name for their undoing, in what memories mentioned before."""
    name = json.dumps(asked.subject.name, ensure_ascii=False)
    return Review.objects.annotate(kept=Cast("outcome", TextField())).filter(kept__icontains=name)


def _reviews_found(asked: Asked) -> Counts:
    return {"reviews": (_reviews(asked) | Review.objects.filter(pk__in=_naming(asked).values("pk"))).distinct().count()}


def _erase_reviews(job: Job) -> bool:
    """The decision stands, and cannot be taken back any more."""
    with transaction.atomic():
        gone = _reviews(job.asked).delete()[0]
        gone += Review.objects.filter(pk__in=_naming(job.asked).values("pk")).update(outcome={})
        if gone:  # a note is progress, and nothing is none
            job.note({"reviews": gone})
    return False


def _reports(asked: Asked) -> Any:
    """A user's own and those on everybody; of an agent or a name that is mentioned, any may tell a label."""
    if asked.subject.type == "user":
        return Report.objects.filter(user_id__in=[asked.subject.name, ""])
    return Report.objects.filter(created_at__lte=asked.until)


def _report_steps(asked: Asked) -> Any:
    """Of runs that made reports, which their steps hold until nothing can be undone any more."""
    rows = Step.objects.filter(effect="report")
    if asked.subject.type == "user":
        return rows.filter(change__told__user_id__in=[asked.subject.name, ""])
    return rows.filter(created_at__lte=asked.until)


def _reports_found(asked: Asked) -> Counts:
    return {"reports": _reports(asked).count() + _report_steps(asked).count()}


def _erase_reports(job: Job) -> bool:
    with transaction.atomic():
        if gone := _reports(job.asked).delete()[0] + _report_steps(job.asked).delete()[0]:
            job.note({"reports": gone})
    return False


def _evaluations(asked: Asked) -> Any:
    return (
        Evaluation.objects.filter(user_id=asked.subject.name)
        if asked.subject.type == "user"
        else Evaluation.objects.none()
    )


def _evaluation_steps(asked: Asked) -> Any:
    """Of everybody too, for they name questions and memories of the person."""
    return Step.objects.filter(effect="measure", created_at__lte=asked.until)


def _evaluations_found(asked: Asked) -> Counts:
    return {"evaluations": _evaluations(asked).count()}


def _erase_evaluations(job: Job) -> bool:
    """Those of the user go. Of the others the figures stay, and what they tell of each question goes."""
    with transaction.atomic():
        gone = _evaluations(job.asked).delete()[0]
        _evaluation_steps(job.asked).delete()
        for row in Evaluation.objects.filter(created_at__lte=job.asked.until).select_for_update().order_by("id"):
            row.told |= {"lines": [], "worse": []}
            row.save(update_fields=["told"])
        if gone:
            job.note({"evaluations": gone})
    return False


reviews = Eraser((Review,), _reviews_found, _erase_reviews)
reports = Eraser((Report,), _reports_found, _erase_reports)
evaluations = Eraser((Evaluation,), _evaluations_found, _erase_evaluations)
