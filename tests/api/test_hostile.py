"""No input gets a 500: bodies, parameters and headers that break plain serializers."""

import gzip
import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.middleware import measured_body
from tests.conftest import Caller

DEEP = {n: b'{"content":"x","metadata":' + b'{"a":' * n + b"1" + b"}" * n + b"}" for n in (40, 900, 5_000, 100_000)}
BODIES = {
    "NUL in content": b'{"content":"a\\u0000b"}',
    "NUL in a metadata value": b'{"content":"x","metadata":{"a":"\\u0000"}}',
    "NUL in a metadata key": b'{"content":"x","metadata":{"\\u0000":1}}',
    "lone surrogate in content": b'{"content":"\\ud800"}',
    "lone surrogate in metadata": b'{"content":"x","metadata":{"a":"\\udfff"}}',
    "lone surrogate in a key": b'{"content":"x","metadata":{"\\ud800":1}}',
    "NaN": b'{"content":"x","importance":NaN}',
    "Infinity in metadata": b'{"content":"x","metadata":{"a":Infinity}}',
    "1e999": b'{"content":"x","metadata":{"a":1e999}}',
    "integer of 5,000 digits": b'{"content":"x","metadata":{"a":' + b"9" * 5000 + b"}}",
    "integer of 4,000 digits": b'{"content":"x","importance":' + b"9" * 4000 + b"}",
    "integer beyond 2^53": b'{"content":"x","metadata":{"a":9007199254740993}}',
    "invalid UTF-8": b'{"content":"\xff\xfe"}',
    "UTF-16": '{"content":"x"}'.encode("utf-16"),
    "10 MB": b'{"content":"' + b"x" * 10_000_000 + b'"}',
    "the same key twice": b'{"content":"x","content":"y"}',
    "no JSON": b"content=x",
    "nothing": b"",
    "an open string": b'{"content":"x',
    "only brackets": b"[" * 200_000,
    "too many values": b'{"content":"x","metadata":{"a":[' + b"1," * 120_000 + b"1]}}",
    "large metadata": b'{"content":"x","metadata":{"a":"' + b"x" * 70_000 + b'"}}',
    "a vector": b'{"content":"x","embedding":[1e39]}',
    **{f"nested {n} deep": body for n, body in DEEP.items()},
}


def assert_problem(answer: Any) -> None:
    assert 400 <= answer.status_code < 500, answer.content[:500]
    assert answer["Content-Type"] == "application/problem+json"
    body = json.loads(answer.content)
    assert body["status"] == answer.status_code
    assert body["code"]
    assert body["request_id"] == answer["X-Request-Id"]


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("path", ["memories", "memories/search"])
def test_a_hostile_body_is_a_problem_document(ada: Caller, path: str, name: str) -> None:
    assert_problem(ada.raw("POST", path, BODIES[name]))


def test_a_body_that_is_too_large_is_413(ada: Caller) -> None:
    assert ada.raw("POST", "memories", BODIES["10 MB"]).status_code == 413


@pytest.mark.parametrize(
    "body", [b"[]", b'"x"', b"1", b"null", b"true", b"[[]]", b'{"memories":{}}', b'{"memories":[1]}']
)
@pytest.mark.parametrize("path", ["memories", "memories/search"])
def test_a_body_of_another_shape_is_a_problem_document(ada: Caller, path: str, body: bytes) -> None:
    assert_problem(ada.raw("POST", path, body))


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"version":3}', b'{"content":null}', b'{"tags":"x"}'])
def test_a_bad_change_is_a_problem_document(ada: Caller, body: bytes) -> None:
    assert_problem(ada.raw("PATCH", f"memories/{ada.remember('x')}", body))


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [("text/plain", {}), ("application/x-www-form-urlencoded", {}), ("multipart/form-data; boundary=x", {})],
)
def test_another_content_type_is_415(ada: Caller, content_type: str, headers: dict[str, str]) -> None:
    answer = ada.raw("POST", "memories", b"content=x", Content_Type=content_type)
    assert answer.status_code == 415
    assert_problem(answer)


def test_a_compressed_body_is_415(ada: Caller) -> None:
    answer = ada.raw("POST", "memories", gzip.compress(b'{"content":"x"}'), Content_Encoding="gzip")
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "path",
    [
        "memories?user_id=%00", "memories?cursor=%00", "memories?cursor=x", "memories?cursor=%F0%9F%A6%8A",
        "memories?limit=0", "memories?limit=201", "memories?limit=9999999999999999999999", "memories?limit=x",
        "memories?kind=nothing", "memories?tag=%00", "memories?%00=1", "memories?usr_id=ada", "events?since=-1", "events?since=1e5",
        "events?since=99999999999999999999999", "events?limit=0", "memories/not-an-id",
        "memories/00000000-0000-0000-0000-000000000000", "nothing/here", "memories/%00",
    ],
)  # fmt: skip
def test_a_hostile_parameter_is_a_problem_document(ada: Caller, path: str) -> None:
    assert_problem(ada.raw("GET", path))


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method_is_405(ada: Caller, method: str) -> None:
    answer = ada.raw(method, "memories", b"{}")
    assert answer.status_code == 405
    assert_problem(answer)


@pytest.mark.parametrize(
    "when",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "x",
        "",
        5,
    ],
)
def test_an_impossible_time_is_422(ada: Caller, when: object) -> None:
    assert ada.post("memories", {"content": "x", "event_time": when})[0] == 422


@pytest.mark.parametrize(
    "field", ["content", "kind", "role", "author", "user_id", "tags", "people", "metadata", "importance", "event_time"]
)
@pytest.mark.parametrize("value", [True, 7, 1.5, [], [1], {}, {"a": 1}, "\ufeff", "x" * 300])
def test_no_value_of_any_field_is_a_500(ada: Caller, field: str, value: object) -> None:
    assert ada.post("memories", {"content": "x", field: value})[0] < 500


def test_a_scope_of_the_longest_names_is_stored(ada: Caller) -> None:
    longest = "𝕏" * 255
    scope = dict.fromkeys(("user_id", "agent_id", "session_id", "namespace", "author"), longest)
    assert ada.post("memories", {"content": "x", **scope})[0] == 201


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["content", "query", "filters", "limit", "kind", "tags", "metadata", "memories", "event_time"])


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, JSON, max_size=5), st.sampled_from(["memories", "memories/search"]))
def test_random_json_is_never_a_500(ada: Caller, body: dict[str, object], path: str) -> None:
    assert ada.raw("POST", path, json.dumps(body).encode()).status_code < 500


def test_a_body_that_does_not_say_its_length_is_read() -> None:
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    request = ASGIRequest(scope, BytesIO(b'{"content": "in pieces"}'))
    length = measured_body(lambda request: HttpResponse(request.META["CONTENT_LENGTH"]))(request).content
    assert (int(length), request.read()) == (24, b'{"content": "in pieces"}')
