"""Each dialect's own documents: its OpenAPI file is valid, its page answers, and at the root no two of them meet."""

import json
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, resolve
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.validation import validate_schema

from api.dialects import mounting
from tenants import keys
from tenants.models import Tenant
from tests.dialects import table

ONE = UUID(int=17)
# What may stand in a path for a parameter, by its converter.
SAMPLES: dict[str, list[Any]] = {
    "str": ["sample", str(ONE), "17"], "slug": ["sample", str(ONE), "17"], "path": ["sample", "some/sample", str(ONE)],
    "uuid": [ONE], "int": [17],
}  # fmt: skip
AT_ROOT = [
    (name, pattern)
    for name in settings.DIALECTS
    for pattern in import_module(f"api.dialects.{name}.urls").at_root
    if not str(pattern.pattern).endswith("/")
]


def paths(pattern: URLPattern) -> Iterator[str]:
    """Paths that it is for."""
    converters = pattern.pattern.converters
    kinds = [
        type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        for converter in converters.values()
    ]
    for values in product(*(SAMPLES[kind] for kind in kinds)):
        path = "/" + str(pattern.pattern)
        for (name, _), kind, value in zip(converters.items(), kinds, values, strict=True):
            path = path.replace(f"<{kind}:{name}>", str(value)).replace(f"<{name}>", str(value))
        yield path


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_the_openapi_file_is_valid_and_made_without_warnings(name: str) -> None:
    reset_generator_stats()
    with patched_settings(mounting.schema_of(name)):
        told = SchemaGenerator(patterns=mounting.patterns_of(name)).get_schema(request=None, public=True)
        validate_schema(told)
    assert not GENERATOR_STATS
    ids = [operation["operationId"] for methods in told["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    assert not [path for path in told["paths"] if path.endswith("/")]


@pytest.mark.parametrize("name", settings.DIALECTS)
@pytest.mark.parametrize("path", ["schema", "openapi.json", "docs", "docs/"])
def test_its_documents_answer_whoever_holds_a_key(acme: Tenant, name: str, path: str) -> None:
    url, key = f"/compat/{name}/{path}", keys.issue(acme, "reader")[1]
    assert Client().get(url).status_code == 401
    answer = Client().get(url, headers={"Authorization": f"Bearer {key}", "Accept": "*/*"})
    assert answer.status_code == 200


@pytest.mark.parametrize("name", settings.DIALECTS)
@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_the_openapi_file_is_json_and_tells_its_readme(acme: Tenant, name: str, accept: str) -> None:
    headers = {"Authorization": f"Bearer {keys.issue(acme, 'reader')[1]}", "Accept": accept}
    answer = Client().get(f"/compat/{name}/openapi.json", headers=headers)
    told = json.loads(answer.content)
    assert told["info"]["description"].startswith("# ")
    assert all(path.startswith(f"/compat/{name}/") for path in told["paths"])


@pytest.mark.parametrize(("name", "pattern"), AT_ROOT, ids=[f"{name}-{pattern.pattern}" for name, pattern in AT_ROOT])
def test_a_path_at_the_root_is_of_one_dialect_and_not_of_the_native_api(name: str, pattern: URLPattern) -> None:
    for path in paths(pattern):
        assert resolve(path).func.cls is pattern.callback.cls, path
        assert resolve(f"{path}/").func.cls is pattern.callback.cls, path


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_what_stands_at_the_root_stands_under_the_prefix_too(name: str) -> None:
    for pattern in (pattern for own, pattern in AT_ROOT if own == name):
        for path in paths(pattern):
            assert resolve(f"/compat/{name}{path}").func.cls is pattern.callback.cls, path


@pytest.mark.parametrize("name", settings.DIALECTS)
def test_its_readme_has_a_heading_and_says_what_is_not_served_in_a_table(name: str) -> None:
    readme = (table.ROOT / "api" / "dialects" / name / "README.md").read_text()
    assert readme.startswith("# ")
    assert "\n## Not served\n" not in readme or table.refused(name)
