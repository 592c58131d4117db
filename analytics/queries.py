"""Questions to the study: metrics of the catalogue over a span, step by step and by group, with what was before.

`ask(["memories_written", "hit_rate"], last_days(30), step="day", group="domain")` answers one Answer for each metric:
points without gaps, what the span came to, and of the span before when that is asked for. It reads the counts of hours
alone (analytics.counts), one statement for each thing that its metrics read, so nothing older than a tick of the
rollups is missing and nothing depends on how many rows there were. Who is bound to namespaces is answered for these.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.utils import timezone

from analytics import counts, forecasting
from analytics.algorithms import steps
from analytics.counts import GROUPS, HOUR, STEPS, Point, Span
from analytics.errors import BadQuery
from analytics.forecasting import Forecast
from analytics.metrics import AGGREGATIONS, Metric, Otherwise, Ratio, Read, find
from tenants import zones

TYPES = ("realtime", "historical", "predictive")
YEARS = range(1970, 2201)
MOST_STEPS = 2_000
MOST_GROUPS = 100
MOST_POINTS = 100_000  # of all metrics together, so that an answer fits into memory
MOST_AHEAD = 90
MOST_FORECASTS = 10  # of one question: each takes half a second
USUAL = 7  # days of a question that names no span
LEARNED_FROM = 30  # days of history that a forecast looks at, when nobody says otherwise


@dataclass(frozen=True)
class Value:
    """What a metric was in the step from `at` on; `n` how many things it was made of. None: there is nothing to say."""

    at: datetime
    group: str
    value: float | None
    n: int


@dataclass(frozen=True)
class Answer:
    """Points oldest first and, of one time, by group; totals, those of the span before and forecasts by group.

    Without a grouping the one group is the empty text. `ahead` are the times that forecasts are of. Of more than
    MOST_GROUPS groups, or fewer where they would make more than MOST_POINTS points, the largest are told, and
    `more_groups` how many are not.
    """

    metric: Metric
    points: list[Value]
    totals: dict[str, float | None]
    before: dict[str, float | None] = field(default_factory=dict)
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    ahead: list[datetime] = field(default_factory=list)
    more_groups: int = 0


@dataclass(frozen=True)
class _Asked:
    span: Span
    step: str
    group: str
    zone: str
    only: Mapping[str, str]

    def of(self, span: Span, step: str) -> "_Asked":
        return _Asked(span, step, self.group, self.zone, self.only)


def last_days(days: float, now: datetime | None = None) -> Span:
    """The last so many days, to the end of the hour that runs."""
    end = counts.hour_of(now or timezone.now()) + HOUR
    return Span(end - timedelta(days=days), end)


def ask(
    metrics: Sequence[str], span: Span | None = None, *, type: str = "historical", step: str = "", group: str = "",
    only: Mapping[str, str] | None = None, aggregation: str = "", zone: str = "UTC", compare: bool = False,
    ahead: int = 7, now: datetime | None = None,
) -> list[Answer]:  # fmt: skip
    """What the metrics were, one answer for each, in their order. Raises BadQuery.

    `type` is `historical`; `realtime`, the hour that runs and the one before it, whatever `span` says; or `predictive`,
    which adds forecasts of `ahead` steps (1 to 90), made of the steps that are over. `span` is by default 7 days, 30
    for a forecast, and is widened to whole hours. `step` is one of counts.STEPS, by default a day, or an hour for up to
    two days. `group` and `only` name some of counts.GROUPS. `aggregation` puts stored metrics together in another way:
    count, sum, mean, least, most, p50, p90, p95 or p99. With `compare` the totals of the span before are told too.
    """
    at = now or timezone.now()
    asked = _asked(type, span, step, group, only or {}, zone, at)
    _check(type, asked, ahead)
    chosen = [_chosen(name, place, asked, aggregation) for place, name in enumerate(metrics)]
    read = _Reading(asked)
    most = min(MOST_GROUPS, max(MOST_POINTS // (len(read.starts) * len(chosen)), 1))
    told = [_answer(metric, read, most) for metric in chosen]
    if compare:
        length = asked.span.end - asked.span.begin
        earlier = _Reading(asked.of(Span(asked.span.begin - length, asked.span.begin), ""))
        told = [_with(answer, before=earlier.totals(answer.metric, set(answer.totals))) for answer in told]
    if type == "predictive":
        left = iter(range(MOST_FORECASTS))
        told = [_foretold(answer, asked, ahead, at, left) for answer in told]
    return told


def _asked(
    type: str, span: Span | None, step: str, group: str, only: Mapping[str, str], zone: str, now: datetime
) -> _Asked:
    if type == "realtime":
        span, step = last_days(1 / 12, now), "hour"
    span = span or last_days(LEARNED_FROM if type == "predictive" else USUAL, now)
    end = counts.hour_of(span.end)
    span = Span(counts.hour_of(span.begin), end if end == span.end else end + HOUR)
    return _Asked(span, step or ("hour" if span.end - span.begin <= timedelta(days=2) else "day"), group, zone, only)


def _check(type: str, asked: _Asked, ahead: int) -> None:
    wrong = {
        "/type": type not in TYPES and f"is none of {', '.join(TYPES)}",
        "/step": asked.step not in STEPS and f"is none of {', '.join(STEPS)}",
        "/group_by": asked.group not in ("", *GROUPS) and f"is none of {', '.join(GROUPS)}",
        "/until": asked.span.end <= asked.span.begin and "is not after the beginning",
        "/since": not _near(asked.span) and f"lies outside the years {YEARS[0]} to {YEARS[-1]}",
        "/ahead": not 1 <= ahead <= MOST_AHEAD and f"is not 1 to {MOST_AHEAD}",
        "/time_zone": not zones.named(asked.zone) and zones.WRONG,
    } | {f"/filters/{name}": "is not what metrics are narrowed by" for name in asked.only if name not in GROUPS}
    for pointer, detail in wrong.items():
        if detail:
            raise BadQuery(pointer, detail)
    lasts = {"hour": HOUR, "day": HOUR * 24, "week": HOUR * 168, "month": HOUR * 672}[asked.step]
    if (asked.span.end - asked.span.begin) / lasts > MOST_STEPS:
        raise BadQuery("/step", f"makes more than {MOST_STEPS} points")


def _near(span: Span) -> bool:
    return span.begin.year in YEARS and span.end.year in YEARS


def _chosen(name: str, place: int, asked: _Asked, aggregation: str) -> Metric:
    """The metric of a name, put together as asked. Raises BadQuery where it cannot be."""
    metric = find(name, f"/metrics/{place}")
    for pointer, by in (("/group_by", asked.group), *((f"/filters/{by}", by) for by in asked.only)):
        if by and by not in metric.splits:
            raise BadQuery(pointer, f"is not what {name} is split by: {', '.join(metric.splits)}")
    if not aggregation or (aggregation == "mean" and isinstance(metric, Ratio)):  # a share is a mean already
        return metric
    if aggregation not in AGGREGATIONS:
        raise BadQuery("/aggregation", f"is none of {', '.join(AGGREGATIONS)}")
    if aggregation not in metric.ways():
        raise BadQuery("/aggregation", f"is not how {name} can be put together")
    return Otherwise(metric, aggregation)


class _Reading:
    """What the metrics of one question read, each thing once."""

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self._found: dict[Read, dict[tuple[datetime, str], Point]] = {}
        self._grouped: dict[Read, dict[str, list[Point]]] = {}

    def points(self, read: Read) -> dict[tuple[datetime, str], Point]:
        if read not in self._found:
            asked = self.asked
            only = dict(asked.only) | ({"kind": read.kind} if read.kind else {})
            told = counts.series(
                read.metric, asked.span, step=asked.step, group=asked.group, zone=asked.zone,
                histogram=read.histogram, last=read.last, **only,
            )  # fmt: skip
            self._found[read] = {(self._start(point.at), point.group): point for point in told}
        return self._found[read]

    @cached_property
    def starts(self) -> list[datetime]:
        asked = self.asked
        return steps.starts(asked.span.begin, asked.span.end, asked.step, asked.zone) if asked.step else []

    def _start(self, at: datetime) -> datetime:
        """The beginning of a step as we know it, where PostgreSQL has it up to two hours beside it.

        A midnight that there is twice begins the day at its second time there, and tables of zones differ by their age.
        """
        if self.asked.step in ("", "hour"):
            return at
        place = bisect_right(self.starts, at + 2 * HOUR) - 1
        return self.starts[max(place, 0)]

    def groups(self, metric: Metric) -> list[str]:
        """The groups that there are of a metric, the largest first."""
        sizes: dict[str, int] = {} if self.asked.group else {"": 0}
        for read in metric.reads():
            for (_, group), point in self.points(read).items():
                sizes[group] = sizes.get(group, 0) + point.n
        return sorted(sizes, key=lambda group: (-sizes[group], group))

    def value(self, metric: Metric, at: datetime, group: str) -> Value:
        told = [self.points(read).get((at, group)) or self._nothing(read, at) for read in metric.reads()]
        return Value(at, group, metric.value(told), told[-1].n)

    def _nothing(self, read: Read, at: datetime) -> Point:
        """A group that a snapshot does not name has nothing; a step without a snapshot is not known."""
        taken = read.last and any(there == at for there, _ in self.points(read))
        return Point(at, least=0.0 if taken else None)

    def totals(self, metric: Metric, groups: set[str]) -> dict[str, float | None]:
        """What the span as one comes to."""
        return {group: metric.value([self._whole(read, group) for read in metric.reads()]) for group in sorted(groups)}

    def _whole(self, read: Read, group: str) -> Point:
        begin, found = self.asked.span.begin, self.points(read)
        if read.last:
            newest = max((at for at, _ in found), default=begin)
            return found.get((newest, group)) or self._nothing(read, newest)
        return counts.together(self._of_group(read).get(group, []), begin)

    def _of_group(self, read: Read) -> dict[str, list[Point]]:
        if read not in self._grouped:
            told = self._grouped.setdefault(read, {})
            for (_, group), point in self.points(read).items():
                told.setdefault(group, []).append(point)
        return self._grouped[read]


def _answer(metric: Metric, read: _Reading, most: int) -> Answer:
    groups = read.groups(metric)
    told = groups[:most]
    points = [read.value(metric, at, group) for at in read.starts for group in sorted(told)]
    return Answer(metric, points, read.totals(metric, set(told)), more_groups=len(groups) - len(told))


def _with(answer: Answer, **more: object) -> Answer:
    return Answer(**(vars(answer) | more))  # type: ignore[arg-type]  # its own fields


def _foretold(answer: Answer, asked: _Asked, ahead: int, now: datetime, left: Iterator[int]) -> Answer:
    """With a forecast of each group, of the steps that are over, while the question has some `left`."""
    over = [point for point in answer.points if steps.after(point.at, asked.step, asked.zone) <= now]
    least, most = answer.metric.bounds
    forecasts = {}
    for group in answer.totals:
        values = [point.value for point in over if point.group == group]
        why = forecasting.too_little(values, asked.step)
        if not why and next(left, None) is None:
            why = f"a question is answered with {MOST_FORECASTS} forecasts at most"
        bounded = {"least": least, "most": most}
        told = Forecast(why_not=why) if why else forecasting.forecast(values, ahead, asked.step, **bounded)
        forecasts[group] = told
    times, at = [], max((point.at for point in over), default=steps.begin_of(now, asked.step, asked.zone))
    for _ in range(ahead):
        at = steps.after(at, asked.step, asked.zone)
        times.append(at)
    return _with(answer, forecasts=forecasts, ahead=times)
