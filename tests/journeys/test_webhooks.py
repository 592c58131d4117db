"""Webhooks of a running house: real facts, a real receiver, and the specification's own library that verifies."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from events.webhooks.claiming import LEASE
from tests.journeys.house import House, eventually
from tests.receiver import Heard, Receiver, after, saying

IN_ACME = (
    "from django_tenants.utils import tenant_context as c; from tenants.models import Tenant as T\n"
    "from events.models import Delivery, Webhook; from events.webhooks import endpoints as e, deliveries as d\n"
    "with c(T.objects.get(slug='acme')):\n    "
)


def told(house: House, line: str) -> str:
    """What a line of Python says that is run in acme's schema."""
    return house.manage("shell", "-v0", "-c", IN_ACME + line).splitlines()[-1]


@pytest.fixture
def hook(house: House) -> Iterator[Callable[[Receiver], tuple[str, str]]]:
    """Makes a webhook for memories that are created: its id and its secret."""
    made = []

    def make(receiver: Receiver) -> tuple[str, str]:
        line = f"w, s = e.create('{receiver.url}', types=['memory.created']); print(w.pk, s)"
        id, secret = told(house, line).split()
        made.append(id)
        return id, secret

    yield make
    for id in made:
        told(house, f"print(e.delete('{id}'))")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def write(house: House, text: str) -> str:
    return house.api.post("memories", json={"content": text, "user_id": "ada"}).json()["data"][0]["id"]


def arrived(receiver: Receiver, memory: str, times: int = 1, within: float = 30) -> list[Heard]:
    """The deliveries of the fact that a memory was made, once there are so many."""

    def found() -> list[Heard]:
        return [heard for heard in receiver.heard if heard.json()["data"]["subject"]["id"] == memory]

    eventually(lambda: len(found()) >= times, within)
    return found()


def late(heard: Heard) -> float:
    """Seconds between the fact and its arrival."""
    return heard.at - datetime.fromisoformat(heard.json()["timestamp"]).timestamp()


def test_a_memory_is_told_of_within_five_seconds_and_the_reference_library_verifies_it(
    house: House, receiver: Receiver, hook: Any
) -> None:
    _, secret = hook(receiver)
    told = [arrived(receiver, write(house, f"told to the world {n}"))[0] for n in range(3)]
    heard = told[0]
    fact = next(event for event in house.events() if event["id"] == heard.id)
    body = heard.verified(secret)
    assert (body["type"], body["timestamp"]) == ("memory.created", fact["occurred_at"])
    assert {name: body["data"][name] for name in ("seq", "subject", "actor", "data")} == {
        name: fact[name] for name in ("seq", "subject", "actor", "data")
    }
    assert sorted(late(heard) for heard in told)[1] < 5


def test_a_secret_is_rolled_without_a_gap(house: House, receiver: Receiver, hook: Any) -> None:
    id, old = hook(receiver)
    first = [write(house, f"before {n}") for n in range(5)]
    new = told(house, f"print(e.roll('{id}', hours=1)[1])")
    then = [write(house, f"after {n}") for n in range(5)]
    for memory in first + then:
        arrived(receiver, memory)[0].verified(old)
    for memory in then:
        arrived(receiver, memory)[0].verified(new)


def test_a_failure_is_tried_again_after_some_five_seconds_under_the_same_id(
    house: House, receiver: Receiver, hook: Any
) -> None:
    receiver.answer = saying(500)
    _, secret = hook(receiver)
    memory = write(house, "at the second try")
    arrived(receiver, memory)
    receiver.answer = saying(200)
    first, second = arrived(receiver, memory, times=2)
    assert first.id == second.id
    assert 3.5 < second.at - first.at < 60
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.verified(secret) == second.verified(secret)


def test_a_silent_receiver_delays_no_other_by_a_second(house: House, receiver: Receiver, hook: Any) -> None:
    hook(receiver)

    def usual(count: int) -> list[float]:
        memories = []
        for n in range(count):
            memories.append(write(house, f"on time {n} {time.time()}"))
            time.sleep(0.2)
        return sorted(late(arrived(receiver, memory)[0]) for memory in memories)

    alone = usual(20)
    with Receiver(after(20)) as silent:
        hook(silent)
        beside = usual(30)
        assert len(silent.heard) >= 2
    assert beside[len(beside) // 2] < alone[len(alone) // 2] + 1.0  # blocked, it would be 15


def test_a_killed_deliverer_loses_nothing(house: House, receiver: Receiver, hook: Any) -> None:
    receiver.answer = after(8)
    hook(receiver)
    memory = write(house, "on its way when the deliverer died")
    arrived(receiver, memory)
    receiver.answer = saying(200)
    victims = house.running("celery", "deliverer@")
    assert victims
    for process in victims:
        process.kill()
    first, second = arrived(receiver, memory, times=2, within=LEASE.total_seconds() + 60)
    assert first.id == second.id
    state = f"print(Delivery.objects.get(event_id='{first.id}').state)"
    eventually(lambda: told(house, state) == "delivered")
    assert len(arrived(receiver, memory)) == 2


def test_who_is_gone_is_disabled_and_the_feed_tells_it(house: House, receiver: Receiver, hook: Any) -> None:
    receiver.answer = saying(410)
    id, _ = hook(receiver)
    memory = write(house, "nobody lives here")
    arrived(receiver, memory)

    def disabled() -> list[dict[str, Any]]:
        return [e for e in house.events() if e["type"] == "webhook.disabled" and e["subject"]["id"] == id]

    eventually(disabled)
    assert disabled()[0]["data"] == {"reason": "gone"}
    write(house, "and this is not sent")
    time.sleep(2)
    assert len(receiver.heard) == 1
