"""Policies, their calendar and saved questions in the console."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import pauses, policies, registry
from automation.models import Pause, Policy, TaskRun
from config.pages import policy_words
from events.models import Event
from memory.models import Question
from memory.remember import remember
from memory.types import Draft
from memory.upkeep import decay, embed, forget
from tenants.models import Tenant, User
from tests.console.test_simulator import member

HOME = "/t/acme/console/"
NIGHTLY = {"enabled": True, "cron_expression": "0 3 * * *", "interval_hours": None, "run_immediately": False}
FORM = {
    "name": "Nightly order", "type": "schedule", "time_zone": "Europe/Berlin", "misfire": "run_once", "enabled": "on",
    "forget.mode": "on", "forget._cron": "0 3 * * *", "forget.keep": "0.6", "decay.mode": "off",
}  # fmt: skip


@pytest.fixture(autouse=True)
def two_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [("forget", forget.plan, forget.Options), ("decay", decay.plan, decay.Options)]
    told = {
        name: registry.Job(name, name.title(), plan.__doc__ or "", plan, options, lambda counts: {})
        for name, plan, options in jobs
    }
    monkeypatch.setattr(registry, "JOBS", told)


@pytest.fixture
def admin(acme: Tenant) -> Client:
    return member(acme, "admin")


@pytest.fixture
def policy(acme: Tenant) -> Policy:
    with tenant_context(acme):
        jobs = {"forget": {"schedule": NIGHTLY}, "decay": {"schedule": NIGHTLY}}
        return policies.create({"name": "Nightly", "type": "schedule", "jobs": jobs})


def text(client: Client, path: str) -> str:
    answer = client.get(f"{HOME}{path}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_without_policies_it_says_what_to_do_next(admin: Client) -> None:
    assert "Nothing runs by itself yet" in text(admin, "policies/")
    assert "Nothing is due by the clock" in text(admin, "calendar/")
    assert "No question is saved yet" in text(admin, "questions/")


def test_a_policy_is_made_from_the_form_and_told_in_words(admin: Client, acme: Tenant) -> None:
    made = admin.post(f"{HOME}policies/new/", FORM)
    policy = Policy.objects.get()
    assert made["Location"].endswith(f"/policies/{policy.pk}/")
    assert policy.jobs["forget"] == {
        "enabled": True, "threshold": None, "options": {"keep": 0.6}, "schedule": NIGHTLY,
    }  # fmt: skip
    assert policy.jobs["decay"]["enabled"] is False
    told = text(admin, f"policies/{policy.pk}/")
    assert "For everybody: Forget at 03:00 every day, with keep 0.6." in told
    assert "Never: Decay, whatever a policy further away says." in told
    assert "Times are those of Europe/Berlin. What was missed is made up for once." in told
    assert "it has not run yet" in text(admin, "policies/")


@pytest.mark.parametrize(("wrong", "says"), [
    ({"forget._cron": "at night"}, "jobs › forget › schedule › cron expression"),
    ({"forget.keep": "7"}, "jobs › forget › options › keep is from 0 to 1"),
    ({"forget._hours": "soon", "forget._cron": ""}, "interval hours is a number"),
    ({"forget._threshold": "many"}, "jobs › forget › threshold is a whole number"),
    ({"time_zone": "Mars/Olympus"}, "time zone is not the name of a time zone"),
    ({"starts_at": "tomorrow"}, "starts at is not a time"),
    ({"namespace": "work", "user_id": "ada"}, "a policy is for one of both"),
    ({"starts_at": "2030-01-02T00:00", "ends_at": "2030-01-01T00:00"}, "ends at is not after starts_at"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(admin: Client, wrong: dict[str, str], says: str) -> None:
    answer = admin.post(f"{HOME}policies/new/", FORM | wrong)
    told = unescape(answer.content.decode())
    assert says in told
    assert 'value="Nightly order"' in told
    assert not Policy.objects.exists()


def test_a_second_policy_of_a_scope_is_refused(admin: Client, policy: Policy) -> None:
    assert "There is a policy for this scope already" in admin.post(f"{HOME}policies/new/", FORM).content.decode()


def test_a_change_is_a_version_that_can_be_compared_and_restored(admin: Client, policy: Policy) -> None:
    path = f"policies/{policy.pk}/"
    assert admin.post(f"{HOME}{path}", FORM | {"version": "1"}).status_code == 302
    told = text(admin, path)
    assert "jobs › forget › options" in told
    assert "<ins>Nightly order</ins>" in told
    admin.post(f"{HOME}{path}act", {"step": "restore", "version": "1"})
    policy.refresh_from_db()
    assert (policy.version, policy.name) == (3, "Nightly")


def test_what_somebody_else_has_changed_is_not_overwritten(admin: Client, policy: Policy) -> None:
    answer = admin.post(f"{HOME}policies/{policy.pk}/", FORM | {"version": "7"})
    assert "Somebody else has changed it" in answer.content.decode()


def test_a_policy_is_switched_off_and_deleted(admin: Client, policy: Policy) -> None:
    admin.post(f"{HOME}policies/{policy.pk}/act", {"step": "off"})
    assert "It is switched off." in text(admin, f"policies/{policy.pk}/")
    admin.post(f"{HOME}policies/{policy.pk}/act", {"step": "delete"})
    assert not Policy.objects.exists()
    assert admin.get(f"{HOME}policies/{policy.pk}/").status_code == 404


def test_run_now_starts_the_job_that_is_named_or_all_that_are_on(admin: Client, policy: Policy) -> None:
    admin.post(f"{HOME}policies/{policy.pk}/run", {"job": "decay"})
    assert [run.job for run in TaskRun.objects.all()] == ["decay"]
    admin.post(f"{HOME}policies/{policy.pk}/run", {})
    assert sorted(TaskRun.objects.values_list("job", flat=True)) == ["decay", "decay", "forget"]
    assert set(TaskRun.objects.values_list("policy", flat=True)) == {policy.pk}


def test_two_jobs_on_the_same_memories_at_one_time_are_drawn_as_meeting(admin: Client, policy: Policy) -> None:
    told = text(admin, f"calendar/?week={(timezone.now() + timedelta(days=7)).date()}")
    assert told.count("mh-met") == 7
    assert "meet on the same memories" in told


def test_a_pause_is_set_shown_and_ended(admin: Client, acme: Tenant, policy: Policy) -> None:
    until = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    admin.post(f"{HOME}calendar/pause", {"ends_at": until, "reason": "moving"})
    pause = Pause.objects.get()
    assert (pause.tenant_id, pause.reason) == (acme.pk, "moving")
    assert "This tenant rests until" in text(admin, "calendar/")
    admin.post(f"{HOME}calendar/pause", {"end": str(pause.pk)})
    assert not Pause.objects.exists()
    for wrong in ({}, {"ends_at": "later"}, {"ends_at": "2001-01-01T00:00"}, {"end": "nobody"}):
        assert admin.post(f"{HOME}calendar/pause", wrong).status_code == 302
    assert not Pause.objects.exists()


@pytest.mark.parametrize("week", ["", "never", "2026-02-30", "0001-01-01", "9999-12-31", "2020-05-05"])
def test_any_week_can_be_asked_for(admin: Client, policy: Policy, week: str) -> None:
    assert "mh-week" in text(admin, f"calendar/?week={week}")


def test_the_platform_sees_the_calendar_of_all_tenants_and_pauses_all(policy: Policy, acme: Tenant) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    told = client.get("/console/calendar/").content.decode()
    assert f"/t/acme/console/policies/{policy.pk}/" in told
    until = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    client.post("/console/calendar/pause", {"ends_at": until})
    assert pauses.standing(acme.pk, timezone.now())
    assert "The whole platform rests until" in client.get("/console/calendar/").content.decode()


def test_a_policy_of_another_tenant_is_not_there(admin: Client, globex: Tenant) -> None:
    with tenant_context(globex):
        other = policies.create({"jobs": {"forget": {}}})
    for path in ("", "act", "run"):
        answer = admin.post(f"{HOME}policies/{other.pk}/{path}", {"step": "delete"})
        assert answer.status_code in (302, 404)
    assert Policy.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("role", ["viewer", "analyst", "editor"])
def test_who_is_no_admin_only_looks(acme: Tenant, policy: Policy, role: str) -> None:
    reader = member(acme, role)
    assert "Run now" not in text(reader, "policies/") + text(reader, "calendar/")
    assert "Save" not in text(reader, f"policies/{policy.pk}/").partition("mh-editor")[2].partition("</form>")[0]
    for path in ("policies/new/", f"policies/{policy.pk}/", f"policies/{policy.pk}/run", "calendar/pause"):
        assert reader.post(f"{HOME}{path}", {}).status_code == 403


def test_a_question_is_saved_in_the_playground_with_its_ticked_answers(admin: Client, acme: Tenant) -> None:
    with tenant_context(acme):
        tea = remember(Draft("Tea, without sugar.")).id
        embed.pending()
    assert "Save this question" in text(admin, "recall/?q=tea")
    sent: dict[str, Any] = {"text": "tea", "limit": "5", "expected": [str(tea)], "filters": "{}", "note": "hers"}
    assert admin.post(f"{HOME}questions/save", sent).status_code == 302
    told = text(admin, "questions/")
    assert "hers" in told
    assert '<b class="mh-same">1</b> of 1' in told
    with tenant_context(acme):
        question = Question.objects.get()
    admin.post(f"{HOME}questions/{question.pk}/delete")
    with tenant_context(acme):
        assert not Question.objects.exists()
    assert Event.objects.filter(type__startswith="question.").count() == 2


@pytest.mark.parametrize("wrong", [
    {"text": ""}, {"filters": "["}, {"filters": "[]"}, {"expected": ["x"]}, {"limit": "many"}, {"user_id": "x" * 256},
    {"filters": '{"colour": 1}'}, {"expected": ["01a1fc31-325e-776f-a220-14f1782bb309"]},
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_not_saved(admin: Client, acme: Tenant, wrong: dict[str, Any]) -> None:
    assert admin.post(f"{HOME}questions/save", {"text": "tea", "limit": "5"} | wrong).status_code == 302
    with tenant_context(acme):
        assert not Question.objects.exists()


def test_each_job_of_the_catalogue_has_a_colour_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    told = Path("static/console/console.css").read_text()
    hues = {
        name: re.findall(rf"\.{policy_words.tone(name)} {{ --hue: (#\w+);", told) for name in [*registry.JOBS, "gone"]
    }
    assert all(len(found) == 1 for found in hues.values())
    assert len({found[0] for found in hues.values()}) == len(hues)


def test_what_is_wrong_with_a_pause_is_told_in_the_words_of_the_form(admin: Client) -> None:
    sent = {"starts_at": "2030-02-01T10:00", "ends_at": "2030-01-01T10:00"}
    said = admin.post(HOME + "calendar/pause", sent, follow=True).content.decode()
    assert "Not paused: Until is not after From and now." in said
