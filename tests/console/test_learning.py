"""The pages of the learning history: learning, patterns and recommendations."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import learning, suggestions
from analytics.models import LearningEvent, Suggestion
from analytics.types import Judgement, Lesson
from automation.models import Policy, TaskRun
from events.models import Event
from memory.remember import remember
from memory.types import Draft, Scope
from tenants.models import Tenant, User
from tests.console.test_pages import member

LEARNING, PATTERNS, WISHES = (f"/t/acme/console/{name}/" for name in ("learning", "patterns", "recommendations"))


def learn(acme: Tenant, count: int = 1, **said: Any) -> list[LearningEvent]:
    feedback = Judgement(**{name: said.pop(name) for name in ("correct", "rating") if name in said})
    told: dict[str, Any] = {"type": "training", "domain": "shop", "occurred_at": timezone.now() - timedelta(hours=2)}
    with tenant_context(acme):
        return learning.record_all([Lesson(**told | said, feedback=feedback) for _ in range(count)])


def text(client: Client, path: str, **asked: str) -> str:
    page = client.get(path, asked)
    assert page.status_code == 200
    return page.content.decode()


@pytest.fixture
def suggested(acme: Tenant) -> Suggestion:
    learn(acme, 30)
    with tenant_context(acme):
        suggestions.look()
        return Suggestion.objects.get()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (LEARNING, "Nothing was learned in this time"),
        (PATTERNS, "No pattern in this time"),
        (WISHES, "Nothing is suggested"),
    ],
)
def test_each_page_opens_empty(acme: Tenant, path: str, says: str) -> None:
    viewer = member(acme, "viewer")
    for asked in ({}, {"range": "24h"}, {"range": "own", "from": "2026-01-01", "to": "x"}, {"domain": "nobody's"}):
        assert says in text(viewer, path, **asked)


def test_events_are_listed_narrowed_and_paged(acme: Tenant) -> None:
    learn(acme, 60, agent="helper", correct=True, confidence=0.9)
    learn(acme, 1, agent="clerk", session_id="s-1")
    viewer = member(acme, "viewer")
    page = text(viewer, LEARNING)
    assert "Events: 61" in page
    older = page.partition("&amp;before=")[2].partition('"')[0]
    assert text(viewer, LEARNING, before=older).count(">helper</span>") == 11
    assert "Events that are like that: 1" in text(viewer, LEARNING, agent="clerk")
    assert "Events that are like that: 1" in text(viewer, LEARNING, told="open")
    assert "No event is like that" in text(viewer, LEARNING, told="wrong")
    assert "Events that are like that: 61" in text(viewer, LEARNING, before="nonsense")


def test_the_curve_has_a_table_behind_it(acme: Tenant) -> None:
    for day in range(6):
        learn(acme, 2, confidence=0.5 + day / 20, occurred_at=timezone.now() - timedelta(days=6 - day))
    page = text(member(acme, "viewer"), LEARNING)
    assert "Learning curve" in page
    assert "expected" in page
    assert "<summary>Table</summary>" in page


def test_what_an_agent_said_is_text(acme: Tenant) -> None:
    (row,) = learn(acme, input={"<script>": "<script>alert(1)</script>"}, agent="<b>x</b>", session_id="<i>")
    viewer = member(acme, "viewer")
    page = text(viewer, f"{LEARNING}{row.pk}/") + text(viewer, LEARNING)
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_person_says_what_became_of_an_event(acme: Tenant) -> None:
    (row,) = learn(acme)
    where, editor = f"{LEARNING}{row.pk}/", member(acme, "editor")
    said = {"correct": "no", "improved": "", "rating": "2", "explanation": "It opens at ten."}
    page = editor.post(f"{where}judge", said, follow=True).content.decode()
    assert "It opens at ten." in page
    with tenant_context(acme):
        row.refresh_from_db()
    assert (row.correct, row.improved, row.rating) == (False, None, 2)
    assert "Not noted" in editor.post(f"{where}judge", {"rating": "9"}, follow=True).content.decode()
    assert member(acme, "viewer").post(f"{where}judge", said).status_code == 403


def test_a_weak_pattern_leads_to_its_wrong_answers(acme: Tenant) -> None:
    learn(acme, 6, input={"question": "?"}, correct=False, confidence=0.8)
    learn(acme, 3, type="feedback")
    viewer = member(acme, "viewer")
    page = text(viewer, PATTERNS)
    assert ("weak" in page, "question" in page, ">feedback</a>" in page) == (True, True, False)
    assert "brings no keys" in text(viewer, PATTERNS, least="1")
    assert "Events that are like that: 6" in text(
        viewer, LEARNING, signature=page.partition("signature=")[2].partition("&")[0].partition('"')[0], told="wrong"
    )


def test_a_suggestion_shows_what_it_would_do_and_is_accepted(acme: Tenant, suggested: Suggestion) -> None:
    with tenant_context(acme):
        remember(Draft("Hardly so at all.", scope=Scope("shop", user_id="ada"), confidence=0.1))
    where, owner = f"{WISHES}{suggested.pk}/", member(acme, "owner")
    assert "Screen for doubt in shop" in text(owner, WISHES)
    page = text(owner, where)
    assert "Hardly so at all." in page
    assert "simulator/?job=screen&amp;namespace=shop&amp;o_confidence=0.3" in page
    page = owner.post(f"{where}act", {"step": "accept"}, follow=True).content.decode()
    assert ("the policy says so" in page, "What became of it" in page) == (True, True)
    assert Policy.objects.get(namespace="shop").jobs["screen"]["enabled"]
    assert "Not done" in owner.post(f"{where}act", {"step": "reject"}, follow=True).content.decode()
    assert "Accepted" in text(owner, WISHES) or "accepted" in text(owner, WISHES)


def test_a_viewer_decides_nothing(acme: Tenant, suggested: Suggestion) -> None:
    where, viewer = f"{WISHES}{suggested.pk}/", member(acme, "viewer")
    assert 'value="accept"' not in text(viewer, where)
    assert viewer.post(f"{where}act", {"step": "accept"}).status_code == 403
    assert viewer.post(f"{WISHES}look").status_code == 403
    assert not Policy.objects.exists()


def test_a_dry_run_is_kept(acme: Tenant, suggested: Suggestion) -> None:
    owner = member(acme, "owner")
    owner.post(f"{WISHES}{suggested.pk}/try")
    run = TaskRun.objects.get()
    assert run.dry_run
    assert f"runs/{run.pk}/" in text(owner, f"{WISHES}{suggested.pk}/")


def test_whoever_may_write_looks_for_suggestions_now(acme: Tenant) -> None:
    learn(acme, 30)
    page = member(acme, "editor").post(f"{WISHES}look", follow=True).content.decode()
    assert "Looked: 1 new" in page


@pytest.mark.parametrize("path", ["learning/{}/", "recommendations/{}/"])
def test_what_is_not_there_is_not_found(acme: Tenant, globex: Tenant, path: str) -> None:
    theirs = learn(globex)[0].pk
    assert member(acme, "owner").get(f"/t/acme/console/{path.format(theirs)}").status_code == 404


def test_an_operator_who_is_shown_what_was_said_is_told(acme: Tenant, suggested: Suggestion) -> None:
    with tenant_context(acme):
        remember(Draft("Hardly so at all.", scope=Scope("shop", user_id="ada"), confidence=0.1))
        row = LearningEvent.objects.first()
    assert row is not None
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    for path in (f"{LEARNING}{row.pk}/", f"{WISHES}{suggested.pk}/", LEARNING):
        assert client.get(path).status_code == 200
    seen = Event.objects.filter(type="operator.saw").order_by("id").values_list("data__page", "data__count")
    assert list(seen) == [("learning_event", 1), ("suggestion", 1)]
