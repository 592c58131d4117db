"""The pages of runs: the live list, a run, and what one does to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import runner, worker
from automation.models import TaskRun
from config.pages.runs import span
from events.models import Event
from memory.models import Memory
from memory.privacy import erase
from memory.privacy.subjects import Subject
from memory.remember import remember_many
from memory.types import Draft, Scope
from memory.upkeep.plan import Change, Reach, Touch
from tenants import members
from tenants.models import Tenant, User
from tests.automation.conftest import Enter, Options
from tests.conftest import costs
from tests.console.test_pages import signed_in

PAGE = "/t/acme/console/runs/"
pytestmark = pytest.mark.usefixtures("hushing")


def member(tenant: Tenant, role: str) -> Client:
    return signed_in(members.add(tenant, f"{role}@example.org", role, by="platform").user)


@pytest.fixture
def editor(acme: Tenant) -> Client:
    return member(acme, "editor")


@pytest.fixture
def operator(db: None) -> Client:
    return signed_in(User.objects.create_superuser("operator@example.org"))


def fill(tenant: Tenant, count: int = 4) -> None:
    with tenant_context(tenant):
        remember_many(
            [Draft(f"xyzzy {i}", Scope(user_id="ada"), importance=0.2 if i % 2 else 0.8) for i in range(count)]
        )


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def newest() -> TaskRun:
    return TaskRun.objects.order_by("-id")[0]


def started(client: Client, **form: str) -> TaskRun:
    answer = client.post(f"{PAGE}start", {"job": "hush"} | form)
    run = newest()
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}{run.pk}/")
    return run


def test_without_runs_the_page_says_how_to_start_one(editor: Client) -> None:
    page = text(editor.get(PAGE))
    assert "Nothing has run yet." in page
    assert "POST /api/v1/runs" in page


def test_a_dry_run_is_looked_at_and_then_done_and_undone(editor: Client, acme: Tenant) -> None:
    fill(acme)
    run = started(editor, user_id="ada", dry_run="1", options='{"below": 0.5}', priority="high")
    assert (run.dry_run, run.priority, run.user_id) == (True, 7, "ada")
    worker.work()
    page = text(editor.get(f"{PAGE}{run.pk}/"))
    assert "Do it" in page
    assert 'aria-label="silence: 2"' in page
    assert "Scores from 0 to 1" in page
    done = started(editor, user_id="ada", options='{"below": 0.5}')
    worker.work()
    page = text(editor.get(f"{PAGE}{done.pk}/"))
    assert "Undo 2 steps" in page
    assert "<del>active</del> <ins>silent</ins>" in page
    assert editor.post(f"{PAGE}{done.pk}/act", {"step": "undo"})["Location"] == f"{PAGE}{newest().pk}/"
    worker.work()
    with tenant_context(acme):
        assert Memory.objects.filter(state="active").count() == 4
    page = text(editor.get(f"{PAGE}{done.pk}/"))
    assert "was taken back" in page
    assert "Undo 2" not in page


def test_new_words_are_shown_word_by_word(editor: Client, acme: Tenant, enter: Enter) -> None:
    def shorten(reach: Reach, options: Any, now: Any) -> Any:
        """Shorten."""
        for memory in reach.rows().movable().order_by("id"):
            yield Change("shorten", memory.pk, touches=(Touch(memory.pk, memory.version, {"content": "Tea & milk."}),))

    enter("shorten", shorten, options=Options)
    with tenant_context(acme):
        remember_many([Draft("Tea & much milk.")])
    run = started(editor, job="shorten")
    worker.work()
    page = text(editor.get(f"{PAGE}{run.pk}/"))
    assert "Tea &amp; <del>much </del>milk." in page


def test_what_cannot_be_started_is_said(editor: Client) -> None:
    for form in ({"job": "dance"}, {"options": "["}, {"options": "[1]"}, {"options": '{"below": 9}'}, {"job": "\x00"}):
        answer = editor.post(f"{PAGE}start", {"job": "hush"} | form, follow=True)
        assert "Not started" in text(answer)
    assert not TaskRun.objects.exists()


def test_that_nothing_is_run_for_who_is_being_erased_is_said(editor: Client, acme: Tenant) -> None:
    with tenant_context(acme):
        erase.request(Subject("user", "ada"), 0)
    for page in (f"{PAGE}start", PAGE.replace("runs", "simulator") + "apply"):
        answer = editor.post(page, {"job": "hush", "user_id": "ada", "seen": "0"}, follow=True)
        assert "whom it names was erased" in text(answer)
    assert not TaskRun.objects.exists()


def test_what_cannot_be_done_to_a_run_is_said(editor: Client) -> None:
    run = started(editor)
    assert "It is stopped" in text(editor.post(f"{PAGE}{run.pk}/act", {"step": "cancel"}, follow=True))
    assert "Not done" in text(editor.post(f"{PAGE}{run.pk}/act", {"step": "cancel"}, follow=True))
    assert "It is tried again" in text(editor.post(f"{PAGE}{run.pk}/act", {"step": "retry"}, follow=True))
    assert editor.post(f"{PAGE}{run.pk}/act", {"step": "dance"}).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "analyst"])
def test_who_does_not_write_only_looks(acme: Tenant, role: str, editor: Client) -> None:
    run, reader = started(editor), member(acme, role)
    page = text(reader.get(PAGE))
    assert "For user" not in page
    assert "Cancel" not in text(reader.get(f"{PAGE}{run.pk}/"))
    assert reader.post(f"{PAGE}start", {"job": "hush"}).status_code == 403
    assert reader.post(f"{PAGE}{run.pk}/act", {"step": "cancel"}).status_code == 403


def test_a_run_of_another_tenant_is_not_there(editor: Client, globex: Tenant) -> None:
    with tenant_context(globex):
        run = runner.start("hush")
    assert run is not None
    assert str(run.pk) not in text(editor.get(PAGE))
    assert editor.get(f"{PAGE}{run.pk}/").status_code == 404
    assert editor.post(f"{PAGE}{run.pk}/act", {"step": "cancel"}).status_code == 404


def test_the_platform_sees_runs_of_all_tenants_and_starts_none(
    operator: Client, editor: Client, acme: Tenant, globex: Tenant
) -> None:
    for tenant in (acme, globex):
        with tenant_context(tenant):
            runner.start("hush")
    page = text(operator.get("/console/runs/"))
    assert f"/t/globex/console/runs/{newest().pk}/" in page
    assert page.count("data-run=") == 2
    assert "For user" not in page
    assert text(operator.get("/console/runs/?tenant=acme")).count("data-run=") == 1
    assert operator.post("/console/runs/start", {"job": "hush"}).status_code == 404
    assert editor.get("/console/runs/").status_code == 403


def test_what_seems_stuck_is_counted_and_found(editor: Client) -> None:
    for _ in range(3):
        started(editor)
    ago = timezone.now() - timedelta(minutes=11)
    first, second, _ = TaskRun.objects.order_by("id")
    TaskRun.objects.filter(pk=first.pk).update(wait_until=ago)
    TaskRun.objects.filter(pk=second.pk).update(state="running", started_at=ago, heartbeat_at=ago)
    page = text(editor.get(f"{PAGE}?stuck=1"))
    assert page.count("data-run=") == 2
    assert "waits for long" in page
    assert "no heartbeat" in page
    assert '<b class="mh-error">2</b>seem stuck' in page


def test_runs_are_narrowed_and_paged(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.pages.runs.LISTED", 2)
    runs = [started(editor) for _ in range(3)]
    page = text(editor.get(PAGE))
    assert page.count("data-run=") == 2
    assert f"?before={runs[1].pk}" in page
    assert text(editor.get(f"{PAGE}?before={runs[1].pk}")).count("data-run=") == 1
    assert "No run is like that" in text(editor.get(f"{PAGE}?state=dead&job=hush"))
    assert text(editor.get(f"{PAGE}?before=x&state=\x00&job={'x' * 2000}"))


def test_steps_are_paged_and_narrowed(editor: Client, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.pages.run.STEPS", 2)
    fill(acme, 6)
    run = started(editor)
    worker.work()
    assert "after=2" in text(editor.get(f"{PAGE}{run.pk}/"))
    assert text(editor.get(f"{PAGE}{run.pk}/?after=2")).count("mh-version") == 1
    assert text(editor.get(f"{PAGE}{run.pk}/?action=keep")).count("mh-version") == 0


def test_the_list_costs_as_much_for_many_as_for_one(editor: Client) -> None:
    for _ in range(5):
        started(editor)
    editor.get(PAGE)
    with costs(LIST):
        editor.get(f"{PAGE}?state=pending")
    TaskRun.objects.exclude(pk=newest().pk).delete()
    with costs(LIST):
        editor.get(f"{PAGE}?state=pending")


LIST = 10  # who asks and where: 4; the switcher; the runs, and who started them; how much waits, and where


def test_an_operator_who_sees_what_a_run_changed_leaves_a_fact(operator: Client, acme: Tenant) -> None:
    fill(acme)
    with tenant_context(acme):
        run = runner.run_now("hush")
    assert run is not None
    operator.get(f"{PAGE}{run.pk}/")
    seen = Event.objects.get(type="operator.saw")
    assert seen.data == {"page": "run", "count": 2}


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (0.04, "0.0 s"), (59.94, "59.9 s"), (90, "1 min 30 s"), (5000, "1 h 23 min")]
)
def test_durations_are_told_in_words(seconds: float | None, said: str) -> None:
    assert span(seconds) == said
