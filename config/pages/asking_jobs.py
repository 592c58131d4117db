"""A job's options out of a form, and the form out of the options: for the simulator and for the editor of policies."""

from collections.abc import Mapping
from typing import Any

from automation import ladders
from automation.registry import Job
from memory.errors import BadOption
from memory.upkeep import options

BEFORE = "o_"  # of each option's name in a form
YES_NO = {"true": True, "false": False}


def fields(job: Job, told: Mapping[str, Any], before: str = BEFORE) -> list[dict[str, Any]]:
    """Each option with what stands in its field: as it was told, else its default. Thresholds are marked."""
    climbed = ladders.THRESHOLDS.get(job.name, ())
    return [
        each
        | {
            "field": f"{before}{each['name']}",
            "label": each["name"].replace("_", " "),
            "text": str(told.get(each["name"], each["default"])).lower()
            if each["type"] == "boolean"
            else told.get(each["name"], each["default"]),
            "value": told.get(each["name"], each["default"]),
            "changed": told.get(each["name"], each["default"]) != each["default"],
            "threshold": each["name"] in climbed,
            "step": 1 if each["type"] == "integer" else "any",
        }
        for each in options.described(job.options)
    ]


def heard(job: Job, sent: Mapping[str, str], before: str = BEFORE) -> dict[str, Any]:
    """The options that a form says; an empty field says nothing. Raises BadOption."""
    told = {}
    for each in options.described(job.options):
        text = sent.get(f"{before}{each['name']}", "").replace("\x00", "").strip()
        if text:
            told[each["name"]] = _value(each, text[:1_000])
    options.read(job.options, told)
    return told


def _value(each: dict[str, Any], text: str) -> Any:
    if each["type"] == "boolean":
        return YES_NO.get(text, text)
    if each["type"] not in ("integer", "number"):
        return text
    try:
        return int(text) if each["type"] == "integer" else float(text)
    except ValueError:
        raise BadOption(f"/{each['name']}", f"is {text!r:.40}, not a number") from None


def without_defaults(job: Job, told: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what the job does by itself."""
    usual = {each["name"]: each["default"] for each in options.described(job.options)}
    return {name: value for name, value in told.items() if value != usual.get(name)}
