"""HippocampAI's policy in our words and back: nothing is lost on the way."""

from dataclasses import fields
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation import vocabulary
from automation.errors import BadPolicy
from automation.vocabulary import FEATURES, AutomationPolicy, AutomationSchedule, PolicyType

DEFAULTS = {
    "policy_type": "threshold", "enabled": True, "auto_summarization": True, "auto_consolidation": True,
    "auto_compression": False, "importance_decay": True, "health_monitoring": True, "conflict_resolution": True,
    "summarization_threshold": 500, "summarization_age_days": 30, "summarization_schedule": None,
    "consolidation_threshold": 300, "consolidation_similarity": 0.85, "consolidation_schedule": None,
    "compression_threshold": 1000, "compression_target_reduction": 0.30, "compression_schedule": None,
    "decay_half_life_days": 90, "decay_schedule": None, "health_check_schedule": None,
    "health_alert_threshold": 60.0, "conflict_strategy": "temporal", "auto_resolve_conflicts": True,
    "prospective_memory": False, "prospective_eval_interval_seconds": 60, "prospective_max_intents": 100,
}  # fmt: skip
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
SCHEDULES = st.none() | st.builds(
    AutomationSchedule,
    enabled=st.booleans(),
    cron_expression=st.none() | st.just("0 2 * * *"),
    interval_hours=st.none() | st.floats(0.1, 100),
    run_immediately=st.booleans(),
)
KINDS: dict[str, Any] = {
    "bool": st.booleans(), "int": st.integers(1, 10_000), "float": st.floats(0, 100), "str": st.text(max_size=50),
    "PolicyType": st.sampled_from(PolicyType), "datetime": MOMENTS, "automation.vocabulary.AutomationSchedule | None": SCHEDULES,
}  # fmt: skip


def kept(policy: AutomationPolicy) -> Any:
    """Our row, as it comes back from the database."""
    told = vocabulary.told(policy)
    return SimpleNamespace(
        id=uuid4(), user_id=policy.user_id, created_at=datetime.now(UTC), updated_at=policy.updated_at, **told
    )


POLICIES = st.builds(
    AutomationPolicy,
    **{each.name: KINDS[str(getattr(each.type, "__name__", each.type))] for each in fields(AutomationPolicy)},
)


@given(POLICIES)
def test_a_policy_comes_back_as_it_went(policy: AutomationPolicy) -> None:
    assert vocabulary.heard(kept(policy)) == policy


@given(POLICIES)
def test_plain_values_are_read_as_they_were_told(policy: AutomationPolicy) -> None:
    assert vocabulary.read(policy.dict()) == policy


def test_every_field_has_hippocampais_default() -> None:
    policy = AutomationPolicy("ada")
    plain = policy.dict()
    times = {"created_at", "updated_at"}
    assert {name: plain[name] for name in plain if name not in {"user_id", "policy_id", *times}} == DEFAULTS
    assert AutomationSchedule() == AutomationSchedule(True, None, None, False)
    assert all(plain[name].tzinfo is UTC for name in times)


def test_two_policies_of_one_second_have_two_ids() -> None:
    assert AutomationPolicy("ada").policy_id != AutomationPolicy("ada").policy_id


def test_features_are_our_jobs_with_their_numbers() -> None:
    policy = AutomationPolicy("ada", summarization_threshold=7, decay_schedule=AutomationSchedule(interval_hours=24))
    jobs = vocabulary.told(policy)["jobs"]
    assert list(jobs) == ["summarize", "consolidate", "compress", "decay", "health_check", "resolve_conflicts"]
    assert (jobs["summarize"]["enabled"], jobs["summarize"]["threshold"]) == (True, 7)
    assert jobs["compress"]["enabled"] is False
    assert "threshold" not in jobs["decay"]
    assert jobs["decay"]["schedule"]["interval_hours"] == 24


def test_a_schedule_that_says_no_time_runs_nothing_and_is_kept() -> None:
    policy = AutomationPolicy("ada", summarization_schedule=AutomationSchedule())
    row = kept(policy)
    assert "schedule" not in row.jobs["summarize"]
    assert vocabulary.heard(row).summarization_schedule == AutomationSchedule()


@pytest.mark.parametrize("name", FEATURES)
def test_what_is_wrong_with_ours_is_pointed_at_in_theirs(name: str) -> None:
    feature = FEATURES[name]
    for theirs, ours in feature.options.items():
        assert vocabulary.pointer(f"/jobs/{feature.job}/options/{ours}") == f"/{theirs}"
    if feature.threshold:
        assert vocabulary.pointer(f"/jobs/{feature.job}/threshold") == f"/{feature.threshold}"
    if feature.schedule:
        at = vocabulary.pointer(f"/jobs/{feature.job}/schedule/cron_expression")
        assert at == f"/{feature.schedule}/cron_expression"


def test_other_pointers_stay() -> None:
    assert [vocabulary.pointer(at) for at in ("/user_id", "", "/jobs/summarize")] == ["/user_id", "", "/jobs/summarize"]


@pytest.mark.parametrize(
    "said", [{"colour": 1}, {"policy_type": "hourly"}, {"decay_schedule": {"when": 1}}, {"created_at": "no"}]
)
def test_what_is_no_policy_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(BadPolicy):
        vocabulary.read({"user_id": "ada"} | said)


def test_a_policy_of_ours_that_names_few_jobs_has_the_others_off() -> None:
    row = kept(AutomationPolicy("ada"))
    row.jobs = {"decay": {"enabled": True, "threshold": None, "schedule": None, "options": {}}}
    row.extras = {}
    told = vocabulary.heard(row)
    assert (told.importance_decay, told.auto_summarization, told.decay_half_life_days) == (True, False, 90)
    assert told.policy_id == str(row.id)
