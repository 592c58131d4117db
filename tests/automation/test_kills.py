"""Workers that are killed for good, by `kill -9`, at each step of a run: the effect comes once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from automation import runner, worker
from automation.models import TaskRun
from events.models import Event
from memory.models import Memory, Step
from memory.remember import remember_many
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.automation.conftest import Enter, hush

ROOT = Path(__file__).resolve().parents[2]
# A worker of its own process: it knows the tests' job, and dies where it is told to.
WORKER = """
import os, signal, sys
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {database!r}
django.setup()
from automation import registry, worker
from memory.upkeep import steps
from tests.automation.conftest import Options, hush
registry.JOBS["hush"] = registry.Job("hush", "Hush", "Hush.", hush, Options, lambda counts: {{}})
steps.SLICE = 3
left = {times}

def dying(function):
    def dies(*args, **kwargs):
        global left
        before, left = left, left - 1
        if {before} and before == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        done = function(*args, **kwargs)
        if before == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return dies

for place, name in (("worker", "claim"), ("steps", "lay"), ("worker", "_note"), ("steps", "take"), ("worker", "close")):
    module = {{"worker": worker, "steps": steps}}[place]
    if name == {where!r}:
        setattr(module, name, dying(getattr(module, name)))
worker.work(20)
"""


def work_and_die(where: str, times: int = 1, before: bool = False) -> int:
    script = WORKER.format(database=connection.settings_dict["NAME"], where=where, times=times, before=before)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "MEMHOUSE_ROLE": "worker"}
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, check=False, timeout=60).returncode


@pytest.fixture
def notes(committed: None, acme: Tenant, enter: Enter) -> TaskRun:
    enter("hush", hush)
    with tenant_context(acme):
        remember_many([Draft(f"Note {n}.", Scope(user_id="ada"), importance=0.1) for n in range(10)])
        run = runner.start("hush")
    assert run
    return run


def finish() -> None:
    """What a worker that lives does, within the seconds that a dead one's connection takes to end."""
    until = time.monotonic() + 20
    while TaskRun.objects.filter(state__in=TaskRun.OPEN).exists():
        assert time.monotonic() < until
        worker.work()
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("where", "times", "before"),
    [
        ("claim", 1, False), ("lay", 1, False), ("_note", 1, False), ("_note", 2, False),
        ("take", 1, False), ("take", 3, True), ("close", 1, True), ("close", 1, False),
    ],
)  # fmt: skip
def test_killed_at_a_step_a_run_goes_on_and_its_effect_comes_once(
    notes: TaskRun, acme: Tenant, where: str, times: int, before: bool
) -> None:
    assert work_and_die(where, times, before) == -9
    finish()
    notes.refresh_from_db()
    with tenant_context(acme):
        assert Memory.objects.filter(state="silent", version=2).count() == 10
        assert Step.objects.filter(run_id=notes.pk, state="applied").count() == 10
    assert (notes.state, notes.done, notes.total) == ("succeeded", 10, 10)
    assert Event.objects.filter(type="memory.silenced").count() == 10
    assert Event.objects.filter(type="run.succeeded").count() == 1


def test_a_run_that_kills_its_workers_is_dead_after_five_and_the_queue_goes_on(notes: TaskRun, acme: Tenant) -> None:
    with tenant_context(acme):
        other = runner.start("hush", dry_run=True, priority=3)
    for _ in range(5):
        assert work_and_die("lay", before=True) == -9
        _until_free(notes)
    finish()
    notes.refresh_from_db()
    assert (notes.state, notes.attempts, notes.done) == ("dead", 5, 0)
    assert other
    other.refresh_from_db()
    assert other.state == "succeeded"


def _until_free(run: TaskRun) -> None:
    """Until the server has noticed that the worker's connection is gone."""
    until = time.monotonic() + 10
    while not _is_free(run):
        assert time.monotonic() < until
        time.sleep(0.05)


def _is_free(run: TaskRun) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('run ' || %s, 0))", [str(run.pk)])
        (free,) = cursor.fetchone()
        if free:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('run ' || %s, 0))", [str(run.pk)])
    return free


def test_only_a_worker_that_hangs_keeps_a_run_for_its_lease(notes: TaskRun) -> None:
    hanging = worker.claim()
    assert hanging
    assert worker.claim() is None
