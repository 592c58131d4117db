"""Erasing a user from the housekeeper's tables: their policy and its timers go, their runs lose the name."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from automation import schedules
from automation.models import Crossing, Policy, TaskRun, Watch
from events import ledger
from memory.privacy.erasers import Asked, Counts, Eraser, Job

# Also from the lists of those whom a run leaves out.
LEAVE_OUT = """
UPDATE automation_taskrun SET input = jsonb_set(input, '{except_users}', (input->'except_users') - %s)
WHERE tenant_id = %s AND input->'except_users' @> to_jsonb(%s::text)
"""

# What a caller noted of a task may say anything.
UNLABEL = "UPDATE automation_taskrun SET input = input - 'metadata' WHERE tenant_id = %s AND user_id = %s"


def _named(asked: Asked) -> dict[str, QuerySet[Any]]:
    """Rows that name the subject; only a user is named here."""
    if asked.subject.type != "user":
        return {}
    mine, tenant = {"user_id": asked.subject.name}, _tenant_id()
    left_out = Q(input__except_users__contains=[asked.subject.name])
    return {
        "policies": Policy.objects.filter(tenant_id=tenant, **mine),
        "watches": Watch.objects.filter(tenant_id=tenant, **mine),
        "crossings": Crossing.objects.filter(policy__tenant_id=tenant, **mine),
        "runs": TaskRun.objects.filter(Q(**mine) | left_out, tenant_id=tenant),
    }


def _found(asked: Asked) -> Counts:
    return {name: rows.count() for name, rows in _named(asked).items()}


def _erase(job: Job) -> bool:
    rows = _named(job.asked)
    if rows:
        with transaction.atomic():
            job.note({name: erase(job.asked, rows[name]) for name, erase in ERASE.items()})
    return False


def _policies(asked: Asked, rows: QuerySet[Policy]) -> int:
    found = list(rows.select_for_update(no_key=True))
    for policy in found:
        schedules.drop(policy)
        ledger.record("policy.deleted", policy, namespace="", user_id=policy.user_id, version=policy.version)
        policy.delete()
    return len(found)


def _rows(asked: Asked, rows: QuerySet[Any]) -> int:
    return rows.delete()[0]


def _runs(asked: Asked, rows: QuerySet[TaskRun]) -> int:
    """A run that is not over ends: its next slice finds that it is not its own any more."""
    count = rows.count()
    mine = rows.filter(user_id=asked.subject.name)
    name, now = asked.subject.name, timezone.now()
    mine.filter(state__in=TaskRun.OPEN).update(state=TaskRun.State.CANCELLED, leased_until=None, finished_at=now)
    with connection.cursor() as cursor:
        cursor.execute(UNLABEL, [_tenant_id(), name])
        mine.update(user_id=asked.subject.marks()[0])
        cursor.execute(LEAVE_OUT, [name, _tenant_id(), name])
    return count


def _tenant_id() -> UUID:
    tenant_id = ledger.current_tenant_id()
    assert tenant_id is not None
    return tenant_id


ERASE = {"policies": _policies, "crossings": _rows, "watches": _rows, "runs": _runs}
rows = Eraser((), _found, _erase)
