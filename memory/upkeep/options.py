"""What a job may be told: numbers and choices with their limits, said once for API, console and policy."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from typing import Any, TypeVar

from memory.errors import BadOption

Options = TypeVar("Options")


def option(default: Any, says: str, *, least: float | None = None, most: float | None = None, among: Any = ()) -> Any:
    """A field of a job's frozen dataclass `Options`: a number from `least` to `most`, or one of `among`."""
    return field(default=default, metadata={"says": says, "least": least, "most": most, "among": tuple(among)})


def read(kind: type[Options], told: Mapping[str, Any]) -> Options:
    """The options that `told` says; what it does not say has its default. Raises BadOption."""
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for name, value in told.items():
        if name not in known:
            raise BadOption(f"/{name}", "is not an option of this job")
        if why := _wrong(known[name], value):
            raise BadOption(f"/{name}", why)
    return kind(**{name: _plain(known[name], value) for name, value in told.items()})


def described(kind: type[Any]) -> list[dict[str, Any]]:
    """Each option as name, type, default, least, most, among and says."""
    return [
        {"name": each.name, "type": _type(each), "default": each.default} | dict(each.metadata) for each in fields(kind)
    ]


def told(options: Any) -> dict[str, Any]:
    """All options with their values, as `read` takes them."""
    return {each.name: getattr(options, each.name) for each in fields(options)}


def _type(each: "Field[Any]") -> str:
    assert each.default is not MISSING
    return {bool: "boolean", int: "integer", float: "number"}.get(type(each.default), "text")


def _plain(each: "Field[Any]", value: Any) -> Any:
    return float(value) if _type(each) == "number" else value


def _wrong(each: "Field[Any]", value: Any) -> str:
    kind, limits = _type(each), each.metadata
    if limits["among"]:
        return "" if value in limits["among"] else f"is one of {', '.join(map(str, limits['among']))}"
    if kind in ("boolean", "text"):
        good = isinstance(value, bool if kind == "boolean" else str)
        return "" if good and len(str(value)) <= 1_000 else f"is a {kind}"
    if isinstance(value, bool) or not isinstance(value, int if kind == "integer" else int | float):
        return f"is an {kind}" if kind == "integer" else f"is a {kind}"
    return "" if limits["least"] <= value <= limits["most"] else f"is from {limits['least']} to {limits['most']}"
