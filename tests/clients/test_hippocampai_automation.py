"""The REST example of HippocampAI's document, driven with the policy class of its real package: posted as it is, read
back equal; then the five features run and report.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.clients.environments import HIPPOCAMPAI
from tests.clients.remote import Agent, Remote
from tests.journeys.house import House, eventually

AUTOMATION = "hippocampai.saas.automation"
FEATURES = ("summarization", "consolidation", "compression", "decay", "health_check")
SAID = (
    "Ada moved from Paris to Berlin in the spring of 2024, and her sister helped with the boxes for a whole week.",
    "Her new office is beside the harbour and opens at nine; the coffee in it is said to be the best of the street.",
    "She plays chess with Ben on Sundays in the old library, and loses more often than she would like to admit.",
    "The garden behind the house has forty roses and an apple tree, which nobody has cut for years and years now.",
)


@pytest.fixture(scope="module")
def agent(agents: Callable[..., Agent]) -> Agent:
    return agents(HIPPOCAMPAI)


@pytest.fixture(scope="module")
def key(tenant: Callable[[str], str]) -> str:
    return tenant("hippocampai-automation")


def http(house: House, key: str, prefix: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=house.facts["url"] + prefix, headers=headers, timeout=60, trust_env=False)


@pytest.fixture(scope="module")
def api(house: House, key: str) -> httpx.Client:
    return http(house, key, "/compat/hippocampai")


@pytest.fixture(scope="module")
def another(house: House, tenant: Callable[[str], str]) -> httpx.Client:
    return http(house, tenant("hippocampai-another"), "/compat/hippocampai")


def policy(agent: Agent, name: str, **fields: Any) -> Remote:
    return agent.open(name, f"{AUTOMATION}:AutomationPolicy", **fields)


def timeless(told: dict[str, Any]) -> dict[str, Any]:
    """The moments as moments, without the one that the house sets itself."""
    return told | {"created_at": datetime.fromisoformat(told["created_at"]), "updated_at": None}


@pytest.mark.parametrize("path", ["/api/v1/users/user123/policy", "/users/user123/policy"])
@pytest.mark.parametrize("prefix", ["", "/compat/hippocampai"])
def test_the_documents_example_works_as_it_is_written(
    house: House, agent: Agent, key: str, path: str, prefix: str
) -> None:
    caller = http(house, key, prefix)
    made = policy(agent, "made", user_id="user123", auto_summarization=True, summarization_threshold=500).dict()
    answer = caller.post(path, json=made)
    assert (answer.status_code // 100, answer.json()["status"]) == (2, "success"), answer.text
    assert timeless(caller.get(path).json()) == timeless(made)
    stats = caller.get(path.replace("policy", "statistics")).json()
    assert (stats["total_memories"], stats["automation_enabled"]) == (0, True)


def test_a_policy_with_all_its_fields_comes_back_equal_in_the_packages_own_class(
    agent: Agent, api: httpx.Client, another: httpx.Client
) -> None:
    schedule = {"enabled": True, "interval_hours": 6, "run_immediately": False}
    nightly = agent.open("nightly", f"{AUTOMATION}:AutomationSchedule", cron_expression="0 2 * * *")
    made = policy(
        agent, "whole", user_id="ada", policy_type="schedule", auto_compression=True, health_monitoring=False,
        summarization_age_days=7, summarization_schedule=nightly, consolidation_similarity=0.9,
        compression_target_reduction=0.5, decay_half_life_days=14, decay_schedule=schedule,
        health_alert_threshold=75.0, conflict_strategy="confidence", auto_resolve_conflicts=False,
        prospective_memory=True, prospective_max_intents=7,
    ).dict()  # fmt: skip
    assert api.post("/api/v1/users/ada/policy", json=made).json() == {"status": "success"}
    told = api.get("/api/v1/users/ada/policy").json()
    again = policy(agent, "again", **told).dict()
    assert timeless(again) == timeless(made)
    assert another.get("/api/v1/users/ada/policy").status_code == 404
    assert api.delete("/api/v1/users/ada/policy").json() == {"status": "success"}
    assert api.get("/api/v1/users/ada/policy").status_code == 404


@pytest.fixture(scope="module")
def remembered(house: House, key: str) -> str:
    """A user of whom four old things are known, with their vectors."""
    said = [
        {"content": text, "user_id": "run", "event_time": f"2025-03-0{n}T00:00:00Z"} for n, text in enumerate(SAID, 1)
    ]
    caller = house.caller(key)
    assert caller.post("memories", params={"wait": "true"}, json={"memories": said}).status_code == 201
    return "run"


def over(api: httpx.Client, task_id: str) -> dict[str, Any]:
    """A task that is over, as its status tells it."""

    def ended() -> dict[str, Any] | None:
        told = api.get(f"/api/v1/tasks/status/{task_id}").json()
        assert told["status"] in ("PENDING", "STARTED", "SUCCESS"), told
        return told if told["status"] == "SUCCESS" else None

    return eventually(ended, 60)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_is_run_by_a_worker_and_reports(api: httpx.Client, remembered: str, feature: str) -> None:
    told = api.post(f"/api/v1/users/{remembered}/tasks", json={"task_type": feature, "priority": "high"}).json()
    assert told["status"] == "submitted"
    result = over(api, told["task_id"])["result"]
    assert result["status"] == "success"
    if feature == "summarization":
        assert result["summaries_created"] == 1
    if feature == "health_check":
        assert 0 < result["health_score"] <= 100
        assert result["health_status"] in ("excellent", "good", "fair", "poor", "critical")
        assert result["recommendations"]


def test_all_of_them_are_one_task(api: httpx.Client, remembered: str) -> None:
    told = api.post(f"/api/v1/users/{remembered}/tasks", json={"task_type": "all_optimizations"}).json()
    assert over(api, told["task_id"])["result"]["status"] == "success"
    listed = api.get(f"/api/v1/users/{remembered}/tasks").json()
    assert {task["task_type"] for task in listed} == {*FEATURES, "all_optimizations"}
    assert {task["status"] for task in listed} == {"completed"}


def test_a_threshold_that_is_reached_runs_by_itself(agent: Agent, api: httpx.Client, house: House, key: str) -> None:
    made = policy(agent, "eager", user_id="eager", summarization_threshold=4, auto_consolidation=False).dict()
    assert api.post("/api/v1/users/eager/policy", json=made).json() == {"status": "success"}
    said = [
        {"content": text, "user_id": "eager", "event_time": f"2025-04-0{n}T00:00:00Z"} for n, text in enumerate(SAID, 1)
    ]
    assert house.caller(key).post("memories", json={"memories": said}).status_code == 201

    def summarized() -> Any:
        return "summary" in api.get("/api/v1/users/eager/statistics").json()["by_type"]

    eventually(summarized, 90)


def test_other_tenants_see_nothing_of_it(api: httpx.Client, another: httpx.Client, remembered: str) -> None:
    (task, *_) = api.get(f"/api/v1/users/{remembered}/tasks").json()
    assert another.get(f"/api/v1/tasks/status/{task['task_id']}").status_code == 404
    assert another.get(f"/api/v1/users/{remembered}/tasks").json() == []
    assert another.get(f"/api/v1/users/{remembered}/statistics").json()["total_memories"] == 0
