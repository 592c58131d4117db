"""What is stated in a talk is remembered sentence by sentence, each as the kind that its words say."""

from datetime import UTC, datetime

import pytest

from memory.algorithms import kinds
from memory.algorithms.summarizing import Told
from memory.extracting import remember_stated, stated
from memory.models import Memory
from memory.types import Scope
from tenants.models import Tenant

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def told(text: str, who: str = "user") -> Told:
    return Told(text, NOW, who)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("User prefers dark mode", "preference"),
        ("Remind me to call Ben", "task"),
        ("I want to learn Japanese", "goal"),
        ("I would love to see Rome", "goal"),
        ("I go running every morning", "habit"),
        ("I visited Rome last week", "event"),
        ("I am allergic to nuts", "constraint"),
        ("How to restart: first stop it, then start it", "procedure"),
        ("Ada is currently in a meeting", "context"),
        ("In summary, all went well", "summary"),
        ("Water boils at 100 degrees", "fact"),
        ("", "fact"),
    ],
)
def test_a_kind_is_guessed_from_its_signs(text: str, kind: str) -> None:
    assert kinds.guess(text).kind == kind


def test_a_guess_is_less_sure_where_signs_differ() -> None:
    one, two, none = (kinds.guess(text) for text in ("I love tea", "I love tea every day at night", "Tea"))
    assert (one.sure, one.other, none.sure) == (0.9, "", 0.5)
    assert {two.kind, two.other} == {"preference", "habit"}
    assert two.sure + two.other_sure == pytest.approx(0.9)


def test_what_stands_alone_and_tells_something_is_stated() -> None:
    talk = "Hi! I love pizza. My name is Ada. I live in Berlin and work at Acme. What about you? Thanks, that is great!"
    assert [(one.words, one.kind) for one in stated([told(talk)])] == [
        ("I love pizza.", "preference"),
        ("My name is Ada.", "fact"),
        ("I live in Berlin and work at Acme.", "fact"),
    ]


def test_what_is_said_again_is_stated_once() -> None:
    assert len(stated([told("I love tea."), told("i love tea."), told("I  LOVE TEA.")])) == 1


@pytest.mark.parametrize("text", ["", "Yes.", "Do you love tea?", "I love that.", "Thanks a lot!"])
def test_what_says_nothing_alone_is_not_stated(text: str) -> None:
    assert stated([told(text)]) == []


def test_statements_are_remembered_in_their_scope(in_acme: Tenant) -> None:
    outcomes = remember_stated([told("I love tea. I want to learn Japanese.")], Scope(user_id="ada", session_id="s"))
    rows = Memory.objects.filter(pk__in=[outcome.id for outcome in outcomes]).order_by("position")
    assert [(row.content, row.kind, row.user_id, row.session_id) for row in rows] == [
        ("I love tea.", "preference", "ada", "s"),
        ("I want to learn Japanese.", "goal", "ada", "s"),
    ]
    assert remember_stated([], Scope(user_id="ada")) == []
