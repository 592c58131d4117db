"""The OpenAPI document is made without a complaint, and names each operation once."""

import io

from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator


def test_the_schema_is_valid_and_made_without_warnings() -> None:
    reset_generator_stats()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())
    assert not GENERATOR_STATS


def test_each_operation_is_told_once() -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names)) > 50
    assert not [path for path in paths if path.endswith("/")]
    assert not [name for name in names if name[-1].isdigit()]
