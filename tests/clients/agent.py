"""Runs in a client's own environment, which has nothing of ours: does what it is told over stdin, one JSON line each.

    {"open": "a", "of": "inmemory.client:InmemoryClient", "args": [], "kwargs": {}}
    {"call": "add", "on": "a", "args": ["Hello."], "kwargs": {}}       "project.get" calls a method of an attribute
    {"get": "tenant_id", "on": "a"}
    {"close": "a"}

It answers {"value": …}, or {"raised": class, "said": text, "fields": {…}}. What JSON cannot say is kept here and told as
{"$object": name}; iterators are read to their end, coroutines are awaited, models are told as plain values.
"""

import asyncio
import importlib
import importlib.machinery
import inspect
import json
import sys
import types
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from uuid import UUID

LOOP = asyncio.new_event_loop()
OBJECTS = {}


def told(value):
    for kinds, plain in PLAIN.items():
        if isinstance(value, kinds):
            return plain(value)
    if hasattr(value, "model_dump") or is_dataclass(value):
        return keyed(value.model_dump() if hasattr(value, "model_dump") else asdict(value))
    name = f"object{len(OBJECTS)}"
    OBJECTS[name] = value
    return {"$object": name}


def listed(values):
    return [told(value) for value in values]


def keyed(values):
    return {str(told(name)): told(value) for name, value in values.items()}


async def gathered(values):
    return [told(value) async for value in values]


# How the values that clients answer with are told; the first kind that fits.
PLAIN = {
    Enum: lambda value: told(value.value),
    (str, int, float, types.NoneType): lambda value: value,
    (datetime, date): lambda value: value.isoformat(),
    UUID: str,
    dict: keyed,
    (list, tuple, set, frozenset, types.GeneratorType): listed,
    types.AsyncGeneratorType: lambda value: LOOP.run_until_complete(gathered(value)),
}


def heard(value):
    """Plain values with `{"$datetime": …}`, `{"$uuid": …}` and `{"$object": …}` made what they stand for."""
    if isinstance(value, list):
        return [heard(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$datetime" in value:
        return datetime.fromisoformat(value["$datetime"])
    if "$uuid" in value:
        return UUID(value["$uuid"])
    if "$object" in value:
        return OBJECTS[value["$object"]]
    return {name: heard(inner) for name, inner in value.items()}


def found(path):
    """`package.module:Name`, imported."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def awaited(value):
    return LOOP.run_until_complete(value) if inspect.isawaitable(value) else value


def done(order):
    args, kwargs = heard(order.get("args", [])), heard(order.get("kwargs", {}))
    if "open" in order:
        made = found(order["of"])(*args, **kwargs)
        enter = getattr(made, "__aenter__", None)
        OBJECTS[order["open"]] = awaited(enter()) if enter else made
        return None
    if "close" in order:
        one = OBJECTS.pop(order["close"])
        leave = getattr(one, "__aexit__", None)
        return told(awaited(leave(None, None, None))) if leave else None
    target = OBJECTS[order["on"]]
    *path, last = (order.get("call") or order["get"]).split(".")
    for part in path:
        target = getattr(target, part)
    target = getattr(target, last)
    return told(awaited(target(*args, **kwargs))) if "call" in order else told(target)


def shell(package):
    """An empty package in place of one whose `__init__` imports what is not installed: its modules stay as they are."""
    parent = package.rpartition(".")[0]
    spec = importlib.machinery.PathFinder.find_spec(package, sys.modules[parent].__path__ if parent else None)
    module = types.ModuleType(package)
    module.__path__ = list(spec.submodule_search_locations)
    sys.modules[package] = module


def fields(error):
    return {
        name: told(value) for name, value in vars(error).items() if isinstance(value, (str, int, float, dict, list))
    }


def main():
    out, sys.stdout = sys.stdout, sys.stderr  # what a client prints is no answer
    for package in sys.argv[1:]:
        shell(package)
    for line in sys.stdin:
        try:
            answer = {"value": done(json.loads(line))}
        except Exception as error:  # whatever a client raises is what a test asks about
            answer = {"raised": type(error).__name__, "said": str(error), "fields": fields(error)}
        out.write(json.dumps(answer) + "\n")
        out.flush()


main()
