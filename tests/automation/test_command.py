"""`manage.py policies`: what operators do at a terminal."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from automation import policies
from automation.models import Policy, TaskRun
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("hushing")
NIGHTLY = {"jobs": {"hush": {"schedule": {"cron_expression": "0 3 * * *"}}}}


def said(*told: str, **more: Any) -> str:
    out = io.StringIO()
    call_command("policies", *told, stdout=out, stderr=out, **more)
    return out.getvalue()


@pytest.fixture
def policy(acme: Tenant, globex: Tenant) -> Policy:
    with tenant_context(globex):
        policies.create({})
    with tenant_context(acme):
        return policies.create(NIGHTLY | {"name": "Night", "ends_at": None}, user_id="ada")


def test_policies_are_listed_and_shown(policy: Policy) -> None:
    assert said("list", "--tenant", "acme") == f"{policy.pk} acme user ada threshold on hush Night\n"
    assert len(said("list").splitlines()) == 2
    shown = said("show", str(policy.pk))
    assert "hush: At 03:00 every day, UTC; next 20" in shown
    for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(CommandError):
            said("show", wrong)


def test_a_policys_jobs_are_left_to_a_worker(policy: Policy) -> None:
    assert "hush pending" in said("run", str(policy.pk), "--dry-run")
    run = TaskRun.objects.get()
    assert (run.dry_run, run.started_by, run.user_id) == (True, "command:policies", "ada")
    with pytest.raises(CommandError):
        said("run", str(policy.pk), "--job", "nap")


def test_what_is_exported_is_imported_elsewhere(policy: Policy, globex: Tenant, tmp_path: Path) -> None:
    Policy.objects.filter(pk=policy.pk).update(starts_at="2027-01-01T00:00:00Z")
    file = tmp_path / "policies.json"
    file.write_text(said("export", "--tenant", "acme"))
    assert "made" in said("import", str(file), "--tenant", "globex")
    assert "changed" in said("import", str(file), "--tenant", "globex")
    assert json.loads(said("export", "--tenant", "globex"))[1:] == json.loads(file.read_text())


def test_of_an_import_what_is_wrong_is_told_and_the_rest_is_taken(policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "policies.json"
    items = [{"user_id": "ben"}, {"user_id": "cleo", "jobs": {"nap": {}}}, 3, {"user_id": 3}, {"starts_at": "x"}]
    file.write_text(json.dumps(items))
    out = io.StringIO()
    with pytest.raises(CommandError, match="4 of them"):
        call_command("policies", "import", str(file), "--tenant", "acme", stdout=out, stderr=out)
    assert "/1/jobs/nap is not a job" in out.getvalue()
    assert "/4/starts_at" in out.getvalue()
    assert Policy.objects.filter(user_id="ben").exists()
    for broken in ("{", "{}"):
        file.write_text(broken)
        with pytest.raises(CommandError):
            said("import", str(file), "--tenant", "acme")
