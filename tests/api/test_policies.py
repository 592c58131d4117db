"""Policies, the schedule and pauses over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from automation import watching
from automation.models import Policy, TaskRun, Watch
from events.models import Event
from memory.models import Memory
from tenants import keys
from tenants.models import Tenant
from tests.automation.conftest import enter, hushing  # noqa: F401  fixtures
from tests.conftest import Caller, costs

pytestmark = pytest.mark.usefixtures("hushing")
NIGHTLY = {"jobs": {"hush": {"schedule": {"cron_expression": "0 3 * * *"}, "options": {"below": 0.2}}}}
Call = Callable[..., Caller]


def made(caller: Caller, **said: Any) -> dict[str, Any]:
    status, told = caller.post("policies", said)
    assert status == 201, told
    return told


def test_a_policy_is_made_read_changed_and_deleted(ada: Caller) -> None:
    told = made(ada, **NIGHTLY, user_id="ada", name="Night", starts_at="2027-01-01T00:00:00Z")
    path = f"policies/{told['id']}"
    assert told["jobs"]["hush"] == {
        "enabled": True, "threshold": None, "options": {"below": 0.2},
        "schedule": {"enabled": True, "cron_expression": "0 3 * * *", "interval_hours": None, "run_immediately": False},
    }  # fmt: skip
    assert told["next_runs"] == [{"job": "hush", "at": "2027-01-01T03:00:00Z", "says": "At 03:00 every day"}]
    assert ada.get(path) == (200, told)
    status, changed = ada.patch(path, {"enabled": False})
    assert (status, changed["version"], changed["enabled"], changed["next_runs"]) == (200, 2, False, [])
    status, replaced = ada.call("PUT", path, {"type": "manual"})
    assert (replaced["type"], replaced["name"], replaced["enabled"], replaced["jobs"]) == ("manual", "", True, {})
    status, versions = ada.get(f"{path}/versions?limit=2")
    assert [each["version"] for each in versions["data"]] == [3, 2]
    assert ada.get(f"{path}/versions?cursor={versions['next_cursor']}")[1]["data"][0]["told"]["name"] == "Night"
    assert ada.post(f"{path}/restore", {"version": 1})[1]["jobs"] == told["jobs"]
    assert ada.post(f"{path}/restore", {"version": 9})[0] == 404
    assert ada.delete(path) == (204, None)
    assert ada.get(path)[0] == 404


def test_a_version_that_moved_on_is_not_overwritten(ada: Caller) -> None:
    path = f"policies/{made(ada)['id']}"
    assert ada.raw("GET", path)["ETag"] == '"1"'
    ada.patch(path, {"name": "x"})
    for method, body in (("PATCH", {"name": "y"}), ("PUT", {}), ("DELETE", None)):
        assert ada.call(method, path, body, If_Match='"1"')[0] == 412
    assert ada.call("DELETE", path, If_Match='"2"')[0] == 204


def test_one_scope_has_one_policy(ada: Caller) -> None:
    made(ada, user_id="ada")
    status, told = ada.post("policies", {"user_id": "ada"})
    assert (status, told["code"]) == (409, "policy_there")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({"jobs": {"nap": {}}}, "/jobs/nap"), ({"jobs": [1]}, "/jobs"), ({"jobs": None}, "/jobs"),
     ({"jobs": {"hush": {"schedule": {"cron_expression": "x"}}}}, "/jobs/hush/schedule/cron_expression"),
     ({"type": "x"}, "/type"), ({"time_zone": "x"}, "/time_zone"), ({"starts_at": "9998-01-01T00:00:00Z"}, "/starts_at"),
     ({"scope": 1}, "/scope"), ({"user_id": "a", "namespace": "b"}, "/user_id"), ({"extras": []}, "/extras")],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(ada: Caller, said: dict[str, Any], pointer: str) -> None:
    status, told = ada.post("policies", said)
    assert (status, told["errors"][0]["pointer"]) == (422, pointer)


def test_a_list_has_pages_and_the_same_price_for_any(ada: Caller) -> None:
    for user in "abc":
        made(ada, user_id=user, **NIGHTLY)
    _, first = ada.get("policies?limit=2")
    _, second = ada.get(f"policies?limit=2&cursor={first['next_cursor']}")
    assert [each["user_id"] for each in first["data"] + second["data"]] == ["c", "b", "a"]
    assert [each["user_id"] for each in ada.get("policies?user_id=b")[1]["data"]] == ["b"]
    with costs(3):
        ada.get("policies")


def test_a_policys_jobs_run_now(ada: Caller, acme: Tenant) -> None:
    path = f"policies/{made(ada, **NIGHTLY, enabled=False)['id']}/run"
    made(ada, user_id="ben", **NIGHTLY)
    status, told = ada.post(path, {"dry_run": True})
    assert (status, [run["job"] for run in told["data"]]) == (202, ["hush"])
    run = TaskRun.objects.get(pk=told["data"][0]["id"])
    assert (run.dry_run, run.input["options"], run.input["except_users"]) == (True, {"below": 0.2}, ["ben"])
    assert ada.post(path, {"job": "hush"})[0] == 202
    status, told = ada.post(path, {"job": "nap"})
    assert (status, told["errors"][0]["pointer"]) == (422, "/job")
    assert Event.objects.filter(type="run.queued").count() == 2


def test_what_holds_for_a_user_is_told_with_the_policy_that_says_so(ada: Caller) -> None:
    wide = made(ada, jobs={"hush": {"threshold": 9}})
    own = made(ada, jobs={"hush": {"enabled": False}}, user_id="ada")
    assert ada.get("policies/effective")[1]["jobs"]["hush"]["threshold"] == 9
    told = ada.get("policies/effective?user_id=ada&namespace=work")[1]["jobs"]["hush"]
    assert (told["policy"], told["enabled"]) == (own["id"], False)
    assert ada.get("policies/effective?user_id=ben")[1]["jobs"]["hush"]["policy"] == wide["id"]


def test_the_schedule_tells_what_will_run(ada: Caller, ben: Caller) -> None:
    policy = made(ada, **NIGHTLY)
    made(ben, **NIGHTLY)
    ada.post("pauses", {"starts_at": "2026-11-21T00:00:00Z", "ends_at": "2199-11-21T00:00:00Z"})
    status, told = ada.get("schedule")
    assert (status, len(told["runs"]), told["collisions"], told["truncated"]) == (200, 7, [], False)
    run = told["runs"][0]
    assert (run["policy"], run["tenant"], run["job"], run["paused"]) == (policy["id"], "acme", "hush", False)
    for wrong in ("since=9998-01-01", "since=2026-01-01&until=2027-01-01", "since=x", "near_minutes=-1"):
        assert ada.get(f"schedule?{wrong}")[0] == 422


def test_pauses_are_set_listed_and_taken_away(ada: Caller, ben: Caller, caller: Call, db: None) -> None:
    status, own = ada.post("pauses", {"ends_at": "2199-01-01T00:00:00Z"})
    assert (status, own["errors"][0]["pointer"]) == (422, "/ends_at")
    times = {"starts_at": "2198-01-01T00:00:00Z", "ends_at": "2198-01-02T00:00:00Z"}
    _, own = ada.post("pauses", times | {"reason": "stocktaking"})
    operator = caller(keys.issue(None, "operator", ["platform"])[1])
    _, everywhere = operator.post("pauses", times)
    assert (own["everywhere"], everywhere["everywhere"]) == (False, True)
    assert [each["id"] for each in ada.get("pauses")[1]["data"]] == [everywhere["id"], own["id"]]
    assert [each["id"] for each in ben.get("pauses")[1]["data"]] == [everywhere["id"]]
    assert ada.delete(f"pauses/{everywhere['id']}")[0] == 404
    assert ben.delete(f"pauses/{own['id']}")[0] == 404
    assert ada.delete(f"pauses/{own['id']}")[0] == 204
    assert operator.delete(f"pauses/{everywhere['id']}")[0] == 204
    assert operator.get("schedule")[0] == 200


def test_who_reads_does_not_manage(acme: Tenant, ada: Caller, caller: Call) -> None:
    path = f"policies/{made(ada)['id']}"
    reader = caller(keys.issue(acme, "reader", ["read"])[1])
    writer = caller(keys.issue(acme, "writer", ["write"])[1])
    for looked in ("policies", path, f"{path}/versions", "policies/effective", "schedule", "pauses"):
        assert reader.get(looked)[0] == 200
    for who in (reader, writer):
        assert who.post("policies", {})[0] == 403
        assert who.patch(path, {})[0] == 403
        assert who.call("PUT", path, {})[0] == 403
        assert who.delete(path)[0] == 403
        assert who.post(f"{path}/run", {})[0] == 403
        assert who.post("pauses", {})[0] == 403


def test_a_key_of_namespaces_reads_their_policies_alone(acme: Tenant, ada: Caller, caller: Call) -> None:
    wide, own = made(ada, **NIGHTLY), made(ada, **NIGHTLY, namespace="work")
    bound = caller(keys.issue(acme, "bound", ["read"], namespaces=["work"])[1])
    assert [each["id"] for each in bound.get("policies")[1]["data"]] == [own["id"]]
    assert bound.get(f"policies/{wide['id']}")[0] == 404
    assert {run["policy"] for run in bound.get("schedule")[1]["runs"]} == {own["id"]}


def test_nothing_of_a_policy_is_in_the_tenants_schema(acme: Tenant, ada: Caller) -> None:
    made(ada, jobs={"hush": {"threshold": 1}})
    watching.note(acme.pk, {("", "ada"): True})
    with tenant_context(acme):
        assert Memory.objects.count() == 0
        assert Policy.objects.count() == 1
        assert Watch.objects.count() == 2
