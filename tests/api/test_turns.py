"""Turns: recalled for, then remembered; and what was recalled makes no new memory."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from memory.models import Memory
from memory.remember import remember, remember_many
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.conftest import Caller

FACT = "Ada takes her tea without sugar, and with a slice of lemon."
HERE = {"user_id": "ada", "session_id": "now"}


def turn(caller: Caller, message: str, **fields: Any) -> dict[str, Any]:
    status, body = caller.post("turns", {"message": message, **HERE, **fields})
    assert status == 200, body
    return body


def contents(caller: Caller) -> list[str]:
    return [row["content"] for row in caller.get("memories?limit=200")[1]["data"]][::-1]


def recalled(body: dict[str, Any]) -> list[str]:
    return [item["content"] for item in body["context"]["items"]]


def test_a_turn_recalls_and_then_remembers(ada: Caller, acme: Tenant) -> None:
    ada.remember(FACT, user_id="ada")
    body = turn(ada, "How do I like my tea?", reply="With lemon, and no sugar in it.", author="Ada", shape="list")
    assert recalled(body) == [FACT]
    assert [outcome["status"] for outcome in body["remembered"]] == ["created", "created"]
    said = [ada.get(f"memories/{outcome['id']}")[1] for outcome in body["remembered"]]
    assert [(row["kind"], row["role"], row["author"], row["session_id"]) for row in said] == [
        ("message", "user", "Ada", "now"),
        ("message", "assistant", "", "now"),
    ]
    with tenant_context(acme):
        assert set(Memory.objects.filter(kind="message").values_list("source", flat=True)) == {"turn"}


def test_what_is_said_is_not_recalled_for_itself_even_when_tried_again(ada: Caller) -> None:
    for _ in range(2):
        body = turn(ada, "I moved to the coast.", reply="Good for you, the sea!", shape="list", include_session=5)
        assert recalled(body) == []
    assert [outcome["status"] for outcome in body["remembered"]] == ["merged", "merged"]


def test_the_next_turn_recalls_what_was_said_before(ada: Caller) -> None:
    turn(ada, "I moved to the coast.")
    assert recalled(turn(ada, "Where did I move?", session_id="later", shape="list")) == ["I moved to the coast."]


def test_a_turn_stays_in_its_namespace(ada: Caller) -> None:
    ada.remember(FACT, user_id="ada", namespace="work")
    assert recalled(turn(ada, "tea?", shape="list")) == []
    assert recalled(turn(ada, "tea?", shape="list", namespace="work")) == [FACT]


def test_ten_turns_that_feed_the_prompt_back_make_no_junk(ada: Caller) -> None:
    ada.remember(FACT, user_id="ada")
    ada.remember("Ada's kettle is on the\nsecond shelf.", user_id="ada")
    prompt = ""
    for number in range(10):
        body = turn(
            ada, f"{prompt}\nQuestion {number}: tea?", reply=f"{prompt}\nHere is answer {number}.", shape="prompt"
        )
        prompt = body["context"]["prompt"]
        assert prompt
        assert [outcome["status"] for outcome in body["remembered"]] == ["created", "created"]
    said = [text for i in range(10) for text in (f"Question {i}: tea?", f"Here is answer {i}.")]
    assert [text.strip() for text in contents(ada)] == [FACT, "Ada's kettle is on the\nsecond shelf.", *said]


def test_a_reply_that_is_only_the_prompt_is_skipped(ada: Caller) -> None:
    ada.remember(FACT, user_id="ada")
    prompt = turn(ada, "tea?", shape="prompt")["context"]["prompt"]
    body = turn(ada, "and now?", reply=prompt)
    assert body["remembered"][1] == {"index": 1, "status": "skipped", "id": None, "reason": "recalled text"}


@pytest.mark.parametrize("role", ["assistant", "tool"])
@pytest.mark.parametrize("form", ["{}", "  “{}” \n", "'{}'"])
def test_an_assistant_that_repeats_a_memory_adds_nothing(ada: Caller, role: str, form: str) -> None:
    ada.remember(FACT, user_id="ada")
    said = form.format(FACT.upper().replace(" ", "  "))
    status, body = ada.post("memories", {"content": said, "role": role, "kind": "message", **HERE})
    assert (status, body["data"]) == (200, [{"index": 0, "status": "skipped", "id": None, "reason": "recalled text"}])
    assert contents(ada) == [FACT]


def test_quoted_lines_without_their_block_are_taken_out(ada: Caller) -> None:
    for text in (FACT, "The garden gate\nhas a code."):
        ada.remember(text, user_id="ada")
    prompt = turn(ada, "tea?", shape="prompt")["context"]["prompt"]
    lines = [line for line in prompt.split("\n") if line.startswith(">")]
    reply = "\n".join(["I know this:", *lines, "> [1 May 2026] But this is new."])
    body = turn(ada, "next", reply=reply)
    kept = ada.get(f"memories/{body['remembered'][1]['id']}")[1]["content"]
    assert kept == "I know this:\n> [1 May 2026] But this is new."


@pytest.mark.parametrize(
    ("draft", "status"),
    [
        (Draft(FACT, Scope("", "ada"), role="user"), "created"),
        (Draft(FACT, Scope("", "ben"), role="assistant"), "created"),
        (Draft(FACT, Scope("work", "ada"), role="assistant"), "created"),
        (Draft("Good tea!", Scope("", "ada"), role="assistant"), "created"),
        (Draft(FACT, Scope("", "ada"), role="assistant", source="import"), "created"),
        (Draft(FACT + " Always.", Scope("", "ada"), role="assistant"), "created"),
        (Draft(FACT, Scope("", "ada", "", "x"), source="recall"), "skipped"),
        (Draft(FACT, role="assistant"), "skipped"),
        (Draft("The kettle sings on the stove.", Scope("", "ada", "", "s"), role="assistant"), "merged"),
    ],
)
def test_only_recalled_text_is_skipped(in_acme: object, draft: Draft, status: str) -> None:
    remember(Draft(FACT, Scope("", "ada")))
    remember(Draft("Good tea!", Scope("", "ada")))
    remember(Draft("The kettle sings on the stove.", Scope("", "ada", "", "s"), role="assistant"))
    assert remember(draft).status == status


def test_what_was_forgotten_can_be_said_again(ada: Caller) -> None:
    ada.delete(f"memories/{ada.remember(FACT, user_id='ada')}")
    assert (
        ada.post("memories", {"content": FACT, "role": "assistant", "user_id": "ada"})[1]["data"][0]["status"]
        == "created"
    )


def test_outcomes_stay_in_order_when_some_are_skipped(in_acme: object) -> None:
    remember(Draft(FACT))
    drafts = [Draft("one thing"), Draft(FACT, role="tool"), Draft("another thing"), Draft("one thing")]
    assert [outcome.status for outcome in remember_many(drafts)] == ["created", "skipped", "created", "merged"]
    assert [outcome.status for outcome in remember_many(drafts[1:2])] == ["skipped"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"message": " "}, "/message"),
        ({"reply": 7}, "/reply"),
        ({"role": "king"}, "/role"),
        ({"max_tokens": 1}, "/max_tokens"),
        ({"message": "x" * 100_001}, "/message"),
        ({"query": "x"}, "/query"),
    ],
)
def test_a_wrong_turn_is_pointed_at(ada: Caller, fields: dict[str, Any], pointer: str) -> None:
    status, body = ada.post("turns", {"message": "x"} | fields)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)
    assert contents(ada) == []


def test_a_turn_that_cannot_recall_remembers_nothing(ada: Caller) -> None:
    assert ada.post("turns", {"message": "x", "filters": {"colour": 1}})[0] == 400
    assert contents(ada) == []
