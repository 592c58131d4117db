"""What the house counts, under the names that AI Memory Layer's dashboards and alerts ask for."""

from collections.abc import Iterator, Mapping

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from analytics import exposed
from analytics.gauges import Noted


def text(told: Mapping[str, Noted], *, pending: int, live: int | None = None, tenant: str = "") -> bytes:
    """Of one tenant, or without one of all: then nobody is named, and what has a vector is not known."""
    return generate_latest(_Told(told, pending, live, tenant))  # type: ignore[arg-type]  # all that it asks is `collect`


class _Told(Collector):
    def __init__(self, told: Mapping[str, Noted], pending: int, live: int | None, tenant: str) -> None:
        self.told, self.pending, self.live, self.tenant = told, pending, live, tenant

    def collect(self) -> Iterator[Metric]:
        yield self._requests()
        yield exposed.histogram("aiml_request_latency_seconds", "How long requests took.", self.told["requests"])
        if self.tenant:
            yield self._ingested()
        yield self._searches()
        yield exposed.histogram("aiml_memory_search_latency_seconds", "How long searches took.", self.told["searches"])
        asked, found = (self.told[name].n.total() for name in ("searches", "search_hits"))
        yield SummaryMetricFamily("aiml_memory_search_results", "Memories found.", count_value=asked, sum_value=found)
        yield self._jobs()

    def _requests(self) -> Metric:
        """`path` is the name of the operation; those from 400 and from 500 on are counted as one status each."""
        family = CounterMetricFamily("aiml_requests", "Requests of the API.", labels=["path", "status"])
        refused, errors = self.told["request_refusals"].n, self.told["request_errors"].n
        for operation, n in sorted(self.told["requests"].n.items()):
            family.add_metric([operation, "200"], n - refused[operation] - errors[operation])
            family.add_metric([operation, "400"], refused[operation])
            family.add_metric([operation, "500"], errors[operation])
        return family

    def _ingested(self) -> Metric:
        family = CounterMetricFamily("aiml_messages_ingested", "Memories stored, by kind.", labels=["tenant", "kind"])
        for kind, n in sorted(self.told["memories_written"].n.items()):
            family.add_metric([self.tenant, kind], n)
        return family

    def _searches(self) -> Metric:
        """None is answered from a cache."""
        family = CounterMetricFamily("aiml_memory_search", "Searches.", labels=["tenant", "cached"])
        family.add_metric([self.tenant, "false"], self.told["searches"].n.total())
        return family

    def _jobs(self) -> Metric:
        """As they are now: a memory without a vector is the job."""
        family = GaugeMetricFamily("aiml_embedding_jobs_total", "Memories, by whether they have a vector.",
                                   labels=["status"])  # fmt: skip
        family.add_metric(["pending"], self.pending)
        if self.live is not None:
            family.add_metric(["completed"], self.live - self.pending)
        return family
