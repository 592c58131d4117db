"""The page of quality: figures, what is worse and to blame, run now, and sets."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import tenant_context

from automation import runner
from automation.models import TaskRun
from config.pages import drawn_quality
from events.models import Event
from memory.models import Memory, Question
from memory.upkeep import embed
from tenants.models import Tenant, User
from tests.conftest import Caller
from tests.console.test_pages import member, signed_in

QUALITY = "/t/acme/console/quality/"


@pytest.fixture
def tea(acme: Tenant, ada: Caller) -> str:
    tea = ada.remember("Ada drinks green tea.", user_id="ada")
    ada.post("questions", {"text": "What does <b>Ada</b> drink?", "user_id": "ada", "expected": [tea], "kind": "habit"})
    ada.post("questions", {"text": "Which?", "expected": [tea]})
    return tea


def evaluated(acme: Tenant) -> None:
    with tenant_context(acme):
        embed.pending()
        runner.run_now("evaluate")


def test_it_opens_empty(acme: Tenant) -> None:
    page = member(acme, "viewer").get(QUALITY)
    assert page.status_code == 200
    assert "Nothing was evaluated yet" in page.content.decode()


def test_an_operator_who_is_shown_what_questions_miss_is_told(acme: Tenant, tea: str, ada: Caller) -> None:
    other = ada.remember("Ben drinks coffee.", user_id="ben")
    with tenant_context(acme):
        embed.pending()
        Question.objects.filter(user_id="ada").update(expected=[tea, other])
        runner.run_now("evaluate")
    operator = signed_in(User.objects.create_superuser("operator@example.org", "correct horse"))
    assert "Ben drinks coffee." in operator.get(QUALITY).content.decode()
    assert Event.objects.get(type="operator.saw").data == {"page": "quality", "count": 1}


def test_it_says_that_questions_wait(acme: Tenant, tea: str) -> None:
    assert "2 saved questions wait for the night" in member(acme, "viewer").get(QUALITY).content.decode()


def test_it_shows_the_figures_and_the_questions_as_text(acme: Tenant, tea: str) -> None:
    evaluated(acme)
    page = member(acme, "viewer").get(QUALITY).content.decode()
    assert "<b>1.000</b>Recall" in page
    assert "What does &lt;b&gt;Ada" in page
    assert "habit" in page


def test_what_is_worse_is_shown_with_what_is_to_blame(acme: Tenant, tea: str) -> None:
    evaluated(acme)
    with tenant_context(acme):
        run = runner.run_now("forget", options={"keep": 1.0, "decay": 1.0, "silence": 1.0, "compress": 1.0})
        assert run
        assert Memory.objects.get(pk=tea).state != "active"
    evaluated(acme)
    page = member(acme, "viewer").get(QUALITY).content.decode()
    assert "mh-fell" in page
    assert f"runs/{run.pk}/" in page
    assert "Forget" in page


def test_one_of_before_can_be_looked_at(acme: Tenant, ada: Caller, tea: str) -> None:
    evaluated(acme)
    evaluated(acme)
    first = ada.get("evaluations")[1]["data"][1]["id"]
    viewer = member(acme, "viewer")
    assert "no evaluation before this one" in viewer.get(QUALITY, {"at": first}).content.decode()
    assert viewer.get(QUALITY, {"at": "x"}).status_code == 200


def test_they_are_asked_now(acme: Tenant, tea: str) -> None:
    member(acme, "editor").post(f"{QUALITY}start", {"user_id": "ada"})
    assert TaskRun.objects.filter(job="evaluate", user_id="ada").count() == 1
    assert member(acme, "viewer").post(f"{QUALITY}start").status_code == 403


def test_a_set_is_taken_in_from_a_file_or_as_it_was_typed(acme: Tenant, tea: str) -> None:
    editor = member(acme, "editor")
    told = b'[{"text": "From a file?", "expected_content": ["Ada drinks green tea."]}, {"text": "Lost?", "expected_content": ["x"]}]'
    page = editor.post(f"{QUALITY}import", {"file": SimpleUploadedFile("set.json", told)}, follow=True).content.decode()
    assert "1 saved, 0 changed" in page
    assert "Question 2 is left out: no memory says this." in page
    editor.post(f"{QUALITY}import", {"set": '{"questions": [{"text": "Typed?"}]}'})
    with tenant_context(acme):
        assert Question.objects.filter(text__in=["From a file?", "Typed?"]).count() == 2


@pytest.mark.parametrize("told", ["", "x", "[1]", '["x"]', '[{"text": ""}]', "[" * 9000, '[{"text": "\\u0000"}]'])
def test_what_is_no_set_is_refused(acme: Tenant, told: str) -> None:
    page = member(acme, "editor").post(f"{QUALITY}import", {"set": told}, follow=True)
    assert "Not taken" in page.content.decode()


def test_the_time_of_a_change_reads_as_a_day_and_a_minute() -> None:
    assert drawn_quality.when("2026-11-21T03:01:22.5+00:00") == "2026-11-21 03:01"
    assert drawn_quality.when(None) == ""
