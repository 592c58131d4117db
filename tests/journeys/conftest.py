"""One running house for the journeys that share it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.journeys.house import House


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(Path(tmp_path_factory.mktemp("house")))
    try:
        yield house.start()
    finally:
        house.stop()


@pytest.fixture(scope="package")
def globex_key(house: House) -> str:
    return house.manage("tenants", "create", "globex").splitlines()[-1]


@pytest.fixture
def globex(house: House, globex_key: str) -> httpx.Client:
    return house.caller(globex_key)
