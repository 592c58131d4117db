"""The time that pages of the study are about. It stands in the URL, so that a page can be sent to somebody.

A page hears it by `asked`, shows the form of templates/console/range.html, and gives `query` to the pages it leads to;
the sidebar does so by itself, for the pages of KEPT.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from analytics import spans
from analytics.counts import Span
from config.pages.base import asked_for

DEFAULT = "7d"
LABELS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days", "own": "own"}
# Pages whose links in the sidebar go on with the range.
KEPT = {
    "analytics", "insights", "reports", "business", "learning", "patterns", "recommendations", "traces", "searches",
    "quality", "dialects",
}  # fmt: skip


@dataclass(frozen=True)
class Range:
    name: str  # one of spans.NAMES
    span: Span
    first: date
    last: date  # both included
    domain: str = ""  # the namespace that is looked at; empty: all
    wrong: str = ""

    @property
    def step(self) -> str:
        return spans.step_of(self.span)

    @property
    def said(self) -> dict[str, str]:
        """The parameters that ask for it again."""
        own = {"from": f"{self.first}", "to": f"{self.last}"} if self.name == "own" else {}
        return {"range": self.name, **own, **({"domain": self.domain} if self.domain else {})}

    @property
    def query(self) -> str:
        return urlencode(self.said)

    def days(self) -> dict[str, str]:
        """The first and the last day, for pages that narrow by days."""
        return {"from": f"{self.first}", "to": f"{self.last}"}

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The named ranges, each with the parameters that lead to it."""
        kept = {"domain": self.domain} if self.domain else {}
        return [
            {"label": LABELS[name], "query": urlencode({"range": name} | kept), "chosen": name == self.name}
            for name in spans.LAST
        ]


def asked(request: HttpRequest) -> Range:
    """The range of a request. What is not one is answered as the default, and says what is wrong."""
    said = asked_for(request, "range", "from", "to", "domain")
    now, domain = timezone.now(), said["domain"][:255]
    name = said["range"] or ("own" if said["from"] else DEFAULT)
    if name in spans.LAST:
        return _of(name, spans.last(name, now), domain)
    try:
        first = _day(said["from"], "from")
        span = spans.of_days(first, _day(said["to"], "to") if said["to"] else now.date(), now)
        return _of("own", span, domain)
    except spans.BadSpan as error:
        wrong = f"The {'first' if error.name == 'from' else 'last'} day {error.detail}: these are the last 7 days."
        return _of(DEFAULT, spans.last(DEFAULT, now), domain, wrong)


def _of(name: str, span: Span, domain: str, wrong: str = "") -> Range:
    return Range(name, span, span.begin.date(), (span.end - timedelta(seconds=1)).date(), domain, wrong)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise spans.BadSpan(name, "is not a day such as 2026-11-21") from None


def kept(request: HttpRequest, name: str, link: str) -> str:
    """A link of the sidebar, with the range that the page was asked for."""
    said = {key: request.GET[key] for key in ("range", "from", "to", "domain") if request.GET.get(key)}
    return f"{link}?{urlencode(said)}" if said and name in KEPT else link


def day_of(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
