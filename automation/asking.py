"""Asking for a run, as API, console and command line do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from automation import policies, registry, runner
from automation.models import TaskRun
from memory.errors import OutsideNamespaces
from memory.upkeep.plan import Reach
from tenants import bounds

ALL = "run_all"  # what is asked for to get one run of each job that the policies switch on
LANES = {"low": 3, "normal": 5, "high": 7, "critical": 9}
NORMAL = "normal"


def within(reach: Reach) -> Reach:
    """The reach, if who acts may reach there; without a namespace a run stays in those of who asked for it.

    Raises OutsideNamespaces.
    """
    bound = bounds.current()
    if bound and reach.namespace and reach.namespace not in bound:
        raise OutsideNamespaces(reach.namespace)
    return reach


def start(
    job: str,
    reach: Reach,
    options: Mapping[str, Any] | None = None,
    *,
    dry_run: bool = False,
    priority: str = NORMAL,
    now: datetime | None = None,
) -> TaskRun:
    """A run for a worker; of ALL the parent of one a job. Raises UnknownJob, BadOption and OutsideNamespaces."""
    if job == ALL:
        return start_all(switched_on(reach), reach, dry_run=dry_run, priority=priority)
    run = runner.start(job, within(reach), options, dry_run=dry_run, priority=LANES[priority], now=now)
    assert run is not None  # without a slot nobody can have been faster
    return run


def at_once(job: str, reach: Reach, options: Mapping[str, Any] | None = None, *, dry_run: bool = False) -> TaskRun:
    """A run in this process, to its end; one that fails is not tried again by a worker. Raises as `start`."""
    run = runner.run_now(job, within(reach), options, dry_run=dry_run)
    assert run is not None  # without a slot nobody can have been faster
    return run


@transaction.atomic
def start_all(
    asked: list[tuple[str, Mapping[str, Any]]], reach: Reach, *, dry_run: bool = False, priority: str = NORMAL
) -> TaskRun:
    """One run a job, with its options; see `start`."""
    parent = runner.start_all(asked, within(reach), dry_run=dry_run)
    if priority != NORMAL:
        TaskRun.objects.filter(Q(pk=parent.pk) | Q(parent=parent)).update(priority=LANES[priority])
        parent.priority = LANES[priority]
    return parent


def switched_on(reach: Reach) -> list[tuple[str, Mapping[str, Any]]]:
    """The jobs that the nearest policies have on for whom it is, with their options, in the catalogue's order."""
    decided = policies.effective(reach.namespace, reach.user_id)
    return [(name, decided[name].options) for name in registry.JOBS if name in decided and decided[name].enabled]
