"""Finding what stands out in the numbers: fixed rules, and values outside of what the time before lets expect."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import dropwhile

from analytics import counts, dashboard, forecasting, queries, spans
from analytics.algorithms import outlying, shares, steps
from analytics.counts import Span
from analytics.metrics import CATALOGUE
from analytics.models import Insight

Kind, Severity = Insight.Kind, Insight.Severity
LEAST_EVENTS = 10  # of a week, below which the rules say nothing of learning
LEAST_SEARCHES = 20  # likewise of searches
DOMAINS = 20  # looked at one by one: those where most was done
DAYS, HOURS = 90, 14 * 24  # that anomalies are looked for in
NEW_DAYS = 3  # an anomaly further back is not told any more
LEAST_OF_A_STEP = 20  # of what an anomaly counts: of fewer, 19 of 20 are all of them, and one moves a share far
LEAST_OFF = 3  # by so many a share must be off: one failed call is none of its own
FAR = 7.0  # robust deviations: twice as far as what forecasting calls odd
Value = float | None


@dataclass(frozen=True)
class Finding:
    """An insight before it is kept; `at` is the hour, the day or the week that stands out."""

    kind: str
    severity: str
    metric: str
    method: str
    value: float
    says: str
    at: datetime
    domain: str = ""
    advice: str = ""
    expected: Value = None
    low: Value = None
    high: Value = None


@dataclass(frozen=True)
class Rule:
    """A number of a domain that is beyond a limit."""

    name: str  # of the number
    metric: str  # of the catalogue
    limit: float
    above: bool
    kind: str
    severity: str
    says: str
    advice: str
    of: str = "learning_events"  # what there must be enough of
    least: int = LEAST_EVENTS

    def breaks(self, value: Value) -> bool:
        return value is not None and (value > self.limit if self.above else value < self.limit)


# The first four are those of the Persistence dialect, where the first one reads the share of events nobody judged.
RULES = (
    Rule(
        "error_rate", "accuracy", 0.1, True, Kind.ANOMALY, Severity.HIGH,
        "{value:.0%} of what was judged was wrong, more than {limit:.0%}.",
        "Look at the corrections of this domain, and at what its agents recalled before them.",
    ),
    Rule(
        "response_time", "learning_ms", 500, True, Kind.ANOMALY, Severity.MEDIUM,
        "A learning event took {value:.0f} ms on average, more than {limit:.0f} ms.",
        "Look at the slow traces of this domain: how many memories each recall reads.",
    ),
    Rule(
        "learning_rate", "learning_events", 10, True, Kind.TREND, Severity.LOW,
        "{value:.1f} learning events a day, more than {limit:.0f}.",
        "This domain learns fast: see whether its patterns have become stable.",
    ),
    Rule(
        "feedback_rate", "feedback_rate", 0.2, False, Kind.OPPORTUNITY, Severity.MEDIUM,
        "Only {value:.0%} of learning events were judged, fewer than {limit:.0%}.",
        "Ask for feedback: what nobody judges, nobody learns from.",
    ),
    Rule(
        "hit_rate", "hit_rate", 0.8, False, Kind.OPPORTUNITY, Severity.MEDIUM,
        "{value:.0%} of searches found something, fewer than {limit:.0%}.",
        "Read what was searched for in vain, and remember what is asked for.",
        of="searches", least=LEAST_SEARCHES,
    ),
)  # fmt: skip
# What anomalies are looked for in, and by which steps; `worse` tells on which side it is bad.
WATCHED = {
    "memories_written": "day", "searches": "day", "learning_events": "day", "accuracy": "day", "hit_rate": "day",
    "search_p95": "hour", "error_rate": "hour",
}  # fmt: skip
OF_DOMAINS = ("memories_written", "accuracy", "hit_rate")


def by_rules(
    numbers: Mapping[str, Value], at: datetime, domain: str = "", rules: Sequence[Rule] = RULES
) -> list[Finding]:
    """What the rules say of `error_rate`, `response_time` (ms), `learning_rate` (a day), `feedback_rate`, `hit_rate`.

    Numbers that are None or absent are not judged; so are those of which there was too little, where `numbers` says how
    much by `learning_events` and `searches`.
    """
    found = []
    for rule in rules:
        value, much = numbers.get(rule.name), numbers.get(rule.of)
        if rule.breaks(value) and (much is None or much >= rule.least):
            assert value is not None
            says = rule.says.format(value=value, limit=rule.limit).replace("%", " %")
            method = f"rule: {rule.name} {'>' if rule.above else '<'} {rule.limit:g}"
            found.append(
                Finding(
                    rule.kind, rule.severity, rule.metric, method, value, says, at, domain, rule.advice,
                    low=None if rule.above else rule.limit, high=rule.limit if rule.above else None,
                )
            )  # fmt: skip
    return found


def numbers_of(span: Span, domain: str = "") -> dict[str, Value]:
    """The numbers that the rules read, of a span."""
    told = dashboard.numbers(span, domain)
    days = (span.end - span.begin) / timedelta(days=1)
    accuracy = told["accuracy"]
    return told | {
        "error_rate": None if accuracy is None else 1 - accuracy,
        "response_time": told["response_time_ms"],
        "learning_rate": (told["learning_events"] or 0) / days,
    }


def anomalies(metric: str, step: str, now: datetime, domain: str = "") -> list[Finding]:
    """The steps of a metric that stand out of late: of those that are over, where much was counted.

    Of a metric that can be better or worse, such as a share of errors, only what is worse is found.
    """
    end = steps.begin_of(now, step)
    span = Span(end - (counts.HOUR * HOURS if step == "hour" else timedelta(days=DAYS)), end)
    only = {"domain": domain} if domain else {}
    answer = queries.ask([metric], span, step=step, only=only, now=now)[0]
    points = list(dropwhile(lambda point: not point.n, answer.points))  # before anything was counted, nobody looked
    since = now - (timedelta(days=1) if step == "hour" else timedelta(days=NEW_DAYS))
    told = forecasting.anomalies([point.value for point in points], step)
    new = [each for each in told if points[each.place].at >= since and _matters(metric, each, points[each.place].n)]
    return [_odd(metric, points[each.place].at, each, domain, step) for each in new]


def _matters(metric: str, told: forecasting.Anomaly, n: int) -> bool:
    """Whether it is bad, or neither good nor bad; and made of so much that chance does not explain it."""
    kind = CATALOGUE[metric]
    if kind.better and not _worse(metric, told):
        return False
    if kind.aggregation == "count":
        return max(told.value, told.expected) >= LEAST_OF_A_STEP
    return n >= LEAST_OF_A_STEP and (kind.bounds[1] != 1 or _beyond_chance(told, n))


def _beyond_chance(told: forecasting.Anomaly, n: int) -> bool:
    """Whether a share of `n` is not what was expected, by Wilson's interval of as many deviations as an anomaly has."""
    within = shares.wilson(told.value * n, n, outlying.FAR)
    held = within is not None and within[0] <= told.expected <= within[1]
    return abs(told.value - told.expected) * n >= LEAST_OFF and not held


def _worse(metric: str, told: forecasting.Anomaly) -> bool:
    better = CATALOGUE[metric].better
    return bool(better) and (told.value > told.expected) != (better > 0)


def _odd(metric: str, at: datetime, told: forecasting.Anomaly, domain: str, step: str) -> Finding:
    kind = CATALOGUE[metric]
    side = "more" if told.value > told.expected else "less"
    bad, far = _worse(metric, told), abs(told.score) > FAR
    severity = Severity.HIGH if bad and far else Severity.MEDIUM if bad or far else Severity.LOW
    words = _words(kind.unit, kind.bounds[1] == 1)
    when = "the hour from %H:%M of %-d %b" if step == "hour" else "%-d %b"
    says = (
        f"{kind.label}, {at.strftime(when)}: {words(told.value)}, {side} than"
        f" {words(told.low)} to {words(told.high)}, which the time before lets expect."
    )
    return Finding(
        Kind.ANOMALY, severity, metric, told.method, told.value, says, at, domain,
        expected=told.expected, low=told.low, high=told.high,
    )  # fmt: skip


def _words(unit: str, share: bool) -> Callable[[float], str]:
    if share:
        return lambda value: f"{100 * min(max(value, 0), 1):.1f} %"
    return lambda value: f"{max(value, 0):,.{0 if value >= 100 or not unit else 1}f}{f' {unit}' if unit else ''}"


def find(now: datetime) -> Iterator[Finding]:
    """All that stands out in the tenant now, altogether and in the domains where most was done."""
    week = spans.last("7d", now)
    names = ["", *(row["name"] for row in dashboard.top(week, most=DOMAINS)["domains"])]
    for domain in names:
        yield from by_rules(numbers_of(week, domain), steps.begin_of(now, "week"), domain)
        for metric, step in WATCHED.items():
            if not domain or metric in OF_DOMAINS:
                yield from anomalies(metric, step, now, domain)
