"""A user's policy, numbers and tasks over HTTP, in the form of HippocampAI's own document."""

from typing import Any

import pytest

from automation import worker
from automation.models import Policy
from automation.vocabulary import AutomationPolicy
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs


@pytest.fixture
def admin(acme: Tenant) -> Caller:
    return Caller(keys.issue(acme, "admin", ["read", "write", "admin"])[1])


def plain(policy: AutomationPolicy) -> dict[str, Any]:
    """As a client sends it."""
    times = {name: getattr(policy, name).isoformat() for name in ("created_at", "updated_at")}
    return policy.dict() | times


def test_the_third_example_of_the_document(admin: Caller, ada: Caller) -> None:
    policy = AutomationPolicy(user_id="user123", auto_summarization=True, summarization_threshold=500)
    status, made = admin.post("users/user123/policy", plain(policy))
    assert (status, made["summarization_threshold"], made["policy_id"]) == (201, 500, policy.policy_id)
    ada.remember("Tea.", user_id="user123")
    status, stats = ada.get("users/user123/statistics")
    assert status == 200
    assert (stats["total_memories"], stats["total_characters"], stats["automation_enabled"]) == (1, 4, True)


def test_a_policy_is_read_replaced_and_deleted(admin: Caller, ada: Caller) -> None:
    assert ada.get("users/ada/policy")[0] == 404
    assert admin.post("users/ada/policy", {"decay_half_life_days": 7})[0] == 201
    status, again = admin.post("users/ada/policy", {"policy_type": "manual"})
    assert (status, again["policy_type"], again["decay_half_life_days"]) == (200, "manual", 90)
    assert again.pop("status") == "success"
    assert ada.get("users/ada/policy") == (200, again)
    assert Policy.objects.count() == 1
    assert admin.delete("users/ada/policy") == (204, None)
    assert admin.delete("users/ada/policy")[0] == 404


def test_schedules_come_back_as_they_were_sent(admin: Caller) -> None:
    nightly = {"enabled": True, "cron_expression": "0 2 * * *", "interval_hours": None, "run_immediately": False}
    status, made = admin.post("users/ada/policy", {"policy_type": "schedule", "summarization_schedule": nightly})
    assert (status, made["summarization_schedule"], made["decay_schedule"]) == (201, nightly, None)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"colour": 1}, "/colour"),
        ({"user_id": "ben"}, "/user_id"),
        ({"summarization_threshold": 0}, "/summarization_threshold"),
        ({"conflict_strategy": "coin"}, "/conflict_strategy"),
        ({"compression_target_reduction": 1e300}, "/compression_target_reduction"),
        ({"decay_schedule": {"cron_expression": "often"}}, "/decay_schedule/cron_expression"),
        ({"decay_schedule": {"cron_expression": "0 2 * * *", "interval_hours": 3}}, "/decay_schedule"),
        ({"decay_schedule": {"when": 1}}, "/decay_schedule/when"),
        ({"policy_id": None}, "/policy_id"),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_pointed_at(admin: Caller, body: dict[str, Any], pointer: str) -> None:
    status, problem = admin.post("users/ada/policy", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer), problem
    assert not Policy.objects.exists()


def test_who_may_only_write_makes_no_policy(acme: Tenant) -> None:
    writer = Caller(keys.issue(acme, "writer", ["read", "write"])[1])
    assert writer.post("users/ada/policy", {})[0] == 403
    assert writer.delete("users/ada/policy")[0] == 403


def test_a_task_is_asked_for_worked_and_told(ada: Caller) -> None:
    for day in range(1, 5):
        said = f"On day {day} we walked from the harbour to the old library."
        ada.remember(said, user_id="ada/lovelace", event_time=f"2025-03-0{day}T12:00:00Z")
    answer = ada.raw("POST", "users/ada/lovelace/tasks", b'{"task_type": "summarization", "metadata": {"ticket": 1}}')
    task = answer.json()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/tasks/{task['task_id']}")
    assert (task["status"], task["user_id"], task["metadata"]) == ("pending", "ada/lovelace", {"ticket": 1})
    worker.work()
    status, done = ada.get(f"tasks/{task['task_id']}")
    assert (status, done["status"], done["result"]["summaries_created"]) == (200, "completed", 1)
    assert ada.get(f"runs/{task['task_id']}")[1]["state"] == "succeeded"


def test_a_task_that_has_not_begun_is_cancelled(ada: Caller) -> None:
    task = ada.post("users/ada/tasks", {"task_type": "all_optimizations"})[1]
    assert task["status"] == "running"  # its parts are what waits
    task = ada.post("users/ada/tasks", {"task_type": "decay"})[1]
    for _ in range(2):
        status, told = ada.post(f"tasks/{task['task_id']}/cancel", {})
        assert (status, told["status"]) == (200, "cancelled")


def test_tasks_are_listed_by_status_and_page(ada: Caller, ben: Caller) -> None:
    ids = [ada.post("users/ada/tasks", {"task_type": kind})[1]["task_id"] for kind in ("decay", "health_check")]
    ada.post(f"tasks/{ids[0]}/cancel", {})
    assert [task["task_id"] for task in ada.get("users/ada/tasks")[1]["data"]] == ids[::-1]
    assert [task["task_id"] for task in ada.get("users/ada/tasks?status=cancelled")[1]["data"]] == ids[:1]
    page = ada.get("users/ada/tasks?limit=1")[1]
    rest = ada.get(f"users/ada/tasks?limit=1&cursor={page['next_cursor']}")[1]
    assert ([task["task_id"] for task in rest["data"]], rest["has_more"]) == (ids[:1], False)
    assert ben.get("users/ada/tasks")[1]["data"] == []
    assert ben.get(f"tasks/{ids[0]}")[0] == 404
    with costs(2):  # the key, and the page
        ada.get("users/ada/tasks")


@pytest.mark.parametrize(
    "body", [{}, {"task_type": "gardening"}, {"task_type": "decay", "metadata": {"a": "x" * 5000}}]
)
def test_what_is_no_task_is_refused(ada: Caller, body: dict[str, Any]) -> None:
    assert ada.post("users/ada/tasks", body)[0] == 422
