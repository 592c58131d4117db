"""Erasing a person from the library: memories with all that hangs on them, stray versions, sessions."""

from typing import Any
from uuid import UUID

import redis
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from events import ledger
from memory import holds, places, touched
from memory.errors import Unreadable
from memory.models import Memory, Passage, Question, Relation, Session, Step, Version
from memory.privacy.erasers import SLICE, Asked, Counts, Eraser, Job
from memory.tiers import cold, hot


def _memories_found(asked: Asked) -> Counts:
    rows = Memory.objects.filter(asked.subject.memories())
    ids = rows.order_by().values("pk")
    return {
        "memories": rows.count(),
        "versions": Version.objects.filter(Q(memory__in=ids) | asked.subject.memories()).count(),
        "passages": Passage.objects.filter(memory__in=ids).count(),
        "relations": Relation.objects.filter(Q(source__in=ids) | Q(target__in=ids)).count(),
        "cold_objects": rows.exclude(cold_key="").count(),
    }


def _erase_memories(job: Job) -> bool:
    """A slice of memories: hot copies first, then rows, then objects, whose names are kept until they are gone."""
    _purge(job)
    own = Memory.objects.filter(job.asked.subject.memories()).unheld().order_by("id")
    ids = list(own.values_list("pk", flat=True)[:SLICE])
    if not ids:
        if job.cursor.get("dirty"):  # from here on nobody can copy what is gone
            with transaction.atomic():
                job.note({}, dirty=False, until=timezone.now().isoformat())
        return False
    hot.bury(ids)
    with cold.all_alone(ids):
        _delete(job, ids)
        _purge(job)
    return True


@transaction.atomic
def _delete(job: Job, ids: list[UUID]) -> None:
    holds.steady()
    rows = Memory.objects.filter(job.asked.subject.memories(), pk__in=ids).unheld().order_by("id")
    gone = list(rows.select_for_update(of=("self",)).only("id"))
    chosen = [memory.pk for memory in gone]
    Step.objects.filter(memories__overlap=chosen).delete()  # a plan may have been laid down since these were erased
    places.unsettle_for_good(chosen)
    counts = Memory.objects.filter(pk__in=chosen).only("id").delete()[1]
    ledger.record_all("memory.erased", [(Memory(pk=pk), {}) for pk in chosen])
    told = {"memories": Memory, "versions": Version, "passages": Passage, "relations": Relation}
    waiting = [str(pk) for pk in chosen]
    job.note({name: counts.get(of._meta.label, 0) for name, of in told.items()}, waiting=waiting, dirty=True)


def _purge(job: Job) -> None:
    """The objects and the counters of memories whose rows went just now, or before a worker died. Raises Unreadable."""
    waiting = [UUID(pk) for pk in job.cursor.get("waiting", [])]
    if not waiting:
        return
    try:
        touched.forget(waiting)
    except redis.RedisError as error:
        raise Unreadable(f"counters cannot be taken away: {type(error).__name__}") from error
    count = sum(cold.purge(pk) for pk in waiting)
    with transaction.atomic():
        job.note({"cold_objects": count}, waiting=[])


def _erase_strays(job: Job) -> bool:
    """A slice of kept versions that name the subject, while their memory does not any more."""
    with transaction.atomic():
        own = Version.objects.filter(job.asked.subject.memories()).order_by("id").values_list("pk", flat=True)
        ids = list(own[:SLICE])
        count = Version.objects.filter(pk__in=ids).delete()[0]
        job.note({"versions": count})
    return bool(ids)


def _sessions(asked: Asked) -> Any:
    return Session.objects.filter(asked.subject.sessions())


def _erase_sessions(job: Job) -> bool:
    """A user's sessions go; an agent only leaves those of others."""
    with transaction.atomic():
        rows = _sessions(job.asked)
        if job.asked.subject.type == "agent":
            job.note({"sessions": rows.update(agent_id="", updated_at=timezone.now())})
        else:
            job.note({"sessions": rows.delete()[0]})
    return False


def _questions(asked: Asked) -> Any:
    """Those that are asked of somebody's memories, and those that say the name anywhere."""
    name = asked.subject.name
    said = Q(text__icontains=name) | Q(note__icontains=name) | Q(filtered__icontains=name)
    rows = Question.objects.annotate(filtered=Cast("filters", TextField()))
    return rows.filter(said | asked.subject.sessions())


def _erase_questions(job: Job) -> bool:
    """Such questions go; from others only the memories that are gone, which they expected."""
    with transaction.atomic():
        job.note({"questions": _questions(job.asked).delete()[0]})
        for row in Question.objects.exclude(expected=[]).select_for_update():
            there = set(Memory.objects.filter(pk__in=row.expected).values_list("pk", flat=True))
            if len(there) < len(row.expected):
                row.expected = [one for one in row.expected if one in there]
                row.save(update_fields=["expected"])
    return False


def _steps(asked: Asked) -> Any:
    """Of runs of upkeep: they hold what memories said, and what was made of them."""
    own = Memory.objects.filter(asked.subject.memories()).order_by().values("pk")
    return Step.objects.filter(memories__overlap=own)


def _erase_steps(job: Job) -> bool:
    with transaction.atomic():
        ids = list(_steps(job.asked).order_by("pk").values_list("pk", flat=True)[:SLICE])
        if ids:  # a note is progress, and nothing is none
            job.note({"steps": Step.objects.filter(pk__in=ids).delete()[0]})
    return bool(ids)


steps = Eraser((Step,), lambda asked: {"steps": _steps(asked).count()}, _erase_steps)
memories = Eraser((Memory, Passage, Relation), _memories_found, _erase_memories)
versions = Eraser((Version,), lambda asked: {}, _erase_strays)
sessions = Eraser((Session,), lambda asked: {"sessions": _sessions(asked).count()}, _erase_sessions)
questions = Eraser((Question,), lambda asked: {"questions": _questions(asked).count()}, _erase_questions)
