"""Streams over a real server: they begin before they end, do not mix, resume, and end with their listener."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from tests.journeys.house import House, eventually

MANY = 400


def heard(answer: httpx.Response) -> Iterator[tuple[str, str, Any]]:
    """(event, id, data) of each event as it comes."""
    told: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            told[name] = value
        elif told:
            yield told.get("event", ""), told.get("id", ""), json.loads(told["data"])
            told = {}


def fill(client: httpx.Client, name: str) -> None:
    said = [{"content": f"{name} streams {i}", "user_id": "stream"} for i in range(MANY)]
    assert client.post("memories", json={"memories": said}).status_code in (200, 201)


def everything(client: httpx.Client, **headers: str) -> Any:
    headers = {"Accept": "text/event-stream"} | headers
    return client.stream("GET", "memories/stream", params={"all": "true", "user_id": "stream"}, headers=headers)


def test_streams_of_two_tenants_at_once_do_not_mix(house: House, globex: httpx.Client) -> None:
    fill(house.api, "acme")
    fill(globex, "globex")
    told: dict[str, list[str]] = {}

    def listen(name: str, client: httpx.Client) -> None:
        with everything(client) as answer:
            told[name] = [data.get("content", "") for _, _, data in heard(answer)]

    threads = [
        threading.Thread(target=listen, args=(name, client))
        for name, client in (("acme", house.api), ("globex", globex))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for name, contents in told.items():
        assert contents == [*(f"{name} streams {i}" for i in range(MANY)), ""]


def test_a_stream_that_broke_off_is_resumed(house: House) -> None:
    fill(house.api, "acme")
    with everything(house.api) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        first = [id for (_, id, _), _ in zip(heard(answer), range(120), strict=False)]
    with everything(house.api, **{"Last-Event-ID": first[-1]}) as answer:
        rest = [(event, id) for event, id, _ in heard(answer)]
    assert len(first) + len(rest) - 1 == MANY
    assert not set(first) & {id for _, id in rest}
    assert rest[-1][0] == "end"


HELD = """
    SELECT coalesce(string_agg(left(query, 200), '; '), '') FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
      AND state <> 'idle' AND xact_start < now() - interval '5 seconds'
"""


def held(house: House) -> str:
    """The queries of transactions that have been open for seconds: the house's own programs are done sooner."""
    script = f"from django.db import connection; c = connection.cursor(); c.execute({HELD!r}); print(c.fetchone()[0])"
    return house.manage("shell", "-v0", "-c", script)


def test_listeners_that_leave_keep_no_connection(house: House) -> None:
    fill(house.api, "acme")
    for _ in range(20):
        with everything(house.api) as answer:
            next(heard(answer))
    eventually(lambda: not held(house), 60)
    assert house.api.get("memories", params={"limit": 1}).status_code == 200


def test_hits_come_as_events_and_errors_as_problems(house: House) -> None:
    fill(house.api, "acme")
    asked = {"query": "acme streams 7", "user_id": "stream", "limit": 3}
    with house.api.stream("POST", "memories/stream", json=asked) as answer:
        assert [event for event, _, _ in heard(answer)] == ["hit", "hit", "hit", "end"]
    refused = house.api.post("memories/stream", json={"all": True, "filters": {"no": 1}})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
