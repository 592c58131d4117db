"""The simulator's page: what a rule would do, applied once it was seen, and taken back."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import policies, registry, runner, worker
from automation.models import TaskRun
from config.pages import simulator
from events.models import Event
from memory import questions
from memory.models import Memory
from memory.remember import remember
from memory.types import Draft, Scope
from memory.upkeep import embed, forget
from memory.upkeep.plan import Change, Link, Reach
from tenants.models import Membership, Tenant, User

PAGE = "/t/acme/console/simulator/"


@pytest.fixture(autouse=True)
def forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    job = registry.Job("forget", "Forget", forget.plan.__doc__ or "", forget.plan, forget.Options, lambda counts: {})
    monkeypatch.setattr(registry, "JOBS", {"forget": job})


def member(tenant: Tenant, role: str) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def admin(acme: Tenant) -> Client:
    return member(acme, "admin")


@pytest.fixture
def full(acme: Tenant) -> Tenant:
    """A memory to be kept and one to go, and a question that finds both."""
    with tenant_context(acme):
        old = timezone.now() - timedelta(days=900)
        weak = Draft(
            "tea at noon", Scope(user_id="ada"), kind="message", importance=0.1, confidence=0.1, event_time=old
        )
        gone = remember(weak).id
        remember(Draft("tea must be green", Scope(user_id="ada"), kind="constraint", importance=1.0))
        embed.pending()
        questions.save({"text": "Which tea at noon?", "limit": 2, "expected": [gone]})
    return acme


def page(client: Client, **asked: Any) -> str:
    answer = client.get(f"{PAGE}?{urlencode(asked)}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def fields(text: str) -> dict[str, str]:
    """What the form that applies would send."""
    form = text.partition('id="apply"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_without_memories_it_says_what_to_do_next(admin: Client) -> None:
    assert "nothing for this job to look at" in page(admin)
    assert "Look at all memories" in page(admin, user_id="nobody")


def test_without_questions_it_says_how_to_save_one(admin: Client, acme: Tenant) -> None:
    with tenant_context(acme):
        remember(Draft("tea"))
    assert "No question is saved" in page(admin)


def test_it_says_what_would_be_done_and_what_recall_would_lose(admin: Client, full: Tenant) -> None:
    text = page(admin)
    assert "Of <b>2</b> memories looked at" in text
    assert re.search(r"<b>1</b> is deleted", text)
    assert "tea at noon" in text
    assert "1 of 2 stay, expected 1 → 0 of 1" in text
    live = json.loads(re.findall(r'<script id="simulation" type="application/json">(.*?)</script>', text)[0])
    assert [each["name"] for each in live["thresholds"]] == ["keep", "decay", "silence", "compress"]
    assert len(live["items"]) == 2
    assert live["questions"][0]["expected"] == [0]


def test_a_part_of_it_spares_the_lanes(admin: Client, full: Tenant) -> None:
    assert '"lanes"' not in page(admin, part="1")


@pytest.mark.parametrize(("name", "value", "says"), [
    ("o_keep", "high", "not a number"), ("o_keep", "2", "is from 0 to 1"), ("o_keep", "0.1", "is above keep"),
    ("o_keep", "nan", "is from 0 to 1"), ("o_most", "1.5", "not a number"),
])  # fmt: skip
def test_a_wrong_option_is_told_and_nothing_is_simulated(
    admin: Client, full: Tenant, name: str, value: str, says: str
) -> None:
    text = page(admin, **{name: value})
    assert "Nothing was simulated" in text
    assert says in text
    assert 'id="apply"' not in text


def test_what_was_seen_is_applied_with_the_same_moment_and_taken_back(admin: Client, full: Tenant) -> None:
    seen = fields(page(admin))
    answer = admin.post(f"{PAGE}apply", seen, follow=True)
    run = TaskRun.objects.get()
    assert (run.job, run.input["now"], run.state) == ("forget", seen["now"], "pending")
    assert "Waiting for a worker" in answer.content.decode()
    assert 'id="apply"' not in answer.content.decode()
    worker.work(seconds=5)
    done = page(admin, run=run.pk)
    assert "Applied" in done
    assert "1 deleted" in done
    admin.post(f"{PAGE}{run.pk}/undo", {"back": "job=forget"})
    worker.work(seconds=5)
    with tenant_context(full):
        assert set(Memory.objects.values_list("state", flat=True)) == {"active"}
    assert "It was taken back" in page(admin, run=run.pk)


def test_what_has_changed_since_it_was_seen_is_not_applied(admin: Client, full: Tenant) -> None:
    seen = fields(page(admin))
    with tenant_context(full):
        Memory.objects.filter(kind="message").update(state="silent")
    answer = admin.post(f"{PAGE}apply", seen, follow=True)
    assert "has come to 0 changes meanwhile" in answer.content.decode()
    assert not TaskRun.objects.exists()


def test_nonsense_is_not_applied(admin: Client, full: Tenant) -> None:
    for sent in ({}, {"job": "dance", "seen": "x"}, {"o_keep": "\x00", "now": "never", "policy": "x", "seen": "9"}):
        assert admin.post(f"{PAGE}apply", sent).status_code == 302
    assert admin.post(f"{PAGE}01a1fc31-325e-776f-a220-14f1782bb309/undo", {}).status_code == 302
    assert not TaskRun.objects.exists()


def test_a_policy_lends_its_rule(admin: Client, full: Tenant) -> None:
    with tenant_context(full):
        policy = policies.create({"name": "Nightly", "jobs": {"forget": {"options": {"keep": 0.9}}}}, user_id="ada")
    text = page(admin, policy=policy.pk)
    assert "Its options are those of the policy" in text
    assert 'name="o_keep" value="0.9"' in text
    admin.post(f"{PAGE}apply", fields(text))
    assert (TaskRun.objects.get().policy_id, TaskRun.objects.get().user_id) == (policy.pk, "ada")


@pytest.mark.parametrize(("role", "applies"), [("viewer", False), ("analyst", False), ("editor", True)])
def test_who_may_not_run_only_looks(acme: Tenant, full: Tenant, role: str, applies: bool) -> None:
    client = member(acme, role)
    assert ("Your role looks" in page(client)) is not applies
    assert client.post(f"{PAGE}apply", {}).status_code == (302 if applies else 403)


def test_an_operator_who_sees_samples_leaves_a_fact(full: Tenant) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    page(client)
    assert Event.objects.get(type="operator.saw").data == {"page": "simulator", "count": 2}


def test_a_run_of_another_tenant_is_not_shown(admin: Client, full: Tenant, globex: Tenant) -> None:
    with tenant_context(globex):
        run = runner.start("forget")
    assert run is not None
    assert "mh-running-panel" not in page(admin, run=run.pk)


def test_what_would_be_written_anew_is_shown_with_how_many_it_is_made_of(
    admin: Client, full: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan(reach: Reach, options: Any, now: datetime) -> Iterator[Change]:
        """Tell them in a summary."""
        links = tuple(Link(None, pk, "derived_from") for pk in reach.rows().order_by("id").values_list("pk", flat=True))
        yield Change("summarize", draft={"content": "Tea, at noon and green."}, links=links, why="an old session")

    monkeypatch.setitem(
        registry.JOBS, "summarize", registry.Job("summarize", "Summarize", "", plan, forget.Options, lambda counts: {})
    )
    text = page(admin, job="summarize")
    assert "<ins>Tea, at noon and green.</ins>" in text
    assert "new, of 2 memories · an old session" in text


def test_the_lanes_of_many_come_after_the_page(admin: Client, full: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "FEW", 1)
    text = page(admin)
    assert '"lanes"' not in text
    now = fields(text)["now"]
    told = admin.get(f"{PAGE}lanes?{urlencode({'job': 'forget', 'now': now})}").json()
    assert len(told["items"]) == 2
    assert ["keep", "decay", "silence", "compress", "delete"] in told["lanes"]
    assert admin.get(f"{PAGE}lanes?o_keep=9").status_code == 404
    assert admin.get(f"{PAGE}lanes?o_keep=0.1").status_code == 404
