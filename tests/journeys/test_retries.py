"""A crash at the worst moment, and the same Idempotency-Key again: done once, one id."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from tests.journeys.house import House, eventually

SLOW_COMMIT = """
    CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON tenants_keptreply DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow_commit();
"""


def database(house: House) -> psycopg.Connection:
    url = json.loads((house.var / "services.json").read_text())["database_url"]
    return psycopg.connect(url, autocommit=True)


def committing(house: House) -> int:
    """The process of PostgreSQL that is in the middle of the slow commit; 0 for none."""
    with database(house) as sql:
        found = sql.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
    return found[0] if found else 0


@contextmanager
def slow_commits(house: House) -> Iterator[None]:
    with database(house) as sql:
        sql.execute(SLOW_COMMIT)
    yield
    with eventually(lambda: _connected(house), within=60) as sql:
        sql.execute("DROP FUNCTION slow_commit() CASCADE")


def _connected(house: House) -> psycopg.Connection | None:
    try:
        return database(house)
    except psycopg.OperationalError:
        return None


def crash(house: House, kill: Callable[[int], Any], send: Callable[[], httpx.Response]) -> None:
    """Send; kill while the database commits. The sender gets no good answer."""
    with slow_commits(house), ThreadPoolExecutor(1) as pool:
        sent = pool.submit(send)
        kill(eventually(lambda: committing(house)))
        error = sent.exception()
        assert isinstance(error, httpx.TransportError) or sent.result().status_code >= 500


@pytest.mark.parametrize("victim", ["web", "database"])
def test_what_a_crash_left_unsaid_is_told_again_and_done_once(house: House, victim: str) -> None:
    said = {"content": f"Committed while the {victim} died."}

    def send() -> httpx.Response:
        return house.api.post("memories", json=said, headers={"Idempotency-Key": f"crash-{victim}"})

    def kill(backend: int) -> None:
        (house.running("uvicorn")[0] if victim == "web" else psutil.Process(backend)).kill()

    def answered() -> httpx.Response | None:
        try:
            answer = send()
        except httpx.TransportError:
            return None
        return answer if answer.status_code == 201 else None

    crash(house, kill, send)
    answer = eventually(answered, within=90)
    # The web process died after its COMMIT was on its way, so it is done; a killed database undoes what was not yet.
    assert ("Idempotent-Replayed" in answer.headers) == (victim == "web")
    again = send()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == answer.json()
    found = house.api.post("memories/list", json={"filters": {"content": said["content"]}}).json()["data"]
    assert [memory["id"] for memory in found] == [answer.json()["data"][0]["id"]]
