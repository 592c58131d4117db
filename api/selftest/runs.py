"""Self-tests as jobs: ask for one, claim it, run it, keep what it found; clear up after one that died."""

from datetime import timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from api.models import Selftest
from api.selftest import plan, sides
from events import actors, ledger, poke
from tenants import scratch

log = structlog.get_logger(__name__)
LEASE = timedelta(minutes=3)
WAITS = timedelta(hours=1)  # for a worker
KEPT = timedelta(days=90)
STEP = 10  # probes between two savings


class Taken(Exception):
    """Another one says what becomes of this run: its lease was over."""


def start() -> Selftest:
    """Ask for a run. While one is open it is that one."""
    reap()
    try:
        with transaction.atomic():
            run = Selftest.objects.create(actor=actors.current(), total=2 * len(plan.checks()))
            ledger.record("selftest.started", run)
            poke.after_commit("api.tasks.run_selftest")
    except IntegrityError:
        return Selftest.objects.filter(open=True).first() or start()
    return run


def pending() -> Selftest | None:
    """Run the one that waits; None when there is none."""
    now = timezone.now()
    waiting = Selftest.objects.filter(open=True, state=Selftest.State.PENDING)
    if not waiting.update(state=Selftest.State.RUNNING, leased_until=now + LEASE):
        return None
    run = Selftest.objects.get(open=True)
    try:
        _run(run)
    except Taken:
        log.warning("the self-test was taken for dead", selftest=str(run.pk))
    except Exception as error:
        log.exception("the self-test broke")
        _close(run, Selftest.State.BROKEN, f"{type(error).__name__}: {error}"[:500])
    run.refresh_from_db()
    return run


def _run(run: Selftest) -> None:
    with sides.two_sides() as two:
        for number, found in enumerate(plan.run(two), start=1):
            run.evidence.append(found)
            if number % STEP == 0:
                _advance(run)
    failed = any(not found["ok"] for found in run.evidence)
    _close(run, Selftest.State.FAILED if failed else Selftest.State.PASSED)


def _advance(run: Selftest, **changes: Any) -> None:
    """Save how far it is, and stay the one who runs it. Raises Taken."""
    found = {"done": len(run.evidence), "failed": sum(not found["ok"] for found in run.evidence)}
    changes = found | {"evidence": run.evidence, "leased_until": timezone.now() + LEASE} | changes
    ours = Selftest.objects.filter(pk=run.pk, state=Selftest.State.RUNNING, leased_until=run.leased_until)
    if not ours.update(**changes):
        raise Taken
    for name, value in changes.items():
        setattr(run, name, value)


@transaction.atomic
def _close(run: Selftest, state: str, reason: str = "") -> None:
    _advance(run, state=state, reason=reason, open=None, leased_until=None, finished_at=timezone.now())
    ledger.record("selftest.completed", run, state=str(state), probes=run.done, failed=run.failed)


def reap() -> None:
    """Close a run whose worker died, drop the scratch tenants of dead runs, forget runs of long ago."""
    now = timezone.now()
    dead = Q(state=Selftest.State.RUNNING, leased_until__lte=now) | Q(
        state=Selftest.State.PENDING, created_at__lte=now - WAITS
    )
    for run in Selftest.objects.filter(dead, open=True):
        _give_up(run)
    for tenant in scratch.left_over():
        sides.drop(tenant)
    Selftest.objects.filter(open=None, created_at__lte=now - KEPT).delete()


@transaction.atomic
def _give_up(run: Selftest) -> None:
    over = {"state": Selftest.State.BROKEN, "open": None, "leased_until": None, "finished_at": timezone.now()}
    same = Selftest.objects.filter(pk=run.pk, open=True, leased_until=run.leased_until)
    if same.update(reason="its worker died" if run.leased_until else "no worker came", **over):
        ledger.record("selftest.completed", run, state="broken", probes=run.done, failed=run.failed)
