"""Suggestions: what the learning history asks for becomes a change of a policy, when somebody accepts it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import given
from hypothesis import strategies as st

from analytics import effects, learning, suggestions
from analytics.algorithms import remedies
from analytics.errors import Decided
from analytics.models import Suggestion
from analytics.types import Judgement, Lesson
from automation import checking, policies
from automation.models import Policy, TaskRun
from events.models import Event
from memory import questions
from memory.errors import QualityWouldFall
from memory.remember import remember
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.conftest import costs

State = Suggestion.State


def silent(count: int = 30, domain: str = "shop", **said: Any) -> None:
    """Events of this week that nobody judged."""
    at = timezone.now() - timedelta(days=1)
    learning.record_all([Lesson(type="training", domain=domain, occurred_at=at, **said) for _ in range(count)])


def facts() -> list[str]:
    return list(Event.objects.filter(type__startswith="suggestion.").order_by("id").values_list("type", flat=True))


@pytest.fixture
def suggested(in_acme: Tenant) -> Suggestion:
    silent()
    assert suggestions.look() == 1
    return Suggestion.objects.get()


def test_what_the_numbers_ask_for_is_suggested_once(suggested: Suggestion) -> None:
    assert (suggested.domain, suggested.reason, suggested.job, suggested.state) == (
        "shop", "little_feedback", "screen", State.OPEN,
    )  # fmt: skip
    assert suggested.numbers == {"feedback_rate": 0.0, "events": 30}
    assert suggestions.look() == 0
    assert facts() == ["suggestion.created"]


def test_of_few_events_nothing_is_suggested(in_acme: Tenant) -> None:
    silent(suggestions.LEAST - 1)
    assert suggestions.look() == 0


def test_two_who_look_at_once_suggest_once(committed: None, acme: Tenant) -> None:
    def look(_: int) -> int:
        with tenant_context(acme):
            try:
                return suggestions.look()
            finally:
                connection.close()

    with tenant_context(acme):
        silent()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(4))) == 1
    with tenant_context(acme):
        assert facts() == ["suggestion.created"]


def test_until_it_is_accepted_nothing_of_it_holds(suggested: Suggestion) -> None:
    assert not Policy.objects.exists()


def test_accepting_writes_the_policy_of_its_domain(suggested: Suggestion) -> None:
    suggestions.accept(suggested.pk)
    suggested.refresh_from_db()
    said = policies.effective(namespace="shop")["screen"]
    assert (said.enabled, said.options, said.policy.pk) == (True, {"confidence": 0.3}, suggested.policy_id)
    assert (suggested.state, facts()) == (State.ACCEPTED, ["suggestion.created", "suggestion.accepted"])


def test_accepting_leaves_alone_what_else_the_policy_says(suggested: Suggestion) -> None:
    own = policies.create({"jobs": {"decay": {"enabled": True}}}, namespace="shop")
    suggestions.accept(suggested.pk)
    own.refresh_from_db()
    assert (set(own.jobs), own.version) == ({"decay", "screen"}, 2)


def test_a_suggestion_is_decided_once(suggested: Suggestion) -> None:
    suggestions.reject(suggested.pk)
    for again in (suggestions.accept, suggestions.reject):
        with pytest.raises(Decided):
            again(suggested.pk)
    assert suggestions.accept(uuid4()) is None
    assert facts() == ["suggestion.created", "suggestion.rejected"]


def test_of_two_who_decide_at_once_one_does(committed: None, acme: Tenant) -> None:
    def decide(act: Any) -> bool:
        with tenant_context(acme):
            try:
                return act(key) is not None
            except Decided:
                return False
            finally:
                connection.close()

    with tenant_context(acme):
        silent()
        suggestions.look()
        key = Suggestion.objects.get().pk
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(decide, [suggestions.accept, suggestions.reject] * 2)) == 1
    with tenant_context(acme):
        for policy in policies.rows():  # with what beat knows of it
            policies.delete(policy.pk)


def test_what_was_rejected_is_not_suggested_again_for_a_while(suggested: Suggestion) -> None:
    now = timezone.now()
    suggestions.reject(suggested.pk, now)
    assert suggestions.look(now + timedelta(hours=1)) == 0
    Suggestion.objects.update(decided_at=now - suggestions.REST - timedelta(hours=1))
    assert suggestions.look(now) == 1


def test_after_its_rest_more_is_asked_for_than_was_accepted(suggested: Suggestion) -> None:
    now = timezone.now()
    suggestions.accept(suggested.pk, now - suggestions.REST - timedelta(hours=1))
    assert suggestions.look(now) == 1
    assert Suggestion.objects.get(state=State.OPEN).change["options"] == {"confidence": 0.5}


def test_one_whose_reason_is_gone_is_withdrawn(suggested: Suggestion) -> None:
    assert suggestions.look(timezone.now() + timedelta(days=30)) == 0
    suggested.refresh_from_db()
    assert (suggested.state, facts()[-1]) == (State.WITHDRAWN, "suggestion.withdrawn")


def test_one_that_the_policy_says_by_itself_is_withdrawn(suggested: Suggestion) -> None:
    policies.create({"jobs": {"screen": {"options": {"confidence": 0.7}}}}, namespace="shop")
    assert suggestions.look() == 0
    suggested.refresh_from_db()
    assert suggested.state == State.WITHDRAWN


def test_where_the_domains_policy_is_switched_off_nothing_is_suggested(in_acme: Tenant) -> None:
    silent()
    policies.create({"enabled": False}, namespace="shop")
    assert suggestions.look() == 0


def test_it_is_simulated_for_the_memories_of_its_domain(suggested: Suggestion) -> None:
    for space in ("shop", "elsewhere"):
        remember(Draft("Hardly so.", scope=Scope(space, user_id="ada"), confidence=0.1))
    found = suggestions.simulated(suggested)
    assert (found.job.name, found.writes) == ("screen", 1)
    assert not TaskRun.objects.exists()


def test_a_dry_run_of_it_is_remembered(suggested: Suggestion) -> None:
    told = suggestions.try_out(suggested.pk)
    assert told is not None
    run = TaskRun.objects.get()
    suggested.refresh_from_db()
    assert (run.dry_run, run.job, run.namespace, suggested.run_id) == (True, "screen", "shop", run.pk)


def test_the_effect_is_the_week_before_against_the_time_since(in_acme: Tenant) -> None:
    now = timezone.now()
    decided = now - timedelta(days=2)
    row = Suggestion.objects.create(
        domain="shop", reason="r", priority="low", job="decay", state=State.ACCEPTED, decided_at=decided
    )
    for at, correct in ((3, False), (4, True), (1, True), (20, False)):
        said = Judgement(correct=correct, improved=correct)
        learning.record(
            Lesson(type="training", domain="shop", occurred_at=now - timedelta(days=at), feedback=said, cost=2)
        )
    with costs(1):
        told = effects.of(row, now)
    assert told is not None
    assert (told.before.events, told.before.accuracy, told.before.cost_per_improvement) == (2, 0.5, 4)
    assert (told.after.events, told.after.accuracy, told.until) == (1, 1.0, now)
    row.state = State.OPEN
    assert effects.of(row, now) is None


@pytest.mark.parametrize("rule", remedies.REMEDIES)
def test_each_remedy_is_something_that_a_policy_can_say(in_acme: Tenant, rule: str) -> None:
    remedy, options = remedies.REMEDIES[rule], {}
    for value in remedy.values:
        change = remedies.change(remedy, bool(options), options)
        assert change is not None
        assert checking.checked({"jobs": {remedy.job: change}})["jobs"][remedy.job] == change
        options = change["options"]
        assert options == {remedy.option: value}
    assert remedies.change(remedy, True, options) is None


@given(st.sampled_from(sorted(remedies.REMEDIES)), st.floats(0, 200), st.booleans())
def test_a_remedy_never_takes_back_what_a_policy_says(rule: str, now: float, enabled: bool) -> None:
    remedy = remedies.REMEDIES[rule]
    change = remedies.change(remedy, enabled, {remedy.option: now, "most": 7})
    if change and enabled and now:
        value = change["options"][remedy.option]
        assert (value < now) == (remedy.values[-1] < remedy.values[0])
        assert value != now
        assert change["options"]["most"] == 7


def test_one_by_which_saved_questions_lose_answers_is_accepted_only_knowingly(in_acme: Tenant) -> None:
    tea = remember(Draft("Ada drinks green tea.", Scope("shop")))
    questions.save({"text": "What does Ada drink?", "namespace": "shop", "expected": [tea.id]})
    everything = {"keep": 1.0, "decay": 1.0, "silence": 1.0, "compress": 1.0}
    change = {"enabled": True, "schedule": dict(remedies.EVERY_NIGHT), "options": everything}
    row = Suggestion.objects.create(domain="shop", reason="declining", priority="high", job="forget", change=change)
    with pytest.raises(QualityWouldFall):
        suggestions.accept(row.pk)
    row.refresh_from_db()
    assert (row.state, policies.of(namespace="shop")) == (State.OPEN, None)
    accepted = suggestions.accept(row.pk, accept_loss=True)
    assert accepted
    assert accepted.state == State.ACCEPTED
