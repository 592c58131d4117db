"""The calendar: what will run by itself, and where it meets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation import calendar, due, pauses, policies, schedules
from automation.errors import BadPolicy
from automation.models import Policy
from tenants.models import Tenant
from tests.automation.conftest import Enter, hush
from tests.conftest import costs

pytestmark = pytest.mark.usefixtures("hushing")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules.timezone, "now", lambda: NOW)


def at(cron: str, job: str = "hush") -> dict[str, Any]:
    return {job: {"schedule": {"cron_expression": cron}}}


def told(days: int = 1, **more: Any) -> calendar.Calendar:
    return calendar.between(NOW, NOW + days * DAY, policies.rows(), **more)


def test_the_slots_of_all_policies_come_in_order(in_acme: Tenant) -> None:
    one = policies.create({"jobs": at("0 */8 * * *")})
    two = policies.create({"jobs": {"hush": {"schedule": {"interval_hours": 10}}}}, user_id="ada")
    found = [(planned.at.hour, planned.policy) for planned in told().runs]
    assert found == [(16, one), (22, two), (0, one), (8, one), (8, two)]


def test_slots_end_with_the_window_and_begin_where_the_timer_stands(in_acme: Tenant) -> None:
    policy = policies.create({"jobs": at("0 3 * * *"), "ends_at": NOW + 2 * DAY})
    assert [planned.at.day for planned in told(9).runs] == [22, 23]
    due.due(policy.pk, "hush", NOW + DAY)
    assert [planned.at.day for planned in told(9).runs] == [23]


def test_slots_in_a_pause_are_marked(in_acme: Tenant, globex: Tenant) -> None:
    policies.create({"jobs": at("0 3 * * *")})
    pauses.add(NOW, NOW + DAY, tenant_id=in_acme.pk)
    pauses.add(NOW, NOW + 2 * DAY, tenant_id=globex.pk)
    assert [planned.paused for planned in told(3).runs] == [True, False, False]


def test_jobs_on_the_same_memories_at_nearly_the_same_time_collide(in_acme: Tenant, enter: Enter) -> None:
    enter("nap", hush)
    policies.create({"jobs": at("0 3 * * *") | at("4 3 * * *", "nap")})
    policies.create({"jobs": at("0 3 * * *") | at("6 3 * * *", "nap")}, user_id="ada")
    (met,) = told().collisions
    assert (met.kind, met.at.hour, [planned.job for planned in met.runs]) == ("same_scope", 3, ["hush", "nap"])
    assert told(near=timedelta(minutes=3)).collisions == ()


def test_more_than_the_workers_begin_in_a_minute_is_a_crowd(in_acme: Tenant) -> None:
    for user in range(4):
        policies.create({"jobs": at("0 3 * * *")}, user_id=str(user))
    (met,) = told(crowd=3).collisions
    assert (met.kind, len(met.runs)) == ("crowd", 4)
    assert told(crowd=4).collisions == ()


def test_a_long_list_is_cut_and_says_so(in_acme: Tenant) -> None:
    policies.create({"jobs": at("* * * * *")})
    found = told(2)
    assert (len(found.runs), found.truncated) == (calendar.OF_ONE, True)
    for days in (0, 32):
        with pytest.raises(BadPolicy):
            told(days)


def test_all_tenants_are_told_together(in_acme: Tenant, globex: Tenant) -> None:
    for tenant in (in_acme, globex):
        policy = Policy.objects.create(tenant=tenant, jobs=policies.checked({"jobs": at("0 3 * * *")})["jobs"])
        schedules.sync(policy, NOW)
    found = calendar.between(NOW, NOW + DAY, Policy.objects.all())
    assert {planned.policy.tenant.slug for planned in found.runs} == {"acme", "globex"}


def test_the_calendar_costs_two_queries(in_acme: Tenant) -> None:
    for user in range(5):
        policies.create({"jobs": at("0 3 * * *")}, user_id=str(user))
    with costs(2):
        assert len(told(3).runs) == 15
