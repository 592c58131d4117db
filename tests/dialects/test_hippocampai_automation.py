"""What HippocampAI's automation API and its tasks mean here: policies, numbers, tasks that are runs."""

import json
from typing import Any

import pytest

from automation import worker
from automation.models import Policy
from automation.vocabulary import AutomationPolicy, AutomationSchedule
from tenants import keys, replies
from tenants.models import Tenant
from tests.conftest import Caller
from tests.dialects.speaking import Dialect

NIGHTLY = {"enabled": True, "cron_expression": "0 2 * * *", "interval_hours": None, "run_immediately": False}


def fill(ada: Caller, count: int = 4, user_id: str = "user123") -> None:
    """Old memories of one month."""
    for n in range(count):
        when = f"2025-03-{n + 1:02}T00:00:00Z"
        ada.remember(f"Day {n}: the harbour, the roses and a game of chess.", user_id=user_id, event_time=when)


def plain(policy: AutomationPolicy) -> dict[str, Any]:
    """As its client sends it."""
    told: dict[str, Any] = json.loads(json.dumps(policy.dict(), default=lambda value: value.isoformat()))
    return told


@pytest.mark.parametrize("path", ["api/v1/users/user123/policy", "users/user123/policy"])
def test_a_policy_is_taken_and_told_again(hip: Dialect, path: str) -> None:
    policy = AutomationPolicy(
        "user123", summarization_schedule=AutomationSchedule(cron_expression="0 2 * * *"), prospective_memory=True
    )
    assert hip.post(path, plain(policy)) == (200, {"status": "success"})
    status, told = hip.get(path)
    assert (status, told | {"updated_at": 0, "created_at": 0}) == (
        200, plain(policy) | {"updated_at": 0, "created_at": 0},
    )  # fmt: skip
    assert hip.delete(path) == (200, {"status": "success"})
    assert hip.delete(path) == (404, {"detail": "There is nothing here for this credential."})
    assert hip.get(path)[0] == 404


@pytest.mark.parametrize("path", ["/api/v1/users/user123/policy", "/users/user123/policy"])
def test_the_documents_example_is_answered_at_the_root(acme: Tenant, hip: Dialect, path: str) -> None:
    headers = {"Authorization": f"Bearer {hip.key}"}
    body = json.dumps(plain(AutomationPolicy(user_id="user123", summarization_threshold=500)))
    made = hip.client.post(path, body, content_type="application/json", headers=headers)
    assert (made.status_code // 100, made.json()["status"]) == (2, "success")
    stats = hip.client.get(path.replace("policy", "statistics"), headers=headers).json()
    assert (stats["total_memories"], stats["automation_enabled"]) == (0, True)


def test_the_latest_policy_of_a_user_holds(hip: Dialect) -> None:
    hip.post("api/v1/users/user123/policy", {"user_id": "user123", "decay_half_life_days": 7})
    hip.post("api/v1/users/user123/policy", {"user_id": "user123", "unknown": 1, "policy_type": None})
    told = hip.get("api/v1/users/user123/policy")[1]
    assert (Policy.objects.count(), told["decay_half_life_days"], told["policy_type"]) == (1, 90, "threshold")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"user_id": "ben"}, "user_id"),
        ({"policy_type": "often"}, "policy_type"),
        ({"summarization_threshold": 0}, "summarization_threshold"),
        ({"conflict_strategy": "coin"}, "conflict_strategy"),
        ({"decay_schedule": {"cron_expression": "often"}}, "decay_schedule"),
    ],
)
def test_what_is_wrong_with_a_policy_is_named(hip: Dialect, body: dict[str, Any], named: str) -> None:
    status, told = hip.post("api/v1/users/user123/policy", body)
    assert (status, named in told["detail"]) == (422, True), told


def test_a_key_that_may_not_manage_is_told_so(acme: Tenant) -> None:
    reader = Dialect("hippocampai", keys.issue(acme, "reader", ["read"])[1])
    status, told = reader.post("api/v1/users/user123/policy", {})
    assert (status, sorted(told)) == (403, ["error", "message"])


def test_statistics_count_what_is_remembered(hip: Dialect, ada: Caller, another: Dialect) -> None:
    ada.remember("Tea.", user_id="user123")
    ada.remember("Milk.", user_id="ben")
    path = "api/v1/users/user123/statistics"
    told = hip.get(path)[1]
    assert (told["total_memories"], told["total_characters"], told["total_tokens"]) == (1, 4, 1)
    assert told["by_type"]["fact"]["count"] == 1
    assert "automation_enabled" not in told
    hip.post("api/v1/users/user123/policy", {"auto_compression": True, "importance_decay": False})
    told = hip.get(path)[1]
    assert (told["automation_enabled"], told["automation_features"]) == (
        True,
        {
            "summarization": True, "consolidation": True, "compression": True, "decay": False,
            "health_monitoring": True,
        },
    )  # fmt: skip
    assert another.get(path)[1]["total_memories"] == 0


def test_a_task_at_once_tells_what_came_of_it(hip: Dialect, ada: Caller) -> None:
    fill(ada)
    status, told = hip.post("api/v1/users/user123/tasks", {"task_type": "summarization", "async_execution": False})
    assert (status, told["status"]) == (200, "submitted")
    assert told["task_id"] in told["message"]
    found = hip.get(f"api/v1/tasks/status/{told['task_id']}")[1]
    assert (found["status"], found["error"], found["progress"]) == ("SUCCESS", None, None)
    assert (found["result"]["status"], found["result"]["summaries_created"]) == ("success", 1)


@pytest.mark.parametrize("kind", ["summarization", "consolidation", "compression", "decay", "health_check"])
def test_each_feature_runs_and_reports(hip: Dialect, ada: Caller, kind: str) -> None:
    fill(ada)
    told = hip.post("api/v1/users/user123/tasks", {"task_type": kind, "async_execution": False})[1]
    found = hip.get(f"api/v1/tasks/status/{told['task_id']}")[1]
    assert (found["status"], found["result"]["status"]) == ("SUCCESS", "success")


def test_a_task_of_all_tells_what_came_of_each(hip: Dialect, ada: Caller) -> None:
    fill(ada)
    asked = {"task_type": "all_optimizations", "async_execution": False}
    key = hip.post("api/v1/users/user123/tasks", asked)[1]["task_id"]
    told = hip.get(f"api/v1/tasks/status/{key}")[1]["result"]
    features = ("summarization", "consolidation", "compression", "decay", "health_check")
    assert (told["status"], {told[name]["status"] for name in features}) == ("success", {"success"})
    assert told["summarization"]["summaries_created"] == 1
    assert told["health_check"]["health_score"] > 0
    (listed,) = hip.get("api/v1/users/user123/tasks")[1]
    assert listed["result"] == told


def test_the_health_of_nobody_is_not_checked(hip: Dialect) -> None:
    asked = {"task_type": "health_check", "async_execution": False}
    key = hip.post("api/v1/users/nobody/tasks", asked)[1]["task_id"]
    told = hip.get(f"api/v1/tasks/status/{key}")[1]["result"]
    assert told == {"status": "skipped", "reason": "no memories", "run_id": key}


def test_a_task_waits_for_a_worker_and_is_listed(hip: Dialect, ada: Caller, another: Dialect) -> None:
    fill(ada)
    task_id = hip.post("api/v1/users/user123/tasks", {"task_type": "decay", "priority": "high"})[1]["task_id"]
    assert hip.get(f"api/v1/tasks/status/{task_id}")[1] == {
        "task_id": task_id, "status": "PENDING", "result": None, "error": None, "progress": None,
    }  # fmt: skip
    (listed,) = hip.get("api/v1/users/user123/tasks?status=pending")[1]
    assert (listed["task_id"], listed["task_type"], listed["priority"]) == (task_id, "decay", "high")
    assert hip.get("api/v1/tasks/inspect/queues")[1]["active_queues"]["memhouse"][1] == {"name": "high", "waiting": 1}
    assert another.get(f"api/v1/tasks/status/{task_id}")[0] == 404
    assert another.get("api/v1/tasks/inspect/queues")[1]["active_queues"]["memhouse"][1]["waiting"] == 0
    assert another.get("api/v1/users/user123/tasks") == (200, [])
    worker.work(10)
    assert hip.get(f"api/v1/tasks/status/{task_id}")[1]["status"] == "SUCCESS"
    assert hip.get("api/v1/users/user123/tasks?status=pending") == (200, [])
    inspected = hip.get("api/v1/tasks/inspect/stats")[1]
    assert inspected["stats"] == {"memhouse": {"total": {"succeeded": 1}}}
    assert "summarize" in inspected["registered_tasks"]["memhouse"]


def test_a_task_is_cancelled_once(hip: Dialect, another: Dialect) -> None:
    task_id = hip.post("api/v1/users/user123/tasks", {"task_type": "decay"})[1]["task_id"]
    assert another.post(f"api/v1/tasks/cancel/{task_id}", {})[0] == 404
    assert hip.post(f"api/v1/tasks/cancel/{task_id}", {}) == (
        200, {"message": f"Task {task_id} cancelled", "status": "cancelled"},
    )  # fmt: skip
    again = hip.post(f"api/v1/tasks/cancel/{task_id}", {})[1]
    assert again == {"message": f"Task {task_id} is already REVOKED", "status": "REVOKED"}
    assert hip.get(f"api/v1/tasks/status/{task_id}")[1]["status"] == "REVOKED"


def test_an_unknown_kind_of_task_is_refused(hip: Dialect) -> None:
    assert hip.post("api/v1/users/user123/tasks", {"task_type": "dusting"})[0] == 422
    assert hip.get("api/v1/tasks/status/nothing")[0] == 404


def test_what_a_policy_schedules_is_listed_and_run_by_name(hip: Dialect, another: Dialect) -> None:
    hip.post("api/v1/users/user123/policy", {"policy_type": "schedule", "decay_schedule": NIGHTLY})
    ((name, told),) = hip.get("api/v1/tasks/scheduled")[1]["scheduled_tasks"].items()
    assert (told["task"], told["options"]) == ("decay", {"half_life_days": 90})
    assert another.get("api/v1/tasks/scheduled")[1] == {"scheduled_tasks": {}}
    assert another.post(f"api/v1/tasks/scheduled/{name}/run", {})[0] == 404
    ran = hip.post(f"api/v1/tasks/scheduled/{name}/run", {})[1]
    assert ran["status"] == "submitted"
    assert hip.get(f"api/v1/tasks/status/{ran['task_id']}")[1]["status"] == "PENDING"


def result(hip: Dialect, path: str, body: dict[str, Any]) -> Any:
    status, told = hip.post(f"api/v1/tasks/memory/{path}", body)
    assert (status, told["status"]) == (200, "submitted"), told
    found = hip.get(f"api/v1/tasks/status/{told['task_id']}")[1]
    assert (found["status"], found["error"]) == ("SUCCESS", None)
    return found["result"]


def test_tasks_on_memories_are_done_and_their_results_fetched(hip: Dialect, ada: Caller) -> None:
    made = result(hip, "create", {"text": "Ada likes tea.", "user_id": "ada", "memory_type": "habit", "importance": 7})
    assert (made["text"], made["user_id"], made["type"], made["importance"]) == ("Ada likes tea.", "ada", "habit", 7.0)
    several = result(hip, "batch-create", {"memories": [{"text": f"{n} cups.", "user_id": "ada"} for n in (1, 2)]})
    assert [memory["text"] for memory in several] == ["1 cups.", "2 cups."]
    (hit,) = result(hip, "recall", {"query": "tea", "user_id": "ada", "k": 1})
    assert (hit["memory"]["id"], hit["score"] > 0) == (made["id"], True)
    named = {"memory_id": made["id"], "user_id": "ada"}
    changed = result(hip, "update", named | {"updates": {"text": "Ada likes coffee.", "importance": 2}})
    assert (changed["id"], changed["text"], changed["importance"]) == (made["id"], "Ada likes coffee.", 2.0)
    assert result(hip, "delete", named)["success"] is True
    assert ada.get(f"memories/{made['id']}")[0] == 404


def test_a_task_on_a_memory_that_is_not_the_users_is_refused(hip: Dialect, ada: Caller) -> None:
    memory = ada.remember("Tea.", user_id="ada")
    named = {"memory_id": memory, "user_id": "ben"}
    assert hip.post("api/v1/tasks/memory/delete", named)[0] == 404
    assert hip.post("api/v1/tasks/memory/update", named | {"updates": {"text": "Milk."}})[0] == 404


def test_a_result_is_its_tenants_alone_and_is_over(hip: Dialect, acme: Tenant, another: Dialect) -> None:
    task_id = hip.post("api/v1/tasks/memory/create", {"text": "Tea.", "user_id": "ada"})[1]["task_id"]
    assert another.get(f"api/v1/tasks/status/{task_id}")[0] == 404
    bound = Dialect("hippocampai", keys.issue(acme, "bound", ["read", "write"], namespaces=["work"])[1])
    assert bound.get(f"api/v1/tasks/status/{task_id}")[0] == 404
    assert hip.post(f"api/v1/tasks/cancel/{task_id}", {})[1]["status"] == "SUCCESS"
    replies.forget(acme.pk)
    assert hip.get(f"api/v1/tasks/status/{task_id}")[1]["result"] is None
