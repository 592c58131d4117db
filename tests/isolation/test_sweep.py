"""Every operation of the OpenAPI file, with every id of another tenant: the answer is that for an id that nobody has.

Generated from the file itself: a new route without a line in recipes.py fails here.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import transaction
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator

from tenants.models import Tenant
from tests.conftest import Caller, _forget
from tests.isolation.recipes import OPS, Op
from tests.isolation.worlds import World, fingerprint, like

SCHEMA = SchemaGenerator().get_schema(request=None, public=True)
PREFIX = "/api/v1/"
OPERATIONS = {
    f"{method.upper()} {path.removeprefix(PREFIX)}": told
    for path, methods in SCHEMA["paths"].items()
    for method, told in methods.items()
    if not path.endswith("/")
}
# What they are given is a credential itself, so it is not asked for one, and no tenant is named beside it.
GUARDED = [operation for operation in OPERATIONS if not operation.startswith("POST tokens")]
LOOKS_LIKE_AN_ID = re.compile(r"(^|_)(id|ids|key|cursor)$|^(like|memory|source|target|batch)$")
At = tuple[str, str]  # where a parameter is (path, query, header, body, or a list in the body) and its name


def resolved(told: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in told:
        told = SCHEMA["components"]["schemas"][told["$ref"].rpartition("/")[2]]
    return told


def fields(told: dict[str, Any], at: str = "body") -> Iterator[tuple[At, dict[str, Any]]]:
    """The fields of a body, and those of objects in its lists: `metadata` and the like are the caller's own words."""
    told = resolved(told)
    for part in (part for key in ("oneOf", "anyOf", "allOf") for part in told.get(key, [])):
        yield from fields(part, at)
    for name, inner in told.get("properties", {}).items():
        yield (at, name), inner
        if inner.get("type") == "array" and "properties" in (item := resolved(inner["items"])):
            yield from fields(item, name)


def parameters(told: dict[str, Any]) -> dict[At, dict[str, Any]]:
    found = {(told["in"], told["name"]): told["schema"] for told in told.get("parameters", [])}
    for content in told.get("requestBody", {}).get("content", {}).values():
        found |= dict(fields(content["schema"]))
    return found


def names_a_thing(name: str, schema: dict[str, Any]) -> bool:
    return schema.get("format") == "uuid" or bool(LOOKS_LIKE_AN_ID.search(name))


def places(operation: str) -> list[At]:
    """Where another tenant's things can be named in a call of this operation."""
    op = OPS[operation]
    return [at for at in parameters(OPERATIONS[operation]) if op.kind(at[1])]


def filled(value: Any, world: World) -> Any:
    """A recipe's body with the caller's own things in the places of "$kind"."""
    if isinstance(value, dict):
        return {name: filled(inner, world) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, world) for inner in value]
    return world.things[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def call(
    operation: str, world: World, at: At | None = None, value: Any = None, key: str = "caller", **headers: str
) -> Any:
    """Call as the world's caller with its own things, but with `value` in the place `at`."""
    op, (method, path) = OPS[operation], operation.split(" ")
    where, name = at or ("", "")
    own = {found: world.things[op.kind(found) or "user"] for found in re.findall(r"{(\w+)}", path)} | {"type": "user"}
    own |= {name: value} if where == "path" else {}
    path = path.format(**{kind: quote(str(v), safe="") for kind, v in own.items()})
    query = filled(op.query, world) | ({name: told(value)} if where == "query" else {})
    if where == "query" and name == "query":
        query.pop("all", None)
    headers |= {name: value} if where == "header" else {}
    body = _body(op, world, where, name, value)
    sent = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
    return getattr(world, key).raw(
        method, f"{path}?{urlencode(query)}", sent, **headers, **{"Content-Type": op.content_type}
    )


def told(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _body(op: Op, world: World, where: str, name: str, value: Any) -> Any:
    schema_is_list = name in ("tags", "people", "namespaces", "expected")
    given = {name: [value] if schema_is_list else value}
    if where in ("", "path", "query", "header"):
        return filled(op.body, world)
    if where == "body":
        body = filled(op.body, world) | given
        return {k: v for k, v in body.items() if not (name == "like" and k == "query")}
    body = filled(op.nested, world)
    return {where: [item | given for item in body[where]]}


def whole(answer: Any) -> bytes:
    if not answer.streaming:
        return answer.content
    if not answer.is_async:
        return b"".join(answer.streaming_content)

    async def gathered() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(gathered)()


def heard(answer: Any, value: Any) -> tuple[int, str]:
    """Status and body without what was given, the request's id and path, and, where it worked, ids, times and rates."""
    text = whole(answer).decode()
    for given in filter(None, (told(value), *(value.values() if isinstance(value, dict) else ()))):
        text = text.replace(str(given), "‹given›")
    if answer.status_code >= 400:
        body = json.loads(text)
        return answer.status_code, json.dumps({k: body[k] for k in body if k not in ("request_id", "instance")})
    for pattern in (
        r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
        r"[0-9a-f]{8}-[0-9a-f-]{27}",
        r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)",
        r"\d+\.\d+",
        r"[0-9a-f]{64}",
        r"im_\w+",
        r"whsec_[\w+/=]+",
        r'"(left|back_in)":[^,}]+',
    ):
        text = re.sub(pattern, "‹own›", text)
    return answer.status_code, text


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, World]]:
    """Hers and his, committed once; each test takes back what it did."""
    with django_db_blocker.unblock():
        yield World(Tenant.objects.get(slug="acme")), World(Tenant.objects.get(slug="globex"))
        _forget()


@pytest.fixture(autouse=True)
def taken_back(worlds: Any) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def afresh(operation: str, world: World, at: At | None = None, value: Any = None, **headers: str) -> tuple[int, str]:
    """A call whose effects are taken back, as text that can be compared."""
    with transaction.atomic():
        answer = heard(call(operation, world, at, value, **headers), value)
        transaction.set_rollback(True)
    return answer


def test_each_operation_has_a_recipe_and_each_recipe_an_operation() -> None:
    assert sorted(set(OPERATIONS) - set(OPS)) == [], "write a line in tests/isolation/recipes.py"
    assert sorted(set(OPS) - set(OPERATIONS)) == []


@pytest.mark.parametrize("path", sorted({operation.split(" ")[1] for operation in OPERATIONS}))
def test_each_route_answers_with_its_slash_too(path: str) -> None:
    url = PREFIX + re.sub(r"{\w+}", str(uuid4()), path.replace("{seq}", "1"))
    assert resolve(url).func.cls is resolve(f"{url}/").func.cls


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_parameter_that_names_a_thing_is_known(operation: str) -> None:
    unknown = [
        at for at, schema in parameters(OPERATIONS[operation]).items()
        if names_a_thing(at[1], schema) and OPS[operation].kind(at[1]) is None
    ]  # fmt: skip
    assert unknown == [], "say in NAMES, or in the Op's `named`, what it names"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_recipe_works_with_the_own_ids(worlds: tuple[World, World], operation: str) -> None:
    answer = call(operation, worlds[0], key=OPS[operation].key)
    assert answer.status_code in OPS[operation].ok, answer.content


@pytest.mark.parametrize("operation", [operation for operation in OPS if operation in OPERATIONS and places(operation)])
def test_another_tenants_things_are_like_things_that_nobody_has(worlds: tuple[World, World], operation: str) -> None:
    hers, his = worlds
    before = fingerprint(hers.tenant)
    for at in places(operation):
        foreign = hers.things[OPS[operation].kind(at[1]) or ""]
        random = like(foreign)
        with transaction.atomic():
            answer = heard(call(operation, his, at, foreign), foreign)
            assert fingerprint(hers.tenant) == before, at
            transaction.set_rollback(True)
        assert answer == afresh(operation, his, at, random), at
        assert hers.canary not in answer[1], at
        if at[0] == "path" and at[1] != "type":
            assert answer[0] == OPS[operation].unknown, at


@pytest.mark.parametrize("operation", GUARDED)
def test_another_tenants_name_is_like_a_name_that_nobody_has(worlds: tuple[World, World], operation: str) -> None:
    hers, his = worlds
    before = fingerprint(hers.tenant)
    nobody = like(str(hers.tenant.id))
    answers = {afresh(operation, his, **{"X-Tenant-ID": name}) for name in ("acme", str(hers.tenant.id), nobody, "no")}
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert fingerprint(hers.tenant) == before


@pytest.mark.parametrize("operation", GUARDED)
def test_another_tenant_in_the_path_is_like_one_that_is_not_there(
    worlds: tuple[World, World], operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    his, answers = worlds[1], set()
    for prefix in ("/t/acme", "/t/nobody"):
        monkeypatch.setattr(his, "caller", Caller(his.caller.key, prefix))
        answers.add(afresh(operation, his))
    assert len(answers) == 1
    assert answers.pop()[0] == 404


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_a_credential_nothing_is_told(worlds: tuple[World, World], operation: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(worlds[0], "caller", Caller(""))
    status, text = heard(call(operation, worlds[0]), "")
    assert status == 401
    assert worlds[0].canary not in text
