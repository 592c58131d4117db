"""Counts of hours: added to, written anew and read. The only home of analytics_count.

Times are UTC. A span is half-open and lies on whole hours; a step of a day, a week (from Monday) or a month is one of a
time zone.
"""
# ruff: noqa: S608  what is put together are our own words; values are bound

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max

from analytics.algorithms import histograms
from analytics.models import Count
from tenants import bounds

HOUR = timedelta(hours=1)
STEPS = ("hour", "day", "week", "month")
GROUPS = ("kind", "domain", "service", "agent")
_NAMES = "metric, hour, whole, kind, domain, service, agent, n, total, least, most, buckets"
_INTO = (
    f"INSERT INTO analytics_count ({_NAMES}) SELECT metric, hour, whole, kind, domain, service, agent, n, total, least,"
    " most, CASE WHEN buckets = '' THEN '{}' ELSE buckets::bigint[] END"
    " FROM unnest(%s::text[], %s::timestamptz[], %s::bool[], %s::text[], %s::text[], %s::text[], %s::text[],"
    " %s::bigint[], %s::float8[], %s::float8[], %s::float8[], %s::text[])"
    f" AS given({_NAMES}) ORDER BY metric, whole, hour, kind, domain, service, agent"
)
_ADDED = (
    " ON CONFLICT (metric, whole, hour, kind, domain, service, agent) DO UPDATE SET n = analytics_count.n + excluded.n,"
    " total = analytics_count.total + excluded.total, least = least(analytics_count.least, excluded.least),"
    " most = greatest(analytics_count.most, excluded.most), buckets = (SELECT coalesce(array_agg(coalesce(a, 0) +"
    " coalesce(b, 0)), '{}') FROM unnest(analytics_count.buckets, excluded.buckets) AS both_of(a, b))"
)
_UNNAMED = (
    f"WITH gone AS (DELETE FROM analytics_count WHERE agent = %s RETURNING {_NAMES}) INSERT INTO analytics_count"
    f" ({_NAMES}) SELECT metric, hour, whole, kind, domain, service, '', n, total, least, most, buckets FROM gone"
    f"{_ADDED}"
)


@dataclass(frozen=True)
class Cell:
    """What was counted of a metric in an hour for one kind, domain, service and agent."""

    metric: str
    hour: datetime
    kind: str = ""
    domain: str = ""
    service: str = ""
    agent: str = ""
    n: int = 0
    total: float = 0.0
    least: float | None = None
    most: float | None = None
    buckets: Sequence[int] = ()


@dataclass(frozen=True)
class Span:
    """From `begin` to before `end`, both in UTC."""

    begin: datetime
    end: datetime


@dataclass
class Point:
    """What was counted from `at` on, for one step; the mean is `total / n`."""

    at: datetime
    group: str = ""
    n: int = 0
    total: float = 0.0
    least: float | None = None
    most: float | None = None
    buckets: list[int] = field(default_factory=list)

    @property
    def mean(self) -> float | None:
        return self.total / self.n if self.n else None

    def percentile(self, share: float) -> float | None:
        return histograms.percentile(self.buckets, share)


def hour_of(at: datetime) -> datetime:
    """The beginning of its hour, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add(cells: Iterable[Cell]) -> None:
    """Add to what stands there, in one statement; what is added twice counts twice."""
    _insert(_summed(cells), _ADDED)


def rewrite(metrics: Sequence[str], hour: datetime, cells: Iterable[Cell]) -> None:
    """Let these be all that was counted of these metrics in the hour. Within the caller's transaction."""
    Count.objects.filter(metric__in=metrics, hour=hour).delete()
    _insert(_summed(cells), "")


def unname(agent: str) -> int:
    """Let what an agent did be counted as done by none in particular; how many rows said the name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM analytics_count WHERE agent = %s", [agent])
        count = cursor.fetchone()[0]
        cursor.execute(_UNNAMED, [agent])
    return int(count)


def _summed(cells: Iterable[Cell]) -> dict[tuple[Any, ...], Point]:
    """By their keys: each cell, and once more as part of the whole."""
    told: dict[tuple[Any, ...], Point] = {}
    for cell in cells:
        for key in (
            (cell.metric, cell.hour, False, cell.kind, cell.domain, cell.service, cell.agent),
            (cell.metric, cell.hour, True, cell.kind, "", "", ""),
        ):
            _into(told.setdefault(key, Point(cell.hour)), cell)
    return told


def together(points: Iterable[Point], at: datetime) -> Point:
    """All of them as one, which begins at `at`."""
    whole = Point(at)
    for point in points:
        _into(whole, point)
    return whole


def _into(point: Point, cell: Cell | Point) -> None:
    point.n += cell.n
    point.total += cell.total
    point.least = min((x for x in (point.least, cell.least) if x is not None), default=None)
    point.most = max((x for x in (point.most, cell.most) if x is not None), default=None)
    if cell.buckets:
        held = point.buckets or [0] * len(cell.buckets)
        point.buckets = [a + b for a, b in zip(held, cell.buckets, strict=True)]


def _insert(told: Mapping[tuple[Any, ...], Point], conflict: str) -> None:
    if not told:
        return
    rows = [
        (*key, p.n, p.total, p.least, p.most, "{" + ",".join(map(str, p.buckets)) + "}" if p.buckets else "")
        for key, p in told.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INTO + conflict, [list(column) for column in zip(*rows, strict=True)])


def series(
    metric: str, span: Span, *, step: str = "day", group: str = "", zone: str = "UTC", histogram: bool = False,
    last: bool = False, **only: str,
) -> list[Point]:  # fmt: skip
    """What was counted, step by step and by group, oldest first; a step without anything is not there.

    `step` is one of STEPS, or empty for the span as one; `group` one of GROUPS; `only` narrows by some of GROUPS. With
    `histogram` the points have buckets, which costs a second statement. With `last` only the newest hour of each step
    counts, of those in which the tenant had anything of the metric: so snapshots are read, without buckets.
    """
    zone = "UTC" if step == "hour" else zone  # where hours begin at a quarter, they are still ours
    if last:
        return latest([metric], span, step=step, group=group, zone=zone, **only).get(metric, [])
    sql, params = _narrowed(metric, span, group, only)
    at, zoned = (f"date_trunc('{step}', hour, %s)", [zone]) if step else ("%s::timestamptz", [span.begin])
    by = group or "''"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {at}, {by}, sum(n), sum(total), min(least), max(most) {sql} GROUP BY 1, 2 ORDER BY 1, 2",
            [*zoned, *params],
        )
        points = [Point(row[0], row[1], int(row[2]), *row[3:]) for row in cursor.fetchall()]
        if histogram:
            _fill(cursor, points, f"SELECT {at}, {by}, place, sum(held) {sql}", [*zoned, *params])
    return points


def last_hours(metric: str) -> dict[str, datetime]:
    """By kind, the newest hour in which the tenant has anything of the metric."""
    rows = Count.objects.filter(metric=metric, whole=True).order_by().values_list("kind").annotate(Max("hour"))
    return dict(rows)


def _narrowed(metric: str | list[str], span: Span, group: str, only: dict[str, str]) -> tuple[str, list[Any]]:
    """The whole rows where they say enough, else the split ones."""
    bound = bounds.current()
    split = bool(bound) or group not in ("", "kind") or bool(set(only) - {"kind"})
    named = "metric = %s" if isinstance(metric, str) else "metric = ANY(%s)"
    where = [named, "hour >= %s", "hour < %s", "NOT whole" if split else "whole"]
    params: list[Any] = [metric, span.begin, span.end]
    for name, value in only.items():
        assert name in GROUPS
        where.append(f"{name} = %s")
        params.append(value)
    if bound:
        where.append("domain = ANY(%s)")
        params.append(list(bound))
    return f"FROM analytics_count WHERE {' AND '.join(where)}", params


def _fill(cursor: Any, points: list[Point], sql: str, params: list[Any]) -> None:
    sql = sql.replace("FROM analytics_count", "FROM analytics_count, unnest(buckets) WITH ORDINALITY AS u(held, place)")
    cursor.execute(sql + " GROUP BY 1, 2, 3", params)
    places = {(point.at, point.group): point for point in points}
    for at, group, place, held in cursor.fetchall():
        point = places[at, group]
        point.buckets = point.buckets or [0] * histograms.SIZE
        point.buckets[place - 1] = int(held)


_KEYS = "metric, hour, kind, domain, service, agent"


def how_many(metrics: Sequence[str], span: Span, domain: str = "") -> int:
    """How many rows `listed` would give, page by page."""
    where, params = _split(metrics, span, domain)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM analytics_count WHERE {where}", params)
        count: int = cursor.fetchone()[0]
    return count


def listed(
    metrics: Sequence[str], span: Span, domain: str, after: Sequence[Any] | None, limit: int
) -> list[Sequence[Any]]:
    """Split counts by their keys, behind a row that ends a page: (metric, hour, kind, domain, service, agent, n, total,
    least, most). Without metrics all, without a domain of every one.
    """
    where, params = _split(metrics, span, domain)
    if after:
        where, params = f"{where} AND ({_KEYS}) > (%s, %s, %s, %s, %s, %s)", [*params, *after]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_KEYS}, n, total, least, most FROM analytics_count WHERE {where} ORDER BY {_KEYS} LIMIT %s",
            [*params, limit],
        )
        return cursor.fetchall()


def _split(metrics: Sequence[str], span: Span, domain: str) -> tuple[str, list[Any]]:
    where = ["NOT whole", "hour >= %s", "hour < %s"]
    params: list[Any] = [span.begin, span.end]
    for name, values in (("metric", metrics), ("domain", [domain] if domain else []), ("domain", bounds.current())):
        if values:
            where.append(f"{name} = ANY(%s)")
            params.append(list(values))
    return " AND ".join(where), params


def several(
    metrics: Sequence[str], span: Span, *, step: str = "day", group: str = "kind", zone: str = "UTC", **only: str
) -> dict[str, list[Point]]:
    """What `series` tells, of many metrics by one statement; a metric that was not counted is not there."""
    sql, params = _narrowed(list(metrics), span, group, only)
    by = group or "''"
    at, zoned = (f"date_trunc('{step}', hour, %s)", [zone]) if step else ("%s::timestamptz", [span.begin])
    return _read(
        f"SELECT metric, {at}, {by}, sum(n), sum(total), min(least), max(most) {sql} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        [*zoned, *params],
    )


def placed(
    metrics: Sequence[str], span: Span, long: timedelta, but: Iterable[datetime] = ()
) -> list[tuple[str, int, str, int, float]]:
    """Whole hours of a span, of the tenant altogether, by pieces so `long`: (metric, piece, kind, n, total).

    Pieces are numbered from 0. Hours of `but` are left out: so must be those that an end of a piece cuts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT metric, floor(extract(epoch FROM hour - %s) / %s)::int, kind, sum(n)::bigint, sum(total)"
            f" {_WHOLE} AND hour <> ALL(%s) GROUP BY 1, 2, 3",
            [span.begin, long.total_seconds(), list(metrics), span.begin, span.end, list(but)],
        )
        return cursor.fetchall()


def latest(
    metrics: Sequence[str], span: Span, *, step: str = "day", group: str = "kind", zone: str = "UTC", **only: str
) -> dict[str, list[Point]]:
    """Of snapshots: what `series` tells with `last`, of many metrics by one statement.

    The newest hour is found in the same pass, by a window: a subquery would be run for each row where PostgreSQL knows
    no statistics of the table.
    """
    sql, params = _narrowed(list(metrics), span, group, only)
    at, zoned = (f"date_trunc('{step}', hour, %s)", [zone]) if step else ("%s::timestamptz", [span.begin])
    by = group or "''::text"
    columns = f"metric, hour, {at} AS at, {by} AS by, n, total, least, most, true AS mine"
    rows, params = f"SELECT {columns} {sql}", [*zoned, *params]
    if "NOT whole" in sql:  # the newest of the tenant, also where these domains had nothing then
        rows += f" UNION ALL SELECT metric, hour, {at}, '', 0, 0, NULL, NULL, false {_WHOLE}"
        params += [*zoned, list(metrics), span.begin, span.end]
    return _read(
        "SELECT metric, at, by, sum(n), sum(total), min(least), max(most) FROM"
        f" (SELECT *, max(hour) OVER (PARTITION BY metric, at) AS newest FROM ({rows}) AS every) AS told"
        " WHERE hour = newest AND mine GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        params,
    )


_WHOLE = "FROM analytics_count WHERE metric = ANY(%s) AND hour >= %s AND hour < %s AND whole"


def _read(sql: str, params: list[Any]) -> dict[str, list[Point]]:
    told: dict[str, list[Point]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for metric, at, by, n, *rest in cursor.fetchall():
            told.setdefault(metric, []).append(Point(at, by, int(n), *rest))
    return told
