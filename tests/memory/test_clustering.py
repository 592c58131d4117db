"""Clusters are exact and the same each time; gists are guarded and aligned."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.algorithms import clustering, gisting
from memory.algorithms.clustering import clusters
from memory.algorithms.gisting import Gist
from memory.algorithms.summarizing import Told

AT = datetime(2023, 5, 8, tzinfo=UTC)


def at_angles(*degrees: float) -> np.ndarray:
    """Unit vectors in the plane."""
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1)


def members(*degrees: float, **options: float) -> list[tuple[int, ...]]:
    return [cluster.members for cluster in clusters(at_angles(*degrees), **options)]  # type: ignore[arg-type]


def test_what_is_near_is_together_and_the_largest_comes_first() -> None:
    assert members(0, 90, 10, 95, 5) == [(0, 2, 4), (1, 3)]


def test_nearness_is_to_the_middle_with_a_tolerance() -> None:
    edge = np.degrees(np.arccos(0.6901))
    assert members(0, edge) == [(0, 1)]
    assert members(0, np.degrees(np.arccos(0.6899))) == []


def test_one_that_is_alone_joins_the_nearest_only_if_it_is_near_enough() -> None:
    far = np.degrees(np.arccos(0.65))
    assert members(0, 0, far) == [(0, 1, 2)]
    assert members(0, 0, 80) == [(0, 1)]


def test_there_are_at_most_so_many_clusters() -> None:
    assert members(0, 1, 90, 91, 92, 180, 181, most=1) == [(2, 3, 4)]


def test_nothing_has_no_clusters() -> None:
    assert clusters(np.zeros((0, 4))) == []
    assert clusters(np.ones((1, 4)) / 2) == []


def test_a_cluster_tells_its_middle_and_how_near_its_members_are() -> None:
    (cluster,) = clusters(at_angles(0, 20))
    assert np.allclose(cluster.middle, at_angles(10)[0])
    assert cluster.nearness == pytest.approx(np.cos(np.radians(10)), abs=1e-6)


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=0, max_size=30))
def test_nobody_is_in_two_clusters_and_each_run_gives_the_same(rows: list[list[float]]) -> None:
    vectors = np.array(rows).reshape(-1, 3)
    found = [cluster.members for cluster in clusters(vectors)]
    told = [place for cluster in found for place in cluster]
    assert len(told) == len(set(told))
    assert all(len(cluster) >= 2 for cluster in found)
    assert found == [cluster.members for cluster in clusters(vectors.copy())]


def test_common_is_what_half_of_them_name() -> None:
    assert clustering.common([["a", "b"], ["b"], ["b", "a"], ["c"]]) == ["b", "a"]


def test_priority_is_the_documented_formula() -> None:
    assert gisting.priority(1.0, 0, 0.0) == pytest.approx(0.4 + 0.3)
    assert gisting.priority(0.5, 10**9, 10.0) == pytest.approx(0.2 + 0.3 + 0.15)


def test_half_of_a_sample_changes_daily_so_that_nobody_waits_forever() -> None:
    priorities, names = [1.0] * 3 + [0.1] * 97, [f"{n:03}" for n in range(100)]
    days = [gisting.sampled(priorities, names, 6, date(2023, 1, day)) for day in range(1, 29)]
    assert all(day[:3] == [0, 1, 2] and len(set(day)) == 6 for day in days)
    assert len({place for day in days for place in day}) > 40


def texts(*words: str, who: str = "Ada") -> list[Told]:
    return [Told(each, AT, who) for each in words]


def test_a_gist_is_the_sentence_that_shares_most_with_the_others() -> None:
    found = gisting.extracted(
        texts("I drink green tea every morning in Bonn.", "Thanks!", "My green tea in the morning is sacred to me.")
    )
    assert found is not None
    assert found.text == "Ada said on 8 May 2023: “I drink green tea every morning in Bonn.”"
    assert (found.kind, found.confidence) == ("fact", 0.75)


def test_where_nothing_stands_alone_there_is_no_gist() -> None:
    assert gisting.extracted(texts("Thanks!", "How are you?", "I love the freedom it brings.")) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I prefer tea to coffee.", "preference"), ("My favorite colour is blue.", "preference"),
        ("I am allergic to nuts.", "constraint"), ("Never book flights before nine.", "constraint"),
        ("I moved to Lisbon.", "fact"),
    ],
)  # fmt: skip
def test_the_kind_of_a_statement_is_read_from_its_words(text: str, kind: str) -> None:
    assert gisting.kind_of(text) == kind


def test_a_key_says_whose_and_about_what() -> None:
    found = gisting.extracted(texts("I really love green tea from Japan.", "I love my green tea!"))
    assert found is not None
    assert gisting.key(found) == "user:preference:ada tea"
    assert gisting.key(Gist("Ada moved to Lisbon.", "fact", 0.5, "ada move")) == ""


@pytest.mark.parametrize(
    ("text", "nearness", "why"),
    [
        ("Ada moved to Lisbon.", 0.9, ""),
        ("They discussed various topics.", 0.9, "it is a generic phrase"),
        ("Ok.", 0.9, "it says nothing"),
        ("Ada founded a bakery empire abroad.", 0.9, "it shares too few words with its sources"),
        ("Ada moved house somewhere.", 0.9, ""),
        ("Ada moved house somewhere quiet.", 0.6, "it shares too few words with its sources"),
    ],
)
def test_a_gist_is_refused_that_is_generic_or_not_from_its_sources(text: str, nearness: float, why: str) -> None:
    assert gisting.refused(Gist(text, "fact", 0.5), texts("I moved to Lisbon."), nearness) == why


def test_the_same_is_known_by_its_words() -> None:
    assert gisting.same("Ada moved to Lisbon in May.", "In May Ada has moved to Lisbon!")
    assert not gisting.same("Ada moved to Lisbon in May.", "Ada moved to Graz in June.")
