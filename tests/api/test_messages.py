"""Messages: what was said in conversations, in order."""

from typing import Any

import pytest

from tests.conftest import Caller, costs


def say(caller: Caller, content: str, **fields: Any) -> str:
    said = {"content": content, "role": "user", "session_id": "s", "user_id": "ada"} | fields
    status, body = caller.post("messages", said)
    assert status == 201, body
    assert body["data"][0]["index"] == 0
    return body["data"][0]["id"]


def test_a_message_is_a_memory_of_its_conversation(ada: Caller) -> None:
    said = say(ada, "Fish, please.", author="Ada", importance_override=0.9, metadata={"a": {"b": [1]}}, agent_id="cook")
    status, body = ada.get(f"messages/{said}")
    assert status == 200
    assert body == ada.get(f"memories/{said}")[1]
    told = [body[name] for name in ("kind", "role", "author", "importance", "agent_id", "metadata")]
    assert told == ["message", "user", "Ada", 0.9, "cook", {"a": {"b": [1]}}]


@pytest.mark.parametrize(("order", "step"), [("oldest", 1), ("newest", -1)])
def test_a_conversation_is_read_in_order_page_by_page(ada: Caller, order: str, step: int) -> None:
    said = [say(ada, f"line {i}", role=("user", "assistant")[i % 2]) for i in range(5)]
    say(ada, "elsewhere", session_id="t")
    say(ada, "somebody else", user_id="ben")
    ada.remember("not a message", session_id="s", user_id="ada")
    url = f"messages?session_id=s&user_id=ada&limit=2&order={order}"
    page = ada.get(url)[1]
    read = [row["id"] for row in page["data"]]
    while page["has_more"]:
        page = ada.get(f"{url}&cursor={page['next_cursor']}")[1]
        read += [row["id"] for row in page["data"]]
    assert read == said[::step]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"content": "x" * 100_001}, "/content"),
        ({"content": " \n "}, "/content"),
        ({"role": "king"}, "/role"),
        ({"session_id": ""}, "/session_id"),
        ({"metadata": {"a": {"b": {"c": {"d": {}}}}}}, "/metadata"),
        ({"metadata": {"a": {"b": {"c": []}, "d": list(range(47))}}}, "/metadata"),
        ({"metadata": {str(i): i for i in range(51)}}, "/metadata"),
        ({"metadata": []}, "/metadata"),
        ({"importance_override": 1.1}, "/importance_override"),
        ({"event_time": "yesterday"}, "/event_time"),
        ({"kind": "fact"}, "/kind"),
    ],
)
def test_a_wrong_message_is_pointed_at(ada: Caller, fields: dict[str, Any], pointer: str) -> None:
    status, body = ada.post("messages", {"content": "x", "role": "user", "session_id": "s"} | fields)
    assert (status, body["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    "metadata", [{"a": {"b": {"c": {"d": 1}}}}, {str(i): i for i in range(50)}, {"a": {"b": {"c": []}}}]
)
def test_metadata_at_its_limits_is_kept(ada: Caller, metadata: dict[str, Any]) -> None:
    assert ada.get(f"messages/{say(ada, 'x', metadata=metadata)}")[1]["metadata"] == metadata


def test_a_message_of_the_longest_length_is_kept(ada: Caller) -> None:
    assert len(ada.get(f"messages/{say(ada, 'ü' * 100_000)}")[1]["content"]) == 100_000


@pytest.mark.parametrize(
    "query",
    ["", "session_id=", "session_id=s&order=up", "session_id=s&cursor=x", "session_id=s&limit=0", "session_id=s&x=1"],
)
def test_a_wrong_question_is_422(ada: Caller, query: str) -> None:
    assert ada.get(f"messages?{query}")[0] == 422


def test_a_memory_of_another_kind_is_no_message(ada: Caller) -> None:
    assert ada.get(f"messages/{ada.remember('a fact')}")[0] == 404


def test_another_tenants_messages_are_not_there(ada: Caller, ben: Caller) -> None:
    said = say(ada, "ours")
    assert ben.get(f"messages/{said}")[0] == 404
    assert ben.get("messages?session_id=s")[1]["data"] == []


def test_a_page_of_a_conversation_is_one_statement(ada: Caller) -> None:
    for i in range(3):
        say(ada, f"line {i}")
    with costs(1 + 1):  # the key, and the page
        ada.get("messages?session_id=s&user_id=ada")
