"""What is searched for: how much, how fast, what finds nothing, what is slow and what is asked again and again.

Numbers are of all searches; questions are those of traces, so of a share of the searches, see tracing and docs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Max, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Lower, Trim

from analytics import counts
from analytics.algorithms import shares
from analytics.counts import Span
from analytics.models import Trace

LISTED = 20
LONGEST = 300  # letters of a question that are told


@dataclass(frozen=True)
class Asked:
    """A question as it was asked `times` in traces; `trace_id` is the latest of them."""

    query: str
    times: int
    took_ms: float  # in the mean; of a slow one, its own
    at: datetime
    trace_id: UUID


@dataclass(frozen=True)
class Overview:
    """Rates are 0 to 1, None where nothing was searched; `traces` is how many recalls were traced in the span."""

    searches: int
    empty: int
    empty_rate: float | None
    hits_mean: float | None
    p50_ms: float | None
    p95_ms: float | None
    traces: int
    zero_result: list[Asked]
    slow: list[Asked]
    frequent: list[Asked]


def overview(span: Span, domain: str = "", most: int = LISTED) -> Overview:
    """The searches of a span, of one domain or all; up to `most` questions in each list. Seven statements."""
    only: dict[str, Any] = {"domain": domain} if domain else {}
    by_kind = {
        point.group: point for point in counts.series("searches", span, step="", group="kind", histogram=True, **only)
    }
    hits = sum(point.n for point in counts.series("search_hits", span, step="", **only))
    searched = counts.together(by_kind.values(), span.begin)
    count = searched.n
    empty = by_kind["empty"].n if "empty" in by_kind else 0
    rows = recalls(span, domain)
    return Overview(
        count,
        empty,
        shares.share(empty, count),
        shares.share(hits, count),
        searched.percentile(0.5),
        searched.percentile(0.95),
        rows.count(),
        grouped(rows.filter(found=0), most),
        slowest(rows, most),
        grouped(rows, most, least=2),
    )


def recalls(span: Span, domain: str = "") -> QuerySet[Trace]:
    rows = Trace.objects.filter(kind=Trace.Kind.RECALL, occurred_at__gte=span.begin, occurred_at__lt=span.end)
    return rows.filter(domain=domain) if domain else rows


def said() -> Any:
    """The text of a trace's question."""
    return KeyTextTransform("text", KeyTextTransform("asked", "told"))


def grouped(rows: QuerySet[Trace], most: int, least: int = 1) -> list[Asked]:
    """The questions asked most often, `least` times or more, in whatever case; what asked nothing is left out."""
    same = rows.annotate(question=Lower(Trim(said()))).values("question")
    # PostgreSQL knows no greatest uuid; as text they sort alike.
    told = same.annotate(
        times=Count("id"), took=Avg("took_ms"), at=Max("occurred_at"), last=Max(Cast("id", TextField()))
    )
    return [
        Asked(row["question"][:LONGEST], row["times"], round(row["took"], 2), row["at"], UUID(row["last"]))
        # Those that asked nothing are left out here, for a condition would read each question a second time.
        for row in told.filter(times__gte=least).order_by("-times", "-at")[: most + 2]
        if row["question"]
    ][:most]


def slowest(rows: QuerySet[Trace], most: int) -> list[Asked]:
    first = rows.order_by("-took_ms").values("pk")[:most]  # so that the questions of these alone are read
    told = Trace.objects.filter(pk__in=first).annotate(question=said()).order_by("-took_ms")
    return [
        Asked((row["question"] or "")[:LONGEST], 1, row["took_ms"], row["occurred_at"], row["id"])
        for row in told.values("question", "took_ms", "occurred_at", "id")
    ]
