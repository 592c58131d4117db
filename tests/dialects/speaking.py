"""Speaking a dialect in tests: a caller at /compat/<name>/, and the operations that its OpenAPI file tells."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings

from api.dialects import mounting
from tests.conftest import Caller


class Dialect(Caller):
    """`cml.post("api/v1/memory/read", {...})` answers (status, body)."""

    scheme = "Bearer"

    def __init__(self, name: str, key: str, prefix: str = "") -> None:
        super().__init__(key, prefix)
        self.name = name

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        sent = {"Authorization": f"{self.scheme} {self.key}"} if self.key else {}
        sent |= _named(headers)
        content_type = sent.pop("Content-Type", "application/json")
        url = f"{self.prefix}/compat/{self.name}/{path}"
        return self.client.generic(method, url, body or b"", content_type=content_type, headers=sent)


class Keyed(Dialect):
    """Sends the key as `X-API-Key`, and the same headers with each call."""

    def __init__(self, name: str, key: str, **headers: str) -> None:
        super().__init__(name, "")
        self.headers = _named(headers) | ({"X-API-Key": key} if key else {})

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        return super().raw(method, path, body, **(self.headers | _named(headers)))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@cache
def schema(name: str) -> dict[str, Any]:
    with patched_settings(mounting.schema_of(name)):
        return SchemaGenerator(patterns=mounting.patterns_of(name)).get_schema(request=None, public=True)


def operations(name: str) -> list[str]:
    """Such as `POST v1/memories`."""
    return [
        f"{method.upper()} {path.removeprefix(f'/compat/{name}/')}"
        for path, methods in schema(name)["paths"].items()
        for method in methods
    ]
