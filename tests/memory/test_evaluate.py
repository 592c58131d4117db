"""Evaluations: saved questions asked and judged, held against those before, and what is to blame."""

from typing import Any
from uuid import UUID

import pytest

from automation import jobs, runner
from events.models import Event
from memory import evaluations, measuring, questions
from memory.algorithms import ranking
from memory.models import Evaluation, Memory
from memory.remember import remember, remember_many
from memory.revise import revise
from memory.types import Draft, Scope
from memory.upkeep import embed, evaluate
from memory.upkeep.plan import Reach
from tenants import bounds
from tenants.models import Tenant
from tests.memory.test_reviews import done, planned, taken_back

assert jobs  # its import fills the catalogue
ADA = Scope(user_id="ada")


@pytest.fixture
def tea(in_acme: Tenant) -> UUID:
    """A library with a question that finds what it expects."""
    said = ["Ada drinks green tea.", "The deploy runs on Friday.", "Ben sings in a choir.", "The cat sleeps all day."]
    first = remember_many([Draft(words, ADA) for words in said])[0]
    embed.pending()
    questions.save(
        {"text": "What does Ada drink?", "user_id": "ada", "expected": [first.id], "limit": 1, "kind": "habit"}
    )
    return first.id


def kept(**scope: Any) -> Evaluation:
    done(planned(evaluate, reach=Reach(**scope)))
    found = evaluations.latest(**scope)
    assert found
    return found


def told(kind: str) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(type=f"evaluation.{kind}").order_by("id")]


def test_an_evaluation_says_how_well_the_questions_are_answered(tea: UUID) -> None:
    row = kept()
    assert (row.questions, row.recall, row.mrr, row.ndcg, row.regressed) == (1, 1.0, 1.0, 1.0, False)
    assert row.told["kinds"]["habit"]["recall"] == 1.0
    assert 0 < row.p50_ms <= row.p95_ms
    assert told("completed") == [{"namespace": "", "user_id": "", "questions": 1, "recall": 1.0, "mrr": 1.0}]


def test_without_a_question_that_expects_something_nothing_is_kept(in_acme: Tenant) -> None:
    questions.save({"text": "Who?"})
    assert planned(evaluate) == []


def test_asking_does_not_count_as_recalling_and_writes_nothing(tea: UUID) -> None:
    facts = Event.objects.count()
    measuring.measure(measuring.expecting())
    assert Event.objects.count() == facts
    assert Memory.objects.get(pk=tea).recalls == 0


def test_a_regression_names_what_is_lost_what_became_of_it_and_the_run(tea: UUID) -> None:
    kept()
    run = runner.run_now("forget", options={"keep": 1.0, "decay": 1.0, "silence": 1.0, "compress": 1.0})
    assert run
    assert Memory.objects.get(pk=tea).state != "active"
    row = kept()
    assert (row.recall, row.regressed) == (0.0, True)
    (worse,) = row.told["worse"]
    (lost,) = worse["lost"]
    assert (lost["memory"], lost["run"]) == (str(tea), str(run.pk))
    assert lost["now"] != "answers"
    (change,) = [change for change in row.told["changes"] if change["what"] == "run"]
    assert (change["subject"], change["data"]) == (str(run.pk), {"job": "forget"})
    (regressed,) = told("regressed")
    assert (regressed["recall"], regressed["recall_was"], regressed["worse"]) == (0.0, 1.0, 1)


def test_a_change_of_the_ranking_is_named(tea: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    kept()
    monkeypatch.setattr(ranking, "LEXICAL", 0.2)
    (change,) = kept().told["changes"]
    assert (change["what"], change["type"]) == ("ranking", "setup.ranking")
    assert change["data"]["is"] != change["data"]["was"]


def test_nothing_changed_is_told_as_that(tea: UUID) -> None:
    kept()
    row = kept()
    assert (row.told["changes"], row.told["worse"], row.regressed) == ([], [], False)
    assert row.told["against"]["n"] == 1


def test_a_question_that_is_new_or_asks_for_something_else_is_no_regression(tea: UUID) -> None:
    kept()
    for question in list(measuring.expecting()):
        questions.change(question.pk, {"text": "Who sings?"})
    questions.save({"text": "Where is the moon?", "expected": [tea], "limit": 1})
    row = kept()
    assert row.recall < 1
    assert (row.regressed, row.told["against"]) == (False, None)


def test_what_is_expected_and_changed_to_say_otherwise_is_missed(tea: UUID) -> None:
    kept()
    revise(tea, {"content": "The moon has no weather."})
    row = kept()
    assert row.regressed
    assert row.told["worse"][0]["lost"][0]["now"] == "answers"


def test_an_evaluation_of_a_user_asks_their_questions_and_those_of_all(tea: UUID) -> None:
    moon = remember(Draft("The moon has no weather.", Scope(user_id="ben")))
    embed.pending()
    questions.save({"text": "What has the moon?", "user_id": "ben", "expected": [moon.id]})
    assert [kept(user_id=name).questions for name in ("ada", "ben")] == [1, 1]
    assert kept().questions == 2
    assert evaluations.latest("ada").user_id == "ada"  # type: ignore[union-attr]


def test_an_evaluation_can_be_taken_back(tea: UUID) -> None:
    run = done(planned(evaluate))
    taken_back(run)
    assert not Evaluation.objects.exists()
    assert told("withdrawn") == [{"namespace": "", "user_id": ""}]


def test_the_oldest_of_a_scope_are_forgotten(tea: UUID) -> None:
    for _ in range(3):
        done(planned(evaluate, evaluate.Options(keep=2)))
    assert Evaluation.objects.count() == 2


def test_who_is_bound_to_namespaces_keeps_none_of_everything(tea: UUID) -> None:
    changes = planned(evaluate)
    with bounds.bound_to(("work",)):
        assert evaluations.keep(changes[0].told) == {}
        assert planned(evaluate) == []


def test_the_fingerprint_is_the_same_as_long_as_no_weight_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    before = measuring.fingerprint(ranking)
    assert before == measuring.fingerprint(ranking)
    monkeypatch.setattr(ranking, "TIME", 0.51)
    assert measuring.fingerprint(ranking) != before
