"""Runs over HTTP: the catalogue, starting, looking, cancelling, trying again, taking back."""

import json
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.native.runs import preferred_wait
from automation import registry, worker
from automation.models import TaskRun
from events.models import Event
from memory.models import Memory
from tenants import keys
from tenants.models import Tenant
from tests.automation.conftest import hush
from tests.conftest import Caller, costs

pytestmark = pytest.mark.usefixtures("hushing")


def fill(caller: Caller, count: int = 4, **fields: Any) -> list[str]:
    """Half of them matter little."""
    said = [
        {"content": f"Note {i}", "importance": 0.2 if i % 2 else 0.8, "user_id": "ada"} | fields for i in range(count)
    ]
    return [item["id"] for item in caller.post("memories", {"memories": said})[1]["data"]]


def started(caller: Caller, **fields: Any) -> dict[str, Any]:
    status, body = caller.post("runs", {"job": "hush"} | fields)
    assert status == 202, body
    return body


def worked(caller: Caller, run: dict[str, Any]) -> dict[str, Any]:
    worker.work()
    return caller.get(f"runs/{run['id']}")[1]


def test_the_catalogue_says_what_each_job_may_be_told(ada: Caller) -> None:
    status, body = ada.get("jobs")
    job = next(job for job in body["data"] if job["name"] == "hush")
    assert status == 200
    assert job["says"] == "Silence what matters little."
    assert job["undoable"] is True
    assert job["options"] == [{
        "name": "below", "type": "number", "default": 0.5, "least": 0.0, "most": 1.0, "among": [],
        "says": "Memories of less importance are silenced.",
    }]  # fmt: skip


def test_a_run_is_accepted_worked_and_told(ada: Caller) -> None:
    fill(ada)
    answer = ada.raw(
        "POST", "runs", b'{"job": "hush", "user_id": "ada", "priority": "high", "options": {"below": 0.5}}'
    )
    run = answer.json()
    assert answer.status_code == 202
    assert answer["Location"] == f"/api/v1/runs/{run['id']}"
    assert (run["state"], run["priority"], run["attempts"], run["duration_ms"]) == ("pending", "high", 0, None)
    assert run["input"]["options"] == {"below": 0.5}
    assert run["started_by"].startswith("key:")
    over = worked(ada, run)
    assert (over["state"], over["progress"], over["attempts"]) == ("succeeded", {"done": 2, "total": 2}, 0)
    assert (over["result"]["counts"], over["result"]["hushed"]) == ({"keep": 2, "silence": 2}, 2)
    assert over["duration_ms"] >= 0
    assert over["finished_at"] >= over["started_at"] >= over["created_at"]


def test_a_run_that_is_waited_for_is_answered_when_it_is_over(committed: None, acme: Tenant, hushing: None) -> None:
    caller = Caller(keys.issue(acme, "ada")[1])
    fill(caller)

    def soon() -> None:
        try:
            while not TaskRun.objects.filter(state="pending").exists():
                pass
            worker.work()
        finally:
            connection.close()

    thread = threading.Thread(target=soon)
    thread.start()
    answer = caller.raw("POST", "runs", b'{"job": "hush"}', Prefer="respond-async, wait=8")
    thread.join()
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert answer["Preference-Applied"] == "wait=8"


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 0),
        ("wait=5", 5),
        ("wait=3600", 10),
        ("respond-async, WAIT = 2", 2),
        ("wait=-1", 0),
        ("await=5", 0),
        ("wait=x", 0),
    ],
)
def test_nobody_waits_for_more_than_ten_seconds(prefer: str, seconds: float) -> None:
    assert preferred_wait(prefer) == seconds


def test_a_dry_run_foresees_and_changes_nothing(ada: Caller, in_acme: Tenant) -> None:
    fill(ada)
    over = worked(ada, started(ada, dry_run=True))
    assert over["result"]["counts"] == {"keep": 2, "silence": 2}
    assert (over["result"]["total"], len(over["result"]["samples"])) == (4, 4)
    assert "Note" not in str(over)
    assert Memory.objects.filter(state="active").count() == 4
    assert ada.get(f"runs/{over['id']}/steps")[1]["data"] == []


def test_steps_are_told_in_their_order_without_content(ada: Caller) -> None:
    ids = fill(ada, 6)
    run = worked(ada, started(ada))
    status, first = ada.get(f"runs/{run['id']}/steps?limit=2")
    assert (status, first["has_more"], first["next_cursor"]) == (200, True, 2)
    rest = ada.get(f"runs/{run['id']}/steps?limit=2&cursor=2")[1]
    steps = first["data"] + rest["data"]
    assert [step["number"] for step in steps] == [1, 2, 3]
    assert [step["subject"] for step in steps] == ids[1::2]
    assert {(step["action"], step["state"], step["score"]) for step in steps} == {("silence", "applied", 0.2)}
    assert (rest["has_more"], rest["next_cursor"]) == (False, None)
    assert ada.get(f"runs/{run['id']}/steps?action=keep")[1]["data"] == []
    assert "Note" not in str(steps)


def test_what_a_run_did_is_taken_back_by_another(ada: Caller, in_acme: Tenant) -> None:
    fill(ada)
    run = worked(ada, started(ada))
    assert Memory.objects.filter(state="silent").count() == 2
    status, undoing = ada.post(f"runs/{run['id']}/undo", {})
    assert (status, undoing["job"], undoing["undoes_id"]) == (202, "undo", run["id"])
    assert worked(ada, undoing)["result"]["counts"] == {"undone": 2, "kept": 0}
    assert Memory.objects.filter(state="active").count() == 4
    assert ada.get(f"runs/{run['id']}")[1]["undone_at"]
    status, problem = ada.post(f"runs/{run['id']}/undo", {})
    assert (status, problem["code"]) == (409, "not_undoable")


def test_a_run_that_waits_is_cancelled_and_tried_again(ada: Caller) -> None:
    fill(ada)
    run = started(ada)
    assert ada.post(f"runs/{run['id']}/cancel", {})[1]["state"] == "cancelled"
    status, problem = ada.post(f"runs/{run['id']}/cancel", {})
    assert (status, problem["code"]) == (409, "run_over")
    status, again = ada.post(f"runs/{run['id']}/retry", {})
    assert (status, again["state"]) == (202, "pending")
    assert worked(ada, run)["state"] == "succeeded"
    assert ada.post(f"runs/{run['id']}/retry", {})[0] == 409


def test_a_run_that_is_not_over_cannot_be_undone(ada: Caller) -> None:
    status, problem = ada.post(f"runs/{started(ada)['id']}/undo", {})
    assert (status, problem["code"]) == (409, "run_over")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"job": "dance"}, "unknown_job", "/job"),
        ({"job": "hush", "options": {"below": 2}}, "bad_option", "/options/below"),
        ({"job": "hush", "options": {"colour": 1}}, "bad_option", "/options/colour"),
        ({"job": "hush", "options": [1]}, "not_valid", "/options"),
        ({"job": "hush", "options": {"below": {}}}, "bad_option", "/options/below"),
        ({"job": "hush", "priority": "now"}, "not_valid", "/priority"),
        ({"job": "hush", "now": "soon"}, "not_valid", "/now"),
        ({"job": "hush", "colour": 1}, "not_valid", "/colour"),
        ({}, "not_valid", "/job"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_pointed_at(ada: Caller, body: dict[str, Any], code: str, pointer: str) -> None:
    status, problem = ada.post("runs", body)
    assert (status, problem["code"]) == (422, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert not TaskRun.objects.exists()


def test_now_is_what_the_plan_takes_for_now(ada: Caller) -> None:
    assert started(ada, now="2027-01-01T00:00:00+01:00")["input"]["now"] == "2026-12-31T23:00:00+00:00"


def test_runs_are_listed_newest_first_and_narrowed(ada: Caller) -> None:
    ids = [
        started(ada, user_id=user, dry_run=dry)["id"] for user, dry in (("ada", False), ("ben", True), ("ada", True))
    ]
    ada.post(f"runs/{ids[0]}/cancel", {})

    def listed(query: str) -> list[str]:
        status, body = ada.get(f"runs?{query}")
        assert status == 200, body
        return [run["id"] for run in body["data"]]

    assert listed("") == ids[::-1]
    assert listed("state=cancelled") == [ids[0]]
    assert listed("user_id=ada&dry_run=true") == [ids[2]]
    assert listed("dry_run=false") == [ids[0]]
    assert listed("job=forget") == []
    assert listed(f"policy_id={uuid4()}") == []
    page = ada.get("runs?limit=2")[1]
    assert [run["id"] for run in ada.get(f"runs?limit=2&cursor={page['next_cursor']}")[1]["data"]] == [ids[0]]


def test_a_list_of_runs_costs_as_much_for_ten_as_for_one(ada: Caller) -> None:
    for _ in range(10):
        started(ada)
    ada.get("runs")
    with costs(LIST):
        ada.get("runs?limit=1")
    with costs(LIST):
        ada.get("runs?limit=10")


LIST = 2  # the key, and the page


def test_runs_of_another_tenant_are_not_there(ada: Caller, ben: Caller) -> None:
    run = started(ada)["id"]
    assert ben.get("runs")[1]["data"] == []
    for method, path in (("GET", ""), ("GET", "/steps"), ("POST", "/cancel"), ("POST", "/retry"), ("POST", "/undo")):
        assert ben.call(method, f"runs/{run}{path}", {} if method == "POST" else None)[0] == 404


def test_who_may_read_may_not_start(acme: Tenant, ada: Caller, caller: Callable[..., Caller]) -> None:
    reader = caller(keys.issue(acme, "reader", ["read"])[1])
    run = started(ada)["id"]
    assert reader.get(f"runs/{run}")[0] == 200
    assert reader.get("jobs")[0] == 200
    for path in ("runs", "forget", "consolidate", f"runs/{run}/cancel", f"runs/{run}/retry", f"runs/{run}/undo"):
        assert reader.post(path, {})[0] == 403


def test_a_key_of_one_namespace_starts_and_sees_runs_of_that_one_alone(acme: Tenant, ada: Caller) -> None:
    bound = Caller(keys.issue(acme, "bound", ["read", "write"], None, ["mine"])[1])
    for space in ("mine", "theirs"):
        fill(ada, namespace=space)
    elsewhere = started(ada, namespace="theirs")["id"]
    everywhere = started(ada)["id"]
    own, narrowed = started(bound, namespace="mine")["id"], started(bound)["id"]
    status, problem = bound.post("runs", {"job": "hush", "namespace": "theirs"})
    assert (status, problem["code"]) == (403, "outside_namespaces")
    assert [run["id"] for run in bound.get("runs")[1]["data"]] == [narrowed, own]
    assert bound.get(f"runs/{elsewhere}")[0] == bound.get(f"runs/{everywhere}/steps")[0] == 404
    assert bound.post(f"runs/{elsewhere}/cancel", {})[0] == 404
    for run in (elsewhere, everywhere):
        ada.post(f"runs/{run}/cancel", {})
    worked(ada, {"id": own})
    with tenant_context(acme):
        assert set(Memory.objects.filter(state="silent").values_list("namespace", flat=True)) == {"mine"}


def test_an_idempotent_start_starts_once(ada: Caller) -> None:
    body = b'{"job": "hush"}'
    answers = [ada.raw("POST", "runs", body, **{"Idempotency-Key": "k", "Prefer": "wait=5"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert TaskRun.objects.count() == 1
    assert Event.objects.filter(type="run.queued").count() == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("below"), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["job", "user_id", "namespace", "options", "dry_run", "priority", "now", "task_type", "metadata", "policy_type",
     "decay_schedule", "summarization_threshold", "consolidation_similarity", "conflict_strategy", "created_at"]
)  # fmt: skip
PATHS = st.sampled_from(["runs", "forget", "users/ada/policy", "users/ada/tasks", "users/%F0%9D%95%8F/tasks"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PATHS, st.dictionaries(FIELDS, JSON, max_size=4), st.sampled_from([{}, {"job": "hush"}, {"task_type": "decay"}]))
def test_random_json_is_never_a_500(ada: Caller, path: str, body: dict[str, Any], more: dict[str, str]) -> None:
    sent = json.dumps(body | more).encode()
    assert ada.raw("POST", path, sent).status_code < 500


@pytest.mark.parametrize(
    "path",
    ["runs?cursor=x", "runs?state=odd", "runs?policy_id=1", "runs?limit=0", "runs?colour=1", "runs?user_id=%00",
     "runs/01a1fde8-5100-7022-a062-ecc910f27bf2/steps?cursor=99999999999", "users/%00/tasks",
     f"users/{'x' * 300}/tasks?status=odd", "tasks/1", "runs/x"],
)  # fmt: skip
def test_a_hostile_question_is_a_problem_document(ada: Caller, path: str) -> None:
    answer = ada.raw("GET", path)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")


# --- forget and consolidate


@pytest.fixture
def named(hushing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two jobs, played by a small one."""
    names = {"episodes_sampled": 4, "clusters_formed": 2, "facts_extracted": 1, "migrations_completed": 1}
    for name in ("forget", "consolidate"):
        job = registry.Job(name, name.title(), "Says so.", hush, registry.JOBS["hush"].options, lambda counts: names)
        monkeypatch.setitem(registry.JOBS, name, job)


@pytest.mark.usefixtures("named")
def test_forgetting_is_foreseen_at_once_unless_it_is_told_to(ada: Caller, in_acme: Tenant) -> None:
    fill(ada)
    status, body = ada.post("forget", {"user_id": "ada"})
    assert (status, body["state"], body["dry_run"]) == (200, "succeeded", True)
    assert (body["total_scored"], body["actions"]) == (4, {"KEEP": 2, "SILENCE": 2})
    assert Memory.objects.filter(state="active").count() == 4
    status, body = ada.post("forget", {"user_id": "ada", "dry_run": False, "options": {"below": 0.9}})
    assert (status, body["state"], body["actions"]) == (202, "pending", {})
    assert worked(ada, body)["result"]["counts"] == {"silence": 4}


@pytest.mark.usefixtures("named")
def test_consolidating_is_told_in_the_names_of_the_memory_layer(ada: Caller) -> None:
    fill(ada)
    status, body = ada.post("consolidate", {})
    names = ("episodes_sampled", "clusters_formed", "facts_extracted", "migrations_completed")
    assert (status, [body[name] for name in names]) == (200, [4, 2, 1, 1])
    assert ada.post("consolidate", {"options": {"below": 7}})[1]["errors"][0]["pointer"] == "/options/below"
