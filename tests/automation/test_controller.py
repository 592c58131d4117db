"""HippocampAI's controller and task manager in process, as its own document uses them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from automation import controller, manager, registry, worker
from automation.controller import AutomationController
from automation.errors import BadPolicy, UnknownTask
from automation.manager import TaskManager, TaskStatus
from automation.models import Policy, PolicyVersion, TaskRun
from automation.vocabulary import FEATURES, AutomationPolicy, AutomationSchedule, PolicyType
from events.models import Event
from memory.remember import remember_many
from memory.types import Draft, Scope
from memory.upkeep import embed
from tenants.models import Tenant


@pytest.fixture
def automation(in_acme: Tenant) -> AutomationController:
    return AutomationController(in_acme)


@pytest.fixture
def tasks(automation: AutomationController) -> TaskManager:
    return TaskManager(automation)


SAID = (
    "Ada moved from Paris to Berlin in the spring of 2024.",
    "Her new office is beside the harbour and opens at nine.",
    "She plays chess with Ben on Sundays in the old library.",
    "The garden behind the house has forty roses and an apple tree.",
)


def fill(user_id: str = "user123", count: int = 4, kind: str = "fact") -> None:
    """Old ones of one month, with their vectors."""
    told: dict[str, Any] = {"kind": kind, "importance": 0.1, "event_time": datetime(2025, 3, 3, tzinfo=UTC)}
    remember_many([Draft(f"{SAID[n]} It is a {kind}.", Scope(user_id=user_id), **told) for n in range(count)])
    embed.pending()


def short(count: int, user_id: str = "user123", kind: str = "fact") -> None:
    remember_many([Draft(f"{kind} {n}", Scope(user_id=user_id), kind=kind) for n in range(count)])


def policy(**fields: Any) -> AutomationPolicy:
    return AutomationPolicy("user123", **({"summarization_threshold": 4} | fields))


def test_the_first_example_of_the_document(automation: AutomationController) -> None:
    fill()
    automation.create_policy(
        AutomationPolicy(
            user_id="user123",
            policy_type=PolicyType.THRESHOLD,
            auto_summarization=True,
            auto_consolidation=True,
            health_monitoring=True,
            summarization_threshold=4,
            consolidation_threshold=300,
        )
    )
    result = automation.run_summarization("user123")
    assert (result["status"], result["summaries_created"]) == ("success", 1)
    fill(count=1, kind="goal")
    health = automation.run_health_check("user123")
    assert (health["status"], health["alert_needed"]) == ("success", True)
    assert 0 < health["health_score"] < 60
    assert (health["health_status"], health["recommendations"]) == ("poor", ["There are few memories. Store more."])
    stats = automation.get_user_statistics("user123")
    assert stats["automation_enabled"] is True
    for user_id in automation.policies:
        found = automation.get_policy(user_id)
        assert found is not None
        assert found.enabled
        assert automation.should_run_summarization(user_id) is True  # what was summarized is still there


def test_a_policy_is_one_per_user_and_the_latest_holds(automation: AutomationController) -> None:
    first = automation.create_policy(policy())
    again = automation.create_policy(policy(summarization_threshold=9))
    assert (Policy.objects.count(), again.summarization_threshold) == (1, 9)
    assert again.updated_at > first.updated_at
    assert automation.get_policy("user123") == again
    assert PolicyVersion.objects.count() == 2
    assert [event.type for event in Event.objects.filter(type__startswith="policy.").order_by("id")] == [
        "policy.created", "policy.changed",
    ]  # fmt: skip


def test_a_policy_comes_back_from_the_database_as_it_was_made(automation: AutomationController) -> None:
    made = policy(
        decay_schedule=AutomationSchedule(cron_expression="0 2 * * *"),
        health_check_schedule=AutomationSchedule(),
        prospective_memory=True,
        conflict_strategy="importance",
    )
    found = automation.create_policy(made)
    assert found.dict() | {"updated_at": None} == made.dict() | {"updated_at": None}


def test_a_policy_is_deleted_once(automation: AutomationController) -> None:
    automation.create_policy(policy())
    assert automation.delete_policy("user123") is True
    assert automation.delete_policy("user123") is False
    assert automation.get_policy("user123") is None


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"summarization_threshold": 0}, "/summarization_threshold"),
        ({"conflict_strategy": "coin"}, "/conflict_strategy"),
        ({"consolidation_similarity": 7.0}, "/consolidation_similarity"),
        ({"decay_schedule": AutomationSchedule(cron_expression="often")}, "/decay_schedule/cron_expression"),
        ({"user_id": ""}, "/user_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at_in_its_own_words(
    automation: AutomationController, fields: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(BadPolicy) as refused:
        automation.create_policy(AutomationPolicy(**({"user_id": "user123"} | fields)))
    assert refused.value.pointer == pointer
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, True),
        ({"summarization_threshold": 5}, False),
        ({"auto_summarization": False}, False),
        ({"enabled": False}, False),
        ({"summarization_threshold": 5, "policy_type": "manual"}, True),
        ({"summarization_threshold": 5, "policy_type": "continuous"}, True),
    ],
)
def test_what_is_due_is_decided_as_hippocampai_decides(
    automation: AutomationController, fields: dict[str, Any], due: bool
) -> None:
    fill()
    automation.create_policy(policy(**fields))
    assert automation.should_run_summarization("user123") is due
    assert automation.run_summarization("user123").get("reason") == (None if due else "policy check failed")


def test_without_a_policy_nothing_is_due_and_force_does_it_with_the_defaults(automation: AutomationController) -> None:
    fill()
    skipped = {"status": "skipped", "reason": "policy check failed"}
    assert automation.run_all_optimizations("user123") == dict.fromkeys(controller.RUNS, skipped)
    assert automation.run_compression("user123", force=True)["status"] == "success"
    assert TaskRun.objects.get().input["options"] == {"target_reduction": 0.3}


def test_decay_and_health_need_only_their_switch(automation: AutomationController) -> None:
    fill()
    automation.create_policy(policy(summarization_threshold=1000))
    results = automation.run_all_optimizations("user123")
    assert list(results) == ["summarization", "consolidation", "compression", "decay", "health_check"]
    assert [result["status"] for result in results.values()] == ["skipped"] * 3 + ["success"] * 2


def test_health_of_nobody_is_skipped(automation: AutomationController) -> None:
    automation.create_policy(policy())
    assert automation.run_health_check("user123") == {"status": "skipped", "reason": "no memories"}


def test_only_below_the_policys_number_there_is_an_alarm(automation: AutomationController) -> None:
    fill()
    checked = automation.run_health_check("user123", force=True)
    assert checked["alert_needed"] is False
    automation.create_policy(policy(health_alert_threshold=checked["health_score"] - 1))
    assert automation.run_health_check("user123")["alert_needed"] is False
    automation.create_policy(policy(health_alert_threshold=checked["health_score"] + 1))
    assert automation.run_health_check("user123")["alert_needed"] is True


def test_a_run_that_fails_says_why(automation: AutomationController, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("words of a memory")
        yield

    job = registry.JOBS["summarize"]
    monkeypatch.setitem(registry.JOBS, "summarize", registry.Job("summarize", "S", "S", broken, job.options, job.tell))
    result = automation.run_summarization("user123", force=True)
    assert (result["status"], result["error"]) == ("failed", "RuntimeError")


def test_statistics_are_those_of_the_document(automation: AutomationController) -> None:
    short(3)  # "fact 0" …: 6 characters each
    short(1, kind="preference")  # 12
    short(9, "somebody")
    assert automation.get_user_statistics("user123") == {
        "total_memories": 4, "total_characters": 30, "total_tokens": 7, "avg_memory_size_chars": 7.5,
        "avg_memory_size_tokens": 1.75, "largest_memory_chars": 12, "smallest_memory_chars": 6,
        "by_type": {
            "fact": {"count": 3, "total_chars": 18, "total_tokens": 4, "avg_chars": 6.0, "avg_tokens": 4 / 3},
            "preference": {"count": 1, "total_chars": 12, "total_tokens": 3, "avg_chars": 12.0, "avg_tokens": 3.0},
        },
    }  # fmt: skip
    automation.create_policy(policy(enabled=False, importance_decay=False))
    stats = automation.get_user_statistics("user123")
    assert stats["automation_enabled"] is False
    assert stats["automation_features"] == {
        "summarization": True, "consolidation": True, "compression": False, "decay": False, "health_monitoring": True,
    }  # fmt: skip


def test_of_nobody_everything_is_zero(automation: AutomationController) -> None:
    stats = automation.get_user_statistics("nobody")
    assert (stats.pop("by_type"), set(stats.values())) == ({}, {0})


def test_a_controller_reaches_into_its_own_tenant_alone(automation: AutomationController, globex: Tenant) -> None:
    automation.create_policy(policy())
    assert AutomationController("globex").get_policy("user123") is None
    assert AutomationController("acme").get_policy("user123") is not None


# --- tasks


def test_a_task_is_worked_by_a_worker(tasks: TaskManager) -> None:
    fill()
    task = tasks.submit_task("user123", "summarization", "high", {"ticket": "T-1"})
    assert (task.status, task.priority, task.started_at, task.result) == ("pending", "high", None, None)
    worker.work()
    done = tasks.get_task(task.task_id)
    assert done is not None
    assert (done.status, done.metadata, done.retry_count, done.max_retries) == ("completed", {"ticket": "T-1"}, 0, 4)
    assert done.result is not None
    assert done.result["summaries_created"] == 1
    assert done.created_at <= done.started_at <= done.completed_at  # type: ignore[operator]


def test_a_policys_job_comes_to_the_same_here_and_by_a_worker(tasks: TaskManager) -> None:
    results = []
    for user in ("ada", "ben"):
        fill(user)
        tasks.controller.create_policy(AutomationPolicy(user, summarization_threshold=4, summarization_age_days=7))
    results.append(tasks.controller.run_summarization("ada"))
    task = tasks.submit_task("ben", "summarization")
    worker.work()
    results.append(tasks.get_task(task.task_id).result)  # type: ignore[union-attr,arg-type]
    first, second = ({name: value for name, value in told.items() if name != "run_id"} for told in results)
    assert first == second
    assert [run.input["options"] for run in TaskRun.objects.all()] == [{"age_days": 7}] * 2


def test_a_task_can_be_done_here_and_now(tasks: TaskManager) -> None:
    fill()
    task = tasks.submit_task("user123", "decay", async_execution=False)
    assert (task.status, task.task_type) == ("completed", "decay")


def test_all_optimizations_are_one_task(tasks: TaskManager) -> None:
    fill()
    here = tasks.submit_task("user123", "all_optimizations", async_execution=False)
    there = tasks.submit_task("user123", "all_optimizations", "critical")
    for _ in range(3):  # what reads vectors waits for those of what was just written
        worker.work()
        embed.pending()
        TaskRun.objects.update(wait_until=timezone.now())
    done = tasks.get_task(there.task_id)
    assert done is not None
    assert [here.status, done.status] == ["completed"] * 2
    assert [task.task_id for task in tasks.get_user_tasks("user123")] == [there.task_id, here.task_id]
    assert TaskRun.objects.filter(parent=there.task_id, priority=9).count() == 5


def test_tasks_of_one_second_have_ids_of_their_own(tasks: TaskManager) -> None:
    assert len({tasks.submit_task("user123", "decay").task_id for _ in range(5)}) == 5


def test_an_unknown_type_is_an_error(tasks: TaskManager) -> None:
    with pytest.raises(UnknownTask, match="Unknown task type: gardening"):
        tasks.submit_task("user123", "gardening")
    with pytest.raises(ValueError, match="Unknown"):
        tasks.submit_task("user123", "gardening", async_execution=False)
    with pytest.raises(BadPolicy):
        tasks.submit_task("user123", "decay", metadata={"long": "x" * 5000})


def test_only_a_task_that_has_not_begun_is_cancelled(tasks: TaskManager) -> None:
    task = tasks.submit_task("user123", "decay")
    assert tasks.cancel_task(task.task_id) is True
    assert tasks.cancel_task(task.task_id) is False
    assert tasks.cancel_task("task_1700000000") is False
    assert tasks.get_task(task.task_id).status == TaskStatus.CANCELLED  # type: ignore[union-attr]


def test_tasks_of_a_user_come_newest_first_and_by_status(tasks: TaskManager) -> None:
    fill()
    first = tasks.submit_task("user123", "decay", async_execution=False).task_id
    second = tasks.submit_task("user123", "compression").task_id
    tasks.submit_task("somebody", "decay")
    assert [task.task_id for task in tasks.get_user_tasks("user123")] == [second, first]
    assert [task.task_id for task in tasks.get_user_tasks("user123", "completed")] == [first]
    assert [task.task_id for task in tasks.get_user_tasks("user123", limit=1)] == [second]


def test_what_policies_have_due_is_submitted(tasks: TaskManager) -> None:
    fill()
    tasks.controller.create_policy(policy(auto_compression=True, compression_threshold=4))
    tasks.controller.create_policy(AutomationPolicy("off", enabled=False))
    submitted = tasks.run_scheduled_tasks()
    told = [tasks.get_task(task_id) for task_id in submitted["user123"]]
    assert list(submitted) == ["user123"]
    assert [(task.task_type, task.priority) for task in told if task] == [
        ("summarization", "normal"), ("compression", "low"), ("decay", "low"), ("health_check", "normal"),
    ]  # fmt: skip
    assert tasks.run_scheduled_tasks(["nobody", "off"]) == {}


def test_each_state_of_a_run_is_a_status() -> None:
    assert set(manager.BY_STATE) == set(TaskRun.State.values)
    assert {feature.job for name, feature in FEATURES.items() if name in manager.TYPES} < set(manager.BY_JOB)


def test_a_policy_whose_window_is_over_makes_nothing_due(automation: AutomationController) -> None:
    automation.create_policy(policy())
    Policy.objects.update(ends_at=timezone.now() - timedelta(days=1))
    fill()
    assert automation.should_run_summarization("user123") is False
