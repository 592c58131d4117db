"""What happens to a run at work: claimed fairly over tenants, planned, applied slice by slice, closed.

A claim is a lease with a token, and a lock that ends with the worker's connection: one that is killed is followed at
once, one that hangs when its lease is over. Each slice moves the lease on in the transaction of its effects, so whoever
lost the run cannot commit. Attempts are counted before they begin: a run that kills its workers is dead after
MOST_ATTEMPTS.
"""

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import registry
from automation.errors import AutomationError
from automation.models import TaskRun
from events import actors, ledger, poke
from memory.errors import BadOption, LibraryError
from memory.models import Step
from memory.upkeep import plan, steps
from memory.upkeep.plan import Change, Reach
from tenants import bounds, lifecycle
from tenants.errors import DoorError
from tenants.tasks import check_schema

log = structlog.get_logger(__name__)
State = TaskRun.State
LEASE = timedelta(seconds=settings.RUN_LEASE_SECONDS)
BEAT = 5.0  # seconds between two heartbeats while a plan is made
TURN = 10.0  # seconds after which a run lets another one go before it
MOST_ATTEMPTS = 5
VECTORS_IN = timedelta(seconds=3)
PATIENCE = timedelta(minutes=5)  # with the embedder; then a job does with the vectors that are there
LONGEST_WAIT = 3600.0
KEPT = timedelta(days=90)
# The next run: by priority, then of the tenant that has the fewest at work, then of the one that waits longest. Two
# that write to the same memories do not run at once, and of one parent the next comes after the one before is over.
NEXT = """
WITH busy AS (
  SELECT tenant_id, count(*) FILTER (WHERE state = 'running' AND leased_until > %(now)s) n, max(started_at) last
  FROM automation_taskrun WHERE state = 'running' OR started_at > %(now)s - interval '1 hour' GROUP BY tenant_id)
SELECT r.id FROM automation_taskrun r
JOIN tenants_tenant t ON t.id = r.tenant_id AND t.state = 'active'
LEFT JOIN busy b ON b.tenant_id = r.tenant_id
WHERE ((r.state = 'pending' AND r.wait_until <= %(now)s) OR (r.state = 'running' AND r.leased_until IS NOT NULL
    AND (r.leased_until <= %(now)s OR NOT EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory'
      AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('run ' || r.id, 0)))))
  AND NOT EXISTS (SELECT 1 FROM automation_taskrun s
    WHERE s.parent_id = r.parent_id AND s.id < r.id AND s.state IN ('pending', 'running'))
  AND (r.dry_run OR NOT EXISTS (SELECT 1 FROM automation_taskrun o
    WHERE o.tenant_id = r.tenant_id AND o.id <> r.id AND o.state = 'running' AND o.leased_until > %(now)s
      AND NOT o.dry_run AND (o.user_id = '' OR r.user_id = '' OR o.user_id = r.user_id)
      AND (o.namespace = '' OR r.namespace = '' OR o.namespace = r.namespace)))
ORDER BY r.priority DESC, coalesce(b.n, 0), b.last NULLS FIRST, r.id LIMIT 1
"""


class Taken(Exception):
    """Another worker has the run, or its tenant was closed."""


class CancelAsked(Exception):
    pass


def work(seconds: float = 500) -> int:
    """Claim and run what waits, for about so long; how many turns there were."""
    until, turns = time.monotonic() + seconds, 0
    while time.monotonic() < until and (run := claim()):
        turns += 1
        with tenant_context(run.tenant):
            check_schema(run.tenant)
            execute(run, turn=TURN)
        unlock(run)
    return turns


@transaction.atomic
def claim() -> TaskRun | None:
    """The next run, leased to whoever calls. One whose workers died again and again is dead."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('runs', 0))")  # claims take turns
        # Whoever cancels it holds the row: it is passed by, and looked at again when it has changed since.
        cursor.execute(NEXT + "FOR NO KEY UPDATE OF r SKIP LOCKED", {"now": now})
        found = cursor.fetchone()
    if found is None:
        return None
    run = TaskRun.objects.select_related("tenant").get(pk=found[0])
    if run.state == State.RUNNING and run.attempts >= MOST_ATTEMPTS:
        close(run, State.DEAD, error=run.error or "its workers died of it")
        return claim()
    run.attempts, run.token = run.attempts + 1, run.token + 1
    run.state, run.heartbeat_at, run.leased_until = State.RUNNING, now, now + LEASE
    run.started_at = run.started_at or now
    run.save(update_fields=["attempts", "token", "state", "heartbeat_at", "leased_until", "started_at"])
    lock(run)
    ledger.record("run.started", run, tenant_id=run.tenant_id, job=run.job, attempt=run.attempts)
    return run


def lock(run: TaskRun) -> None:
    """Show that this process is at it, as long as its connection lives. A hanging predecessor may still hold it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('run ' || %s, 0))", [str(run.pk)])


def unlock(run: TaskRun) -> None:
    if connection.needs_rollback or not connection.is_usable():
        return  # it goes with the connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended('run ' || %s, 0))", [str(run.pk)])


def _acting(run: TaskRun) -> AbstractContextManager[None]:
    """In the name of who asked for it; where that is who acts already, also with key, person and request."""
    now = actors.acting()
    if now.actor == run.started_by:
        return actors.going_on(replace(now, since=now.since or run.created_at))
    return actors.acting_as(run.started_by, run.created_at)


def execute(run: TaskRun, *, turn: float | None = None, tries: int = MOST_ATTEMPTS) -> None:
    """Run a claimed run to its end, or until its turn is over and others wait."""
    try:
        with _acting(run), bounds.bound_to(tuple(run.input.get("bounds", ()))):
            _run(run, turn)
    except Taken:
        log.info("the run was taken over, or its tenant was closed", run=str(run.pk))
    except CancelAsked:
        close(run, State.CANCELLED)
    except (AutomationError, BadOption) as error:  # it will never go better
        close(run, State.FAILED, error=str(error))
    except Exception as error:
        log.warning("the run stopped", run=str(run.pk), job=run.job, exc_info=not isinstance(error, LibraryError))
        _put_back(run, error, tries)


def _run(run: TaskRun, turn: float | None) -> None:
    if run.cancel_asked:
        raise CancelAsked
    if turn is not None and _wants_vectors(run):
        _release(run, wait_until=timezone.now() + VECTORS_IN, attempts=0)
        return
    if not run.planned and _plan(run):
        return
    step = steps.undo if run.undoes_id else steps.take
    until = None if turn is None else time.monotonic() + turn
    while step(run.undoes_id or run.pk, lambda done: _note(run, done)):
        if until and time.monotonic() > until and _others_wait():
            _give_way(run)
            return
    _finish(run)


def _wants_vectors(run: TaskRun) -> bool:
    """Whether its job would miss what was written just now: thresholds are crossed before memories are embedded."""
    job = registry.JOBS.get(run.job)
    if run.planned or not job or not job.reads_vectors or timezone.now() - run.created_at > PATIENCE:
        return False
    return reach_of(run).rows().live().filter(embedding=None).exists()


def _plan(run: TaskRun) -> bool:
    """Lay the steps of a run down; of a dry run only what they come to. Whether it is over with that."""
    job = registry.find(run.job)
    now = datetime.fromisoformat(run.input["now"]) if "now" in run.input else timezone.now()
    options = registry.read_options(job, run.input.get("options", {}))
    changes = list(_beating(run, job.plan(reach_of(run), options, now)))
    forecast = plan.forecast(changes)
    told = {"planned": forecast.counts, **job.brief(changes)}
    if run.dry_run:
        told |= {"histogram": forecast.histogram, "samples": forecast.samples, "total": forecast.total}
        advance(run, result=told)
        _finish(run)
        return True
    with transaction.atomic():
        total = steps.lay(run.pk, changes)
        advance(run, planned=True, total=total, done=0, result=told)
    return False


def reach_of(run: TaskRun) -> Reach:
    left_out = {name: tuple(run.input.get(name, ())) for name in ("except_users", "except_namespaces")}
    return Reach(run.namespace, run.user_id, **left_out)


def _beating(run: TaskRun, changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, with a heartbeat between two of them when the last one is a while ago."""
    beaten = time.monotonic()
    for change in changes:
        yield change
        if time.monotonic() - beaten > BEAT:
            advance(run)
            beaten = time.monotonic()


def _note(run: TaskRun, done: Sequence[Step]) -> None:
    """What a run keeps of a slice, in its transaction."""
    advance(run, done=run.done + len(done), total=max(run.total, run.done + len(done)))


def advance(run: TaskRun, **changes: Any) -> None:
    """Move a run on, and its lease, if it is still ours. What moved on begins its attempts anew.

    Raises Taken, CancelAsked.
    """
    now = timezone.now()
    if not lifecycle.is_open(run.tenant_id):
        raise Taken
    moved = {"attempts": 0, "error": ""} if changes else {}
    changes = moved | {"heartbeat_at": now, "leased_until": now + LEASE} | changes
    ours = TaskRun.objects.filter(pk=run.pk, token=run.token, state=State.RUNNING)
    if not ours.filter(cancel_asked=False).update(**changes):
        raise CancelAsked if ours.exists() else Taken
    for name, value in changes.items():
        setattr(run, name, value)


def _finish(run: TaskRun) -> None:
    if run.undoes_id:
        _finish_undoing(run)
        return
    job = registry.find(run.job)
    planned = Counter(run.result.get("planned", {}))
    told = planned if run.dry_run else planned - _laid(run) + Counter(steps.counts(run.pk))
    counts = {name: told.get(name, 0) for name in planned}
    skipped = 0 if run.dry_run else run.total - sum(steps.counts(run.pk).values())
    result = run.result | {"counts": counts, "skipped": skipped, **job.tell(Counter(counts))}
    result.pop("planned", None)
    close(run, State.SUCCEEDED, result=result)


def _laid(run: TaskRun) -> Counter[str]:
    return Counter(Step.objects.filter(run_id=run.pk).values_list("action", flat=True))


@transaction.atomic
def _finish_undoing(run: TaskRun) -> None:
    assert run.undoes
    states = Counter(Step.objects.filter(run_id=run.undoes.pk).values_list("state", flat=True))
    counts = {name: states.get(name, 0) for name in ("undone", "kept")}
    TaskRun.objects.filter(pk=run.undoes.pk).update(undone_at=timezone.now())
    ledger.record("run.undone", run.undoes, tenant_id=run.tenant_id, job=run.undoes.job, counts=counts)
    close(run, State.SUCCEEDED, result={"counts": counts})


@transaction.atomic
def close(run: TaskRun, state: str, *, error: str = "", result: dict[str, Any] | None = None) -> None:
    """Say how a run ended, if it is still ours. Raises Taken."""
    changes: dict[str, Any] = {"state": state, "finished_at": timezone.now(), "leased_until": None}
    changes |= {"error": error[:500]} | ({} if result is None else {"result": result})
    ours = TaskRun.objects.filter(pk=run.pk, token=run.token, state__in=TaskRun.OPEN)
    if not ours.update(**changes):
        raise Taken
    for name, value in changes.items():
        setattr(run, name, value)
    counts = {"dry_run": run.dry_run, "counts": run.result.get("counts", {})} if state == State.SUCCEEDED else {}
    ledger.record(f"run.{state}", run, tenant_id=run.tenant_id, job=run.job, **counts)
    if run.parent_id:
        close_parent(run.parent_id)


def close_parent(parent_id: UUID) -> None:
    """Close a run of several jobs when the last of them is over."""
    parent = TaskRun.objects.select_for_update(of=("self",)).get(pk=parent_id)
    states = Counter(parent.children.values_list("state", flat=True))
    done = sum(count for state, count in states.items() if state not in TaskRun.OPEN)
    TaskRun.objects.filter(pk=parent.pk).update(done=done)
    if parent.state not in TaskRun.OPEN or done < states.total():
        return
    if parent.undoes_id:
        TaskRun.objects.filter(pk=parent.undoes_id).update(undone_at=timezone.now())
    worst = next((state for state in (State.DEAD, State.FAILED, State.CANCELLED) if states[state]), State.SUCCEEDED)
    close(parent, worst, result={"counts": dict(states)})


def _put_back(run: TaskRun, error: Exception, tries: int) -> None:
    """Let it be tried again later, or give it up. Only errors of ours are told: others may quote content."""
    said = str(error) if isinstance(error, LibraryError | DoorError) else type(error).__name__
    if run.attempts >= tries:
        close(run, State.FAILED, error=said)
        return
    wait = min(10.0 * 2 ** (run.attempts - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311  a spread
    again = timezone.now() + timedelta(seconds=wait)
    _release(run, wait_until=again, error=said[:500])


def _give_way(run: TaskRun) -> None:
    _release(run, wait_until=timezone.now(), attempts=0)
    poke.after_commit("automation.tasks.work")


def _release(run: TaskRun, **changes: Any) -> None:
    ours = TaskRun.objects.filter(pk=run.pk, token=run.token, state=State.RUNNING)
    ours.update(state=State.PENDING, leased_until=None, **changes)


def _others_wait() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"now": timezone.now()})
        return cursor.fetchone() is not None


def sweep() -> int:
    """Forget runs of long ago; how many."""
    return TaskRun.objects.filter(finished_at__lte=timezone.now() - KEPT).delete()[0]
