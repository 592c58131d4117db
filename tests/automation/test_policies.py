"""Policies: one a scope, versioned, checked field by field; the nearest one decides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation import policies
from automation.checking import CHANGEABLE, checked
from automation.errors import BadPolicy, PolicyThere
from automation.models import Policy, PolicyVersion
from events.models import Event
from memory.errors import OutsideNamespaces, VersionConflict
from memory.upkeep.plan import Reach
from tenants import bounds
from tenants.models import Tenant
from tests.automation.conftest import Enter, hush

pytestmark = pytest.mark.usefixtures("hushing")
NIGHTLY = {"cron_expression": "0 3 * * *"}


def told(**more: Any) -> dict[str, Any]:
    return {"jobs": {"hush": more}}


def names(type: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(type=type).order_by("id").values_list("data", flat=True))


def test_a_policy_is_kept_with_its_first_version_and_one_fact(in_acme: Tenant) -> None:
    policy = policies.create({"name": "Night", **told(threshold=5, schedule=NIGHTLY)}, user_id="ada")
    assert policies.find(policy.pk) == policy
    assert policies.of(user_id="ada") == policy
    schedule = NIGHTLY | {"enabled": True, "interval_hours": None, "run_immediately": False}
    assert policy.jobs["hush"] == {"enabled": True, "threshold": 5, "schedule": schedule, "options": {}}
    (version,) = policies.versions(policy.pk)
    assert (version.version, version.told["name"], version.actor) == (1, "Night", "system")
    assert names("policy.created") == [{"namespace": "", "user_id": "ada", "version": 1}]


def test_one_scope_has_one_policy(in_acme: Tenant, globex: Tenant) -> None:
    policies.create({}, user_id="ada")
    with pytest.raises(PolicyThere):
        policies.create({}, user_id="ada")
    policies.create({})
    policies.create({}, namespace="ada")


def test_each_change_is_a_version_and_what_changes_nothing_is_none(in_acme: Tenant) -> None:
    policy = policies.create(told(threshold=5))
    changed = policies.change(policy.pk, {"name": "Other", "enabled": False})
    assert changed
    assert (changed.version, changed.name, changed.enabled) == (2, "Other", False)
    same = policies.change(policy.pk, {"name": "Other"})
    assert same
    assert same.version == 2
    assert names("policy.changed") == [{"namespace": "", "user_id": "", "version": 2, "fields": ["enabled", "name"]}]


def test_a_version_is_said_again_as_a_new_one(in_acme: Tenant) -> None:
    begins = datetime(2027, 1, 1, tzinfo=UTC)
    policy = policies.create(told(threshold=5) | {"starts_at": begins})
    policies.change(policy.pk, told(threshold=9) | {"starts_at": None})
    back = policies.restore(policy.pk, 1)
    assert back
    assert (back.version, back.jobs["hush"]["threshold"], back.starts_at) == (3, 5, begins)
    assert policies.restore(policy.pk, 9) is None


def test_all_of_it_is_said_anew(in_acme: Tenant) -> None:
    policy = policies.create(told() | {"name": "Night", "type": "schedule", "owner": "ada@example.org"})
    again = policies.replace(policy.pk, {"name": "Day"})
    assert again
    assert (again.name, again.type, again.jobs, again.owner) == ("Day", "threshold", {}, "ada@example.org")


def test_a_version_that_moved_on_is_not_overwritten(in_acme: Tenant) -> None:
    policy = policies.create({})
    policies.change(policy.pk, {"name": "x"}, expected=1)
    with pytest.raises(VersionConflict):
        policies.change(policy.pk, {"name": "y"}, expected=1)
    with pytest.raises(VersionConflict):
        policies.delete(policy.pk, expected=1)
    assert policies.delete(policy.pk, expected=2)
    assert not policies.delete(policy.pk)
    assert not PolicyVersion.objects.exists()
    assert names("policy.deleted") == [{"namespace": "", "user_id": "", "version": 2}]


WRONG = [
    ({"jobs": []}, "/jobs"),
    ({"jobs": {"nap": {}}}, "/jobs/nap"),
    ({"jobs": {"a/b": {}}}, "/jobs/a~1b"),
    ({"jobs": {"hush": []}}, "/jobs/hush"),
    (told(extra=1), "/jobs/hush/extra"),
    (told(enabled="yes"), "/jobs/hush/enabled"),
    (told(threshold=0), "/jobs/hush/threshold"),
    (told(threshold=True), "/jobs/hush/threshold"),
    (told(threshold=1.5), "/jobs/hush/threshold"),
    (told(options=[]), "/jobs/hush/options"),
    (told(options={"below": 2}), "/jobs/hush/options/below"),
    (told(options={"above": 2}), "/jobs/hush/options/above"),
    (told(schedule=[]), "/jobs/hush/schedule"),
    (told(schedule={}), "/jobs/hush/schedule"),
    (told(schedule=NIGHTLY | {"interval_hours": 1}), "/jobs/hush/schedule"),
    (told(schedule={"cron_expression": "0 3 * *"}), "/jobs/hush/schedule/cron_expression"),
    (told(schedule={"cron_expression": 3}), "/jobs/hush/schedule/cron_expression"),
    (told(schedule={"interval_hours": 0}), "/jobs/hush/schedule/interval_hours"),
    (told(schedule={"interval_hours": 0.001}), "/jobs/hush/schedule/interval_hours"),
    (told(schedule={"interval_hours": float("inf")}), "/jobs/hush/schedule/interval_hours"),
    (told(schedule={"interval_hours": float("nan")}), "/jobs/hush/schedule/interval_hours"),
    (told(schedule=NIGHTLY | {"run_immediately": 1}), "/jobs/hush/schedule/run_immediately"),
    ({"type": "sometimes"}, "/type"),
    ({"type": []}, "/type"),
    ({"misfire": "maybe"}, "/misfire"),
    ({"time_zone": "Mars/Olympus"}, "/time_zone"),
    ({"time_zone": "../etc/passwd"}, "/time_zone"),
    ({"time_zone": 3}, "/time_zone"),
    ({"starts_at": datetime(2026, 1, 1)}, "/starts_at"),
    ({"starts_at": datetime(2026, 1, 2, tzinfo=UTC), "ends_at": datetime(2026, 1, 1, tzinfo=UTC)}, "/ends_at"),
    ({"name": "x" * 101}, "/name"),
    ({"extras": {"x": "y" * 20_000}}, "/extras"),
    ({"scope": "all"}, "/scope"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "pointer"), WRONG)
def test_what_is_wrong_is_told_with_its_place(in_acme: Tenant, said: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadPolicy) as wrong:
        policies.create(said)
    assert wrong.value.pointer == pointer
    assert not Policy.objects.exists()


def test_a_policy_is_for_a_namespace_or_a_user(in_acme: Tenant) -> None:
    with pytest.raises(BadPolicy):
        policies.create({}, namespace="work", user_id="ada")


def test_the_nearest_policy_that_names_a_job_decides(in_acme: Tenant, enter: Enter) -> None:
    enter("nap", hush, threshold=7)
    wide = policies.create({"jobs": {"hush": {"threshold": 1}, "nap": {}}})
    space = policies.create(told(threshold=2), namespace="work")
    own = policies.create(told(enabled=False), user_id="ada")

    def decided(namespace: str, user_id: str) -> dict[str, tuple[Policy, int | None, bool]]:
        said = policies.effective(namespace, user_id)
        return {job: (each.policy, each.threshold, each.enabled) for job, each in said.items()}

    assert decided("", "") == {"hush": (wide, 1, True), "nap": (wide, 7, True)}
    assert decided("work", "ben")["hush"] == (space, 2, True)
    assert decided("work", "ada") == {"hush": (own, None, False), "nap": (wide, 7, True)}


def test_a_policy_that_is_off_or_outside_its_window_is_as_if_it_was_not_there(in_acme: Tenant) -> None:
    wide = policies.create(told())
    own = policies.create(told() | {"enabled": False}, user_id="ada")
    assert policies.effective(user_id="ada")["hush"].policy == wide
    assert policies.reach_of(wide, "hush").except_users == ()
    tomorrow = timezone.now() + timedelta(days=1)
    policies.change(own.pk, {"enabled": True, "starts_at": tomorrow})
    assert policies.effective(user_id="ada")["hush"].policy == wide
    later = policies.effective(user_id="ada", now=tomorrow + timedelta(hours=1))
    assert later["hush"].policy == own


def test_a_policy_reaches_nobody_who_has_a_nearer_one(in_acme: Tenant, globex: Tenant) -> None:
    wide = policies.create(told())
    space = policies.create(told(), namespace="work")
    own = policies.create(told(), user_id="ada")
    policies.create({}, user_id="ben")  # says nothing of the job
    assert policies.reach_of(wide, "hush") == Reach(except_users=("ada",), except_namespaces=("work",))
    assert policies.reach_of(space, "hush") == Reach(namespace="work", except_users=("ada",))
    assert policies.reach_of(own, "hush") == Reach(user_id="ada")


def test_another_tenants_policies_are_not_there(in_acme: Tenant, globex: Tenant) -> None:
    mine = policies.create(told(), user_id="ada")
    with tenant_context(globex):
        assert list(policies.rows()) == []
        assert policies.find(mine.pk) is policies.of(user_id="ada") is None
        assert policies.effective(user_id="ada") == {}
        assert policies.change(mine.pk, {"name": "mine"}) is None
        assert not policies.delete(mine.pk)
        assert not policies.versions(mine.pk).exists()
        assert policies.restore(mine.pk, 1) is None
        assert policies.reach_of(policies.create(told()), "hush") == Reach()


def test_who_is_bound_to_namespaces_sees_and_makes_only_their_policies(in_acme: Tenant) -> None:
    wide = policies.create({})
    policies.create({}, namespace="home")
    with bounds.bound_to(("work",)):
        mine = policies.create({}, namespace="work")
        assert list(policies.rows()) == [mine]
        assert policies.change(wide.pk, {"name": "mine"}) is None
        for scope in ({}, {"namespace": "home"}, {"user_id": "ada"}):
            with pytest.raises(OutsideNamespaces):
                policies.create({}, **scope)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
words = st.sampled_from(
    ["hush", "enabled", "threshold", "schedule", "cron_expression", "interval_hours", "options", "x"]
)
anything = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*CHANGEABLE, "x"]), anything, max_size=3), anything, anything)
def test_whatever_is_said_is_either_kept_or_refused_with_its_place(said: Any, job: Any, schedule: Any) -> None:
    for told in (said, {"jobs": {"hush": job}}, {"jobs": {"hush": {"schedule": schedule}}}):
        assert kept_or_place(told) in (set(told), "/")


def kept_or_place(told: dict[str, Any]) -> Any:
    try:
        return set(checked(told))
    except BadPolicy as wrong:
        return wrong.pointer[:1]
