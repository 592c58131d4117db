"""The metrics of the whole house in Prometheus' format: few series, whatever is stored, and no tenant is named.

Read from `public` and from Redis, see gauges: some ten statements, and none in a tenant's schema.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from analytics import gauges
from analytics.algorithms import histograms
from automation import looking
from automation.models import TaskRun
from events.webhooks import health
from tenants.models import Stock, Tenant

log = structlog.get_logger(__name__)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text() -> bytes:
    """All of them, as Prometheus scrapes them."""
    return generate_latest(_House())  # type: ignore[arg-type]  # all that it asks is `collect`


class _House(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _info()
        for part in (_tenants, _runs, _webhooks):
            yield from part()
        up = 1
        for told in (_noted, _seen, _queues):
            try:
                yield from list(told())
            except redis.RedisError as error:
                up = 0
                log.warning("metrics without Redis", error=type(error).__name__)
        yield _gauge(
            "redis_up", "Whether Redis answered this scrape; without it what is read from there is missing.", up
        )


def _name(name: str) -> str:
    return f"memhouse_{name}"


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(_name(name), says, value)


def _gauges(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    return _labelled(GaugeMetricFamily(_name(name), says, labels=[label]), values)


def _counters(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    return _labelled(CounterMetricFamily(_name(name), says, labels=[label]), values)


def _labelled(family: Any, values: Mapping[str, float]) -> Metric:
    for kind, value in sorted(values.items()):
        family.add_metric([kind], value)
    return family  # type: ignore[no-any-return]


def _age(at: datetime | None) -> float:
    return max(0.0, (timezone.now() - at).total_seconds()) if at else 0.0


def _info() -> Iterable[Metric]:
    yield _gauges("info", "The version that runs.", "version", {settings.VERSION: 1})


def _tenants() -> Iterable[Metric]:
    states = dict(Tenant.objects.filter(scratch=False).order_by().values_list("state").annotate(Count("id")))
    yield _gauges("tenants", "Tenants, by state.", "state", states)
    newest = Stock.objects.order_by("tenant", "-day").distinct("tenant").values_list("memories", "bytes")
    kept = list(newest)
    yield _gauge("memories", "Memories that are kept, of all tenants.", sum(row[0] for row in kept))
    yield _gauge("memory_bytes", "Bytes of their content.", sum(row[1] for row in kept))


def _runs() -> Iterable[Metric]:
    told = looking.depth(TaskRun.objects.all())
    states = {"pending": told.pending, "running": told.running}
    yield _gauges("runs", "Runs of jobs that are not over, by state.", "state", states)
    yield _gauge("runs_stuck", "Runs that seem stuck.", told.stuck)
    yield _gauge("runs_oldest_seconds", "Since when the longest waiting run could have begun.", _age(told.oldest))


def _webhooks() -> Iterable[Metric]:
    told = health.overview()
    states = {"pending": told.pending, "dead": told.dead}
    yield _gauges("deliveries", "Deliveries to webhooks that wait, and that were given up.", "state", states)
    yield _gauge("deliveries_oldest_seconds", "Since when the oldest one is due.", _age(told.oldest_pending_at))
    yield _gauge("webhooks_failing", "Webhooks whose last try failed, or that were given up.", told.failing)
    yield _gauge("facts_oldest_seconds", "Age of the oldest fact that is not numbered.", _age(told.oldest_unrelayed_at))


def _noted() -> Iterable[Metric]:
    told = gauges.noted()
    requests, searches = told["requests"], told["searches"]
    yield _counters("requests", "Requests of the API, by operation.", "operation", requests.n)
    errors = told["request_errors"].n
    yield _counters("request_errors", "Those answered with 500 or more.", "operation", errors)
    refused = told["request_refusals"].n
    yield _counters("request_refusals", "Those answered with 400 to 499.", "operation", refused)
    strangers = told[gauges.STRANGERS].n
    yield _counters("request_strangers", "Refused to callers who were not recognised.", "operation", strangers)
    seconds = {kind: ms / 1000 for kind, ms in requests.ms.items()}
    yield _counters("operation_seconds", "Seconds that an operation's requests took.", "operation", seconds)
    yield histogram(_name("request_seconds"), "How long requests took.", requests)
    yield _counters("searches", "Recalls, by whether they found anything.", "result", searches.n)
    yield histogram(_name("search_seconds"), "How long recalls took.", searches)
    yield CounterMetricFamily(_name("search_hits"), "Memories found.", told["search_hits"].n.total())


def histogram(name: str, says: str, told: gauges.Noted) -> Metric:
    """In seconds, by the edges of algorithms.histograms."""
    edges = [f"{edge / 1000:g}" for edge in histograms.EDGES] + ["+Inf"]
    sums, so_far = [], 0
    for edge, held in zip(edges, told.buckets, strict=True):
        so_far += held
        sums.append((edge, float(so_far)))
    return HistogramMetricFamily(name, says, buckets=sums, sum_value=sum(told.ms.values()) / 1000)


def _seen() -> Iterable[Metric]:
    told = gauges.seen()
    yield _gauge("measured_tenants", "Tenants whose schema was looked at in the last five minutes.", told.tenants)
    yield _gauge("embeddings_waiting", "Memories that wait for a vector.", told.unembedded)
    yield _gauges("memories_in_tier", "Memories by tier, as of the last hour.", "tier", told.stock_tier)
    yield _gauges("memories_in_state", "Memories by state, as of the last hour.", "state", told.stock_state)
    yield _gauges("memories_of_kind", "Memories by kind, as of the last hour.", "kind", told.stock_kind)
    yield _gauges("learning_events_day", "Learning events of 24 hours, by type.", "type", told.learning)
    yield _gauges("sync_messages", "Messages between services, by state.", "state", told.sync)
    yield _gauge("sync_oldest_seconds", "Age of the oldest message that is owed, of any tenant.", told.sync_oldest)
    says = "p95 of an hour from sent to acknowledged, the greatest of any tenant."
    yield _gauge("sync_p95_seconds", says, told.sync_p95_ms / 1000)


def _queues() -> Iterable[Metric]:
    yield _gauges("queue_messages", "Messages that wait for a worker, by queue.", "queue", gauges.queues())
