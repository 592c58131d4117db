"""One running house for all real clients, and a tenant of its own for each module that drives one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.environments import Environment
from tests.clients.remote import Agent
from tests.journeys.house import House


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(Path(tmp_path_factory.mktemp("clients")))
    try:
        yield house.start()
    finally:
        house.stop()


@pytest.fixture(scope="package")
def tenant(house: House) -> Callable[[str], str]:
    """Opens a tenant; its key, which may all but what is the platform's."""
    return lambda slug: house.manage("tenants", "create", slug).splitlines()[-1]


@pytest.fixture(scope="package")
def another_key(house: House) -> Callable[..., str]:
    """Another key of the tenant of a key, by the native API: `another_key(key, "ben", scopes=["read", "write"])`."""

    def made(key: str, name: str, **fields: Any) -> str:
        answer = house.caller(key).post("keys", json={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()["key"]

    return made


@pytest.fixture(scope="package")
def native(house: House) -> Callable[[str], httpx.Client]:
    """A caller of the native API, to see what a client did: `native(key).get("memories")`."""
    return house.caller


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Agent]]:
    """Starts agents: `agents(INMEMORY)`; all of them stop with the module."""
    started: list[Agent] = []

    def start(environment: Environment, **env: str) -> Agent:
        started.append(Agent(environment, Path(tmp_path_factory.mktemp(environment.name)), **env))
        return started[-1]

    yield start
    for agent in started:
        agent.stop()
