"""`manage.py runs`."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from automation import worker
from automation.models import TaskRun
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft, Scope
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("hushing")


def runs(*words: Any) -> str:
    out = io.StringIO()
    call_command("runs", *words, stdout=out)
    return out.getvalue()


def fill(tenant: Tenant) -> None:
    with tenant_context(tenant):
        remember_many([Draft(f"note {i}", Scope(user_id="ada"), importance=0.1) for i in range(3)])


def test_a_run_is_started_worked_shown_and_undone(acme: Tenant) -> None:
    fill(acme)
    key = runs("start", "acme", "hush", "--user", "ada", "--options", '{"below": 0.5}', "--priority", "high").strip()
    run = TaskRun.objects.get(pk=key)
    assert (run.priority, run.started_by, run.input["options"]) == (7, "command:runs", {"below": 0.5})
    worker.work()
    line, _, result, *_ = runs("show", key).splitlines()
    assert "acme                 succeeded hush for ada: 3/3" in line
    assert json.loads(result.removeprefix("result"))["hushed"] == 3
    assert "pending   undo" in runs("undo", key)
    worker.work()
    with tenant_context(acme):
        assert Memory.objects.filter(state="active").count() == 3


def test_a_run_here_is_over_when_the_command_is(acme: Tenant) -> None:
    fill(acme)
    assert "succeeded hush (dry run) for everybody" in runs("start", "acme", "hush", "--dry-run", "--here")


def test_runs_are_listed_of_one_tenant_or_of_all(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        runs("start", tenant.slug, "hush")
    assert len(runs("list").splitlines()) == 2
    assert [line.split()[1] for line in runs("list", "--tenant", "acme").splitlines()] == ["acme"]
    assert runs("list", "--state", "failed") == ""


def test_a_run_that_waits_is_cancelled_once(acme: Tenant) -> None:
    key = runs("start", "acme", "hush").strip()
    assert "cancelled" in runs("cancel", key)
    with pytest.raises(CommandError, match="Not done"):
        runs("cancel", key)


@pytest.mark.parametrize(
    "words",
    [
        ("start", "nobody", "hush"),
        ("start", "acme", "dance"),
        ("start", "acme", "hush", "--options", "[]"),
        ("start", "acme", "hush", "--options", '{"below": 7}'),
        ("show", "01a1fde8-5100-7022-a062-ecc910f27bf2"),
    ],
)
def test_what_cannot_be_done_is_said(acme: Tenant, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        runs(*words)


def test_the_jobs_are_listed(acme: Tenant) -> None:
    assert "hush                 Silence what matters little." in runs("jobs")
