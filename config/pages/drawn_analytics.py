"""Panels of a dashboard as charts, each number with the address of the rows behind it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from analytics.algorithms import steps
from analytics.dashboard import Dashboard
from analytics.panels import Track
from config import charts
from config.charts import Chart, Series
from config.pages import behind, ranges
from config.pages.ranges import Range

MOST_LAYERS = 8  # colours of the palette
OTHERS = "others"
INTERVAL = "The band is where the true share lies with 95 %."
LABELS = {
    "found": "found something", "empty": "found nothing", "hit_rate": "hit rate", "p50": "half took at most",
    "p95": "19 of 20 took at most", "error_rate": "failed", "active": "live", "day": "under a day",
    "week": "under a week", "month": "under a month", "quarter": "under a quarter", "year": "under a year",
}  # fmt: skip
# A thing has one colour wherever it is drawn.
TONES = {
    "found": 0, "empty": 3, "hit_rate": 0, "p50": 0, "p95": 3, "active": 0, "superseded": 3, "deleted": 4, "silent": 5,
    "compressed": 2, "warm": 3, "archiving": 2, "cold": 1, "accuracy": 0, "confidence": 1, "requests": 1,
    "error_rate": 4, "finished": 0, "failed": 4, "training": 0, "feedback": 1, "correction": 4, "reinforcement": 3,
    "adaptation": 2,
}  # fmt: skip
Said = dict[str, Any]


def groups(told: Dashboard, asked: Range) -> list[Said]:
    """The charts, by what they are about."""
    draw = Drawing(told, asked)
    return [{"title": title, "charts": [chart_of(draw, name) for name in names]} for title, names in GROUPS.items()]


GROUPS = {
    "Memories": ("writes", "growth", "tiers", "ages"),
    "Recall": ("searches", "hit_rate", "latency"),
    "Learning": ("learning", "learning_curve"),
    "Work": ("requests", "runs"),
}


def chart_of(draw: "Drawing", name: str) -> Chart:
    """The chart of a panel."""
    return DRAWN[name](draw)


DRAWN: dict[str, Callable[["Drawing"], Chart]] = {
    "writes": lambda draw: draw.bars("writes", "Written, by kind", draw.stored, kinds="kind__exact"),
    "growth": lambda draw: draw.areas("growth", "Kept, by state", note="The last hour of each step."),
    "tiers": lambda draw: draw.areas("tiers", "Where content is", kinds="tier__exact"),
    "ages": lambda draw: draw.areas("ages", "How long ago memories were stored"),
    "searches": lambda draw: draw.bars("searches", "Searches", draw.searched),
    "hit_rate": lambda draw: draw.lines(
        "hit_rate", "Searches that found something", draw.searched, unit="share", note=INTERVAL
    ),
    "latency": lambda draw: draw.lines(
        "latency", "How long searches took", draw.searched, unit="ms", width=charts.FULL
    ),
    "learning": lambda draw: draw.bars("learning", "Learning events, by type", draw.learned),
    "learning_curve": lambda draw: draw.lines(
        "learning_curve", "Learning curve", draw.learned, unit="share", note=INTERVAL
    ),
    "requests": lambda draw: draw.bars("requests", "Requests of the API", draw.requested),
    "runs": lambda draw: draw.bars("runs", "Runs of upkeep", draw.ran),
}


class Drawing:
    """Panels of a dashboard as charts, each step with the address of the rows behind it."""

    def __init__(self, told: Dashboard, asked: Range) -> None:
        self.told, self.asked = told, asked

    def bars(self, name: str, title: str, url: Any = None, *, kinds: str = "", note: str = "") -> Chart:
        return charts.bars(title, self.told.steps, self._series(name, kinds), step=self.told.step, url=url, note=note)

    def areas(self, name: str, title: str, *, kinds: str = "", note: str = "") -> Chart:
        return charts.areas(title, self.told.steps, self._series(name, kinds), step=self.told.step, note=note)

    def lines(self, name: str, title: str, url: Any, **said: Any) -> Chart:
        return charts.lines(title, self.told.steps, self._series(name, ""), step=self.told.step, url=url, **said)

    def _series(self, name: str, kinds: str) -> list[Series]:
        tracks = folded(self.told.panels[name])
        return [
            Series(
                LABELS.get(track.name, track.name.replace("_", " ")), track.values, TONES.get(track.name, place % 8),
                track.low, track.high, url=self._of_kind(kinds, track.name),
            )
            for place, track in enumerate(tracks)
        ]  # fmt: skip

    def _of_kind(self, kinds: str, name: str) -> str:
        if not kinds or name == OTHERS:
            return ""
        days = self.asked.days() if kinds == "kind__exact" else {}
        said = {kinds: name, "namespace": self.asked.domain}
        return behind.memories(*days.values(), **said) if days else behind.url("memories", **said)

    def _own(self, at: datetime) -> Said:
        """The days of a step, as a range."""
        last = max(at, steps.after(at, self.told.step) - timedelta(seconds=1))
        return {"range": "own", "from": ranges.day_of(at), "to": ranges.day_of(last), "domain": self.asked.domain}

    def stored(self, at: datetime) -> str:
        own = self._own(at)
        return behind.memories(own["from"], own["to"], namespace=self.asked.domain)

    def searched(self, at: datetime) -> str:
        return behind.traces(self._own(at), kind="recall")

    def requested(self, at: datetime) -> str:
        return behind.traces(self._own(at), kind="operation")

    def learned(self, at: datetime) -> str:
        return behind.url("learning", **self._own(at))

    def ran(self, at: datetime) -> str:
        return behind.url("runs")


def folded(tracks: Sequence[Track]) -> list[Track]:
    """As many as there are colours: the smallest ones together are the others."""
    if len(tracks) <= MOST_LAYERS:
        return list(tracks)
    ranked = sorted(tracks, key=lambda track: -sum(value or 0 for value in track.values))
    kept, rest = ranked[: MOST_LAYERS - 1], ranked[MOST_LAYERS - 1 :]
    sums = [sum(value or 0 for value in values) for values in zip(*(track.values for track in rest), strict=True)]
    return [*kept, Track(OTHERS, list(sums))]
