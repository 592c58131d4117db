"""Finding memories by meaning and by words."""

import pytest
from django_tenants.utils import tenant_context

from memory import candidates
from memory.upkeep import embed
from tests.conftest import Caller, costs

NOTES = [
    ("She eats no meat and no fish.", {"user_id": "cleo", "tags": ["food"], "people": ["Ines"]}),
    ("The train to the coast leaves at 8:14.", {"user_id": "cleo", "kind": "event", "metadata": {"trip": {"days": 4}}}),
    ("My boots leak at the toe.", {"user_id": "cleo", "session_id": "gear", "topic": "gear", "importance": 0.9}),
    ("I run on trails, never on tarmac.", {"user_id": "dan", "namespace": "sport", "author": "Dan"}),
    ("A dentist appointment is on Monday.", {"user_id": "dan", "kind": "event", "importance": 0.1}),
]


@pytest.fixture
def told(ada: Caller, acme: object) -> Caller:
    for content, fields in NOTES:
        ada.remember(content, **fields)
    with tenant_context(acme):
        assert embed.pending() == len(NOTES)
    return ada


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is the vegetarian option needed?", NOTES[0][0]),
        ("What footwear is broken?", NOTES[2][0]),
        ("jogging surfaces", NOTES[3][0]),
    ],
)
def test_a_paraphrase_that_shares_no_word_finds_it(told: Caller, question: str, answer: str) -> None:
    assert told.search(question)[0]["content"] == answer


def test_scores_are_in_unit_range_and_fall(told: Caller) -> None:
    scores = [hit["score"] for hit in told.search("When does the train leave?", limit=5)]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score < 1 for score in scores)


def test_explain_shows_the_parts_that_make_the_score(told: Caller) -> None:
    for hit in told.search("the train", explain=True):
        raw = sum(hit["scores"].values())
        assert hit["score"] == pytest.approx(max(raw, 0) / (1 + max(raw, 0)), abs=1e-3)
    assert "scores" not in told.search("the train")[0]


def test_a_memory_without_a_vector_is_found_by_its_words(told: Caller) -> None:
    told.remember("The umbrella stands in the hall.")
    assert told.search("umbrella")[0]["content"] == "The umbrella stands in the hall."


@pytest.mark.parametrize(
    ("scope", "contents"),
    [
        ({"user_id": "dan"}, {NOTES[3][0], NOTES[4][0]}),
        ({"namespace": "sport"}, {NOTES[3][0]}),
        ({"session_id": "gear"}, {NOTES[2][0]}),
        ({"user_id": "nobody"}, set()),
    ],
)
def test_a_scope_narrows(told: Caller, scope: dict[str, str], contents: set[str]) -> None:
    assert {hit["content"] for hit in told.search("anything at all", **scope)} == contents


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "event"}, [1, 4]),
        ({"kind": {"ne": "event"}}, [0, 2, 3]),
        ({"kind": {"in": ["event", "goal"]}}, [1, 4]),
        ({"kind": {"nin": ["event"]}}, [0, 2, 3]),
        ({"importance": {"gte": 0.9}}, [2]),
        ({"importance": {"lt": 0.2}}, [4]),
        ({"content": {"icontains": "TRAIN"}}, [1]),
        ({"content": {"startswith": "My"}}, [2]),
        ({"content": {"contains": "%"}}, []),
        ({"topic": {"exists": True}}, [2]),
        ({"people": {"exists": True}}, [0]),
        ({"tags": {"any": ["food", "x"]}}, [0]),
        ({"tags": {"all": ["food", "x"]}}, []),
        ({"tags": "food"}, [0]),
        ({"metadata.trip.days": {"eq": 4}}, [1]),
        ({"metadata.trip.days": {"gt": 3}}, [1]),
        ({"metadata.trip": {"exists": False}}, [0, 2, 3, 4]),
        ({"OR": [{"tags": "food"}, {"topic": "gear"}]}, [0, 2]),
        ({"AND": [{"kind": "event"}, {"user_id": "dan"}]}, [4]),
        ({"NOT": {"user_id": "cleo"}}, [3, 4]),
        ({"event_time": {"gt": "2020-01-01T00:00:00Z"}}, [0, 1, 2, 3, 4]),
        ({"metadata.trip.days": {"ne": 4}}, [0, 2, 3, 4]),
        ({"NOT": {"metadata.trip.days": 4}}, [0, 2, 3, 4]),
        ({"NOT": {"expires_at": {"gt": "2020-01-01T00:00:00Z"}}}, [0, 1, 2, 3, 4]),
        ({"metadata.isnull": {"in": ["x"]}}, []),
        ({"metadata.gt": {"in": [1]}}, []),
        ({"metadata.range": 1}, []),
        ({"metadata.regex": {"contains": "("}}, []),
        ({}, [0, 1, 2, 3, 4]),
    ],
)
def test_the_filter_language(told: Caller, filters: dict[str, object], found: list[int]) -> None:
    hits = {hit["content"] for hit in told.search("anything", filters=filters)}
    assert hits == {NOTES[i][0] for i in found}


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({"knd": "event"}, "/filters/knd"),
        ({"kind": {"like": "e"}}, "/filters/kind/like"),
        ({"OR": [{"kind": "event"}, {"embedding": 1}]}, "/filters/OR/1/embedding"),
        ({"OR": []}, "/filters/OR"),
        ({"NOT": 3}, "/filters/NOT"),
        ({"kind": {}}, "/filters/kind"),
        ({"kind": 3}, "/filters/kind/eq"),
        ({"event_time": {"gt": "soon"}}, "/filters/event_time/gt"),
        ({"id": "not-an-id"}, "/filters/id/eq"),
        ({"kind": {"in": []}}, "/filters/kind/in"),
        ({"importance": {"gt": "high"}}, "/filters/importance/gt"),
        ({"metadata.": 1}, "/filters/metadata."),
        ({"version": 1.5}, "/filters/version/eq"),
        ({"NOT": {}}, "/filters/NOT"),
        ({"OR": [{"kind": "event"}, {}]}, "/filters/OR/1"),
        ({"metadata.a": {"gt": None}}, "/filters/metadata.a/gt"),
        ({"metadata.a": {"in": [[1]]}}, "/filters/metadata.a/in"),
        ({"metadata.a": {"like": 1}}, "/filters/metadata.a/like"),
        ({"recalls": 2**31}, "/filters/recalls/eq"),
        ({"NOT": {"NOT": {"NOT": {"NOT": {"NOT": {"NOT": {"NOT": {"NOT": {"NOT": {}}}}}}}}}}, "/filters" + "/NOT" * 9),
    ],
)
def test_what_the_filter_language_does_not_know_is_refused_with_a_pointer(
    ada: Caller, filters: dict[str, object], pointer: str
) -> None:
    status, body = ada.post("memories/search", {"query": "x", "filters": filters})
    assert (status, body["code"], body["errors"][0]["pointer"]) == (400, "bad_filter", pointer)


@pytest.mark.parametrize("query", ["the of and", "?!…", "' | & ! :* \\ <-> (", "a:b*c", "x" * 10_000, "🦊", "\\'"])
def test_odd_questions_are_answered(told: Caller, query: str) -> None:
    assert len(told.search(query)) == len(NOTES)


def test_a_large_scope_is_ranked_in_two_stages_with_the_same_best_answer(
    told: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "When does the train to the coast leave?"
    whole = told.search(question)
    monkeypatch.setattr(candidates, "WHOLE", 3)
    monkeypatch.setattr(candidates, "STAGE", 2)
    staged = told.search(question)
    assert staged[0]["id"] == whole[0]["id"]
    assert len(staged) < len(whole)


def test_a_search_costs_a_known_number_of_queries(told: Caller) -> None:
    with costs(4):  # key, size and lexemes, signals, bodies
        told.search("trains", limit=50)
