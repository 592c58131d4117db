"""Contradictions: what is found is meant, and what is not one is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from memory.algorithms import conflicts
from memory.algorithms.conflicts import Conflict, Statement

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def between(one: str, other: str, near: float = 0.8, speaker: str = "") -> Conflict | None:
    there, back = (
        conflicts.between(
            conflicts.read(Statement(a, speaker, NOON)), conflicts.read(Statement(b, speaker, NOON)), near
        )
        for a, b in ((one, other), (other, one))
    )
    assert there == back
    return there


CONTRADICT = [
    ("I live in Paris.", "I live in Berlin now.", "value", "home"),
    ("The user lives in Paris", "I moved to Rome last year", "value", "home"),
    ("I work at Google", "I work for Meta", "value", "employer"),
    ("Ada works as a nurse", "Ada works as a teacher", "value", "job"),
    ("My wife works at Shell", "My wife works at Philips", "value", "employer"),
    ("My favourite colour is blue", "My favorite color is red", "value", "favorite"),
    ("My email is a@example.org", "My email is b@example.org", "value", "email"),
    ("I was born on 5 May", "My birthday is 6 May", "value", "birthday"),
    ("I prefer tea over coffee", "I prefer coffee over tea", "value", "preferred"),
    ("I no longer live in Paris", "I live in Paris", "denied", "home"),
    ("I like tea", "I don't like tea", "liking", ""),
    ("I can't stand cilantro", "I really love cilantro", "liking", ""),
    ("The server is running", "The server is not running", "negated", ""),
    ("Alice does not eat meat", "Alice eats meat", "negated", ""),
    ("I drink tea with sugar", "I drink tea without sugar", "negated", ""),
    ("Ada is married", "Ada is single", "opposite", ""),
    ("The office is open on Sundays", "The office is closed on Sundays", "opposite", ""),
    ("The key rotates every 30 days", "The key rotates every 90 days", "number", ""),
    ("The meeting is on Monday at 5", "The meeting is on Friday at 5", "number", ""),
]
AGREE = [
    ("Ada lives in Paris", "Ada lives in Paris, France"),
    ("I like tea", "I hate coffee"),
    ("I like tea", "I hate green tea"),
    ("Ben likes chess", "Ada hates chess"),
    ("He likes chess", "She hates chess"),
    ("She eats meat", "She does not eat meat"),
    ("I used to live in Rome", "I live in Oslo"),
    ("Do you live in Rome?", "I live in Oslo"),
    ("If I lived in Rome I would work at Fiat", "I work at Shell"),
    ("My sister lives in Paris", "I live in Rome"),
    ("My wife works at Shell", "My brother works at Philips"),
    ("I work at night", "I work at Google"),
    ("I live in a small flat", "I live in Paris"),
    ("I was born in Rome", "I was born in 1990"),
    ("I ran 5 km on Monday", "I ran 6 km on Monday"),
    ("I met 3 friends on 5 May", "I met 4 friends on 6 May"),
    ("My cat is black", "My cat is asleep"),
    ("My cat is black", "My dog is black"),
    ("Thanks, I won't give up", "Thanks, your help means a lot"),
    ("I love it", "I hate it"),
]


@pytest.mark.parametrize(("one", "other", "rule", "about"), CONTRADICT)
def test_a_contradiction_is_found_with_its_reason(one: str, other: str, rule: str, about: str) -> None:
    found = between(one, other)
    assert found is not None
    assert (found.rule, found.about) == (rule, about)


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_what_may_both_be_true_is_no_contradiction(one: str, other: str) -> None:
    assert between(one, other) is None


def test_nothing_contradicts_itself() -> None:
    assert [told for pair in CONTRADICT for told in pair[:2] if between(told, told)] == []


def test_the_score_is_the_rule_and_how_near_they_are() -> None:
    found = between("I live in Paris", "I live in Rome", near=0.6)
    assert found is not None
    assert found.score == pytest.approx(0.7 * 0.9 + 0.3 * 0.6)


def test_what_says_other_things_too_counts_less() -> None:
    found = between("I live in Paris. I have a cat.", "I live in Rome", near=0.6)
    assert found is not None
    assert found.score == pytest.approx(0.8 * (0.7 * 0.9 + 0.3 * 0.6))


def test_what_another_one_says_of_himself_does_not_contradict() -> None:
    ada, ben = (
        conflicts.read(Statement("I like tea", "Ada", NOON)),
        conflicts.read(Statement("I hate tea", "Ben", NOON)),
    )
    assert conflicts.between(ada, ben, 0.9) is None
    third = conflicts.read(Statement("Ada hates tea", "", NOON))
    assert conflicts.between(ada, third, 0.9) is not None


def test_what_does_not_hold_at_the_same_time_does_not_contradict() -> None:
    before = conflicts.read(Statement("I live in Paris", "", NOON - timedelta(days=9), NOON))
    after = conflicts.read(Statement("I live in Rome", "", NOON))
    assert conflicts.between(before, after, 0.9) is None


def test_a_reason_holds_no_content() -> None:
    reasons = [found.why for one, other, _, _ in CONTRADICT if (found := between(one, other))]
    words = ("paris", "google", "blue", "tea", "example", "cilantro", "color")
    assert not [why for why in reasons if any(word in why.lower() for word in words)]
