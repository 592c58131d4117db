"""All probes of a self-test in their order, for both sides, and running one."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import structlog

from api.selftest import beneath, probes, rules
from api.selftest.rules import Verdict
from api.selftest.sides import Side

log = structlog.get_logger(__name__)
Check = tuple[str, str, Callable[[Side, Side], Verdict]]  # family, name, what to do
TABLES = ((probes.OWN, rules.own, "own"), (probes.FOREIGN, rules.foreign, "foreign"), (probes.CLEAN, rules.clean, "by"))


def checks() -> list[Check]:
    """The whole list; what must not have changed is looked at last."""
    of_tables: list[Check] = [
        (probe.family, probe.name if says == "own" else f"{says} {probe.name}", partial(rule, probe))
        for table, rule, says in TABLES
        for probe in table
    ]
    named = {"slug in a header": beneath.by_slug, "id in a header": beneath.by_id, "slug in the path": beneath.by_path}
    of_names: list[Check] = [("tenant", name, partial(rules.named, how)) for name, how in named.items()]
    return [
        *of_tables,
        *of_names,
        ("cold", "foreign object", beneath.sealed),
        ("cache", "foreign hot copy", beneath.kept_apart),
        ("socket", "foreign tenant", beneath.socket_names_another),
        ("socket", "interleaved feeds", beneath.interleaved),
        ("change", "foreign Idempotency-Key", beneath.not_replayed),
        ("change", "nothing was changed", beneath.unchanged),
    ]


def run(sides: tuple[Side, Side]) -> Iterator[dict[str, Any]]:
    """The evidence of each check: {family, probe, side, status, ok, ms}."""
    for family, name, check in checks():
        for me, other in (sides, sides[::-1]):
            yield {"family": family, "probe": name, "side": me.name} | _tried(check, me, other)


def _tried(check: Callable[[Side, Side], Verdict], me: Side, other: Side) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        ok, status = check(me, other)
    except Exception as error:  # whatever it is, the probe has not passed
        log.warning("a probe of the self-test broke", error=type(error).__name__)
        ok, status = False, 0
    return {"status": status, "ok": ok, "ms": round((time.perf_counter() - began) * 1000, 1)}
