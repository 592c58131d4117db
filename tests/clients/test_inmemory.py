"""The real InMemory client, driven through each of its methods."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.environments import INMEMORY
from tests.clients.remote import Agent, Remote
from tests.journeys.house import House


@pytest.fixture(scope="module")
def agent(agents: Callable[..., Agent]) -> Agent:
    return agents(INMEMORY)


@pytest.fixture(scope="module")
def client(house: House, tenant: Callable[[str], str], agent: Agent) -> Remote:
    url = f"{house.facts['url']}/compat/inmemory"
    return agent.open("sync", "inmemory.client:InmemoryClient", api_key=tenant("inmemory"), host=url)


def test_what_is_added_is_answered_with_its_id(client: Remote) -> None:
    added: dict[str, Any] = client.add(
        "I love pizza", tags="food, Italy", people_mentioned="Ada", topic_category="Food"
    )
    assert "error" not in added
    assert added["memory_id"]
