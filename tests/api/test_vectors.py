"""A vector from outside is of the model's dimension, finite, storable and not zero, or it is refused."""

import pytest
from django.db import connection

from api import health
from config.checks import vector_extension
from tests.api.test_hostile import assert_problem
from tests.conftest import Caller

DIMENSION = 384
BAD = {
    "one number too few": [0.1] * (DIMENSION - 1),
    "one number too many": [0.1] * (DIMENSION + 1),
    "20,000 numbers": [0.1] * 20_000,
    "empty": [],
    "all zero": [0.0] * DIMENSION,
    "1e39": [1e39] + [0.0] * (DIMENSION - 1),
    "beyond half precision": [65_505.0] + [0.0] * (DIMENSION - 1),
    "text": ["x"] * DIMENSION,
    "null": [None] * DIMENSION,
    "lists": [[0.1]] * DIMENSION,
    "an object": {"0": 1},
    "a number": 7,
}
NOT_JSON = ("NaN", "Infinity", "-Infinity", "1e999")


@pytest.mark.parametrize("path", ["memories/search", "context"])
@pytest.mark.parametrize("name", BAD)
def test_a_vector_that_is_none_is_refused(ada: Caller, path: str, name: str) -> None:
    status, body = ada.post(path, {"vector": BAD[name]})
    assert status in (400, 422)
    assert any("/vector" in error["pointer"] for error in body["errors"]), body


@pytest.mark.parametrize("path", ["memories/search", "context"])
@pytest.mark.parametrize("number", NOT_JSON)
def test_a_number_that_json_does_not_have_is_refused(ada: Caller, path: str, number: str) -> None:
    numbers = ",".join([number, *["0.1"] * (DIMENSION - 1)])
    answer = ada.raw("POST", path, f'{{"vector": [{numbers}]}}'.encode())
    assert_problem(answer)
    assert answer.status_code in (400, 422)


def test_a_good_vector_is_searched_with(ada: Caller) -> None:
    assert ada.post("memories/search", {"vector": [0.1] * DIMENSION})[0] == 200


def test_the_server_is_ready_with_the_vector_extension(db: None) -> None:
    assert health._database()


@pytest.mark.parametrize(
    ("broken", "id"),
    [
        ("CREATE SCHEMA elsewhere; ALTER EXTENSION vector SET SCHEMA elsewhere", "config.E003"),
        ("UPDATE pg_extension SET extversion = '0.8.3' WHERE extname = 'vector'", "config.E004"),
    ],
)
def test_a_vector_extension_that_is_elsewhere_or_old_is_neither_ready_nor_started_with(
    db: None, broken: str, id: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(broken)
    assert not health._database()
    assert [message.id for message in vector_extension(None, databases=["default"])] == [id]
