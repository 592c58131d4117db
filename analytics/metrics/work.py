"""Metrics of what is done by itself, of what applications ask for, and of what they track."""

from analytics.metrics.base import Counted, Percentile, Ratio


class RunsFinished(Counted):
    name = "runs_finished"
    label = "Runs finished"
    says = "How many runs of jobs came to their end."
    source = "runs"
    kinds = "job"
    better = 1


class RunsFailed(Counted):
    name = "runs_failed"
    label = "Runs failed"
    says = "How many runs of jobs were given up."
    source = "runs"
    kinds = "job"
    better = -1


class RunSeconds(Ratio):
    name = "run_seconds"
    label = "Time of a run"
    says = "How long a run took that came to its end, in the mean."
    unit = "s"
    source = "runs"
    splits = ("domain",)
    better = -1
    part, whole = ("runs_finished", "total", ""), ("runs_finished", "n", "")


class RunsFailedPerFinished(Ratio):
    name = "runs_failed_per_finished"
    label = "Runs failed per finished"
    says = "Runs that were given up, for each one that came to its end."
    source = "runs"
    splits = ("domain",)
    better = -1
    part, whole = ("runs_failed", "n", ""), ("runs_finished", "n", "")


class Searches(Counted):
    name = "searches"
    label = "Searches"
    says = "How often memories were searched for."
    source = "live"
    kinds = "found or empty"
    buckets = True


class HitRate(Ratio):
    name = "hit_rate"
    label = "Hit rate"
    says = "The share of searches that found something."
    source = "live"
    splits = ("domain",)
    better = 1
    bounds = (0.0, 1.0)
    part, whole = ("searches", "n", "found"), ("searches", "n", "")


class HitsPerSearch(Ratio):
    name = "hits_per_search"
    label = "Hits of a search"
    says = "How many memories a search found, in the mean."
    source = "live"
    splits = ("domain",)
    part, whole = ("search_hits", "n", ""), ("searches", "n", "")


class SearchMs(Ratio):
    name = "search_ms"
    label = "Time of a search"
    says = "How long a search took, in the mean."
    unit = "ms"
    source = "live"
    splits = ("domain",)
    better = -1
    part, whole = ("searches", "total", ""), ("searches", "n", "")


class SearchP50(Percentile):
    name = "search_p50"
    label = "Time of a search, p50"
    says = "Half of the searches took at most so long."
    unit = "ms"
    source = "live"
    aggregation = "p50"
    better = -1
    of = "searches"


class SearchP95(SearchP50):
    name = "search_p95"
    label = "Time of a search, p95"
    says = "Of 20 searches 19 took at most so long."
    aggregation = "p95"


class Requests(Counted):
    name = "requests"
    label = "Requests"
    says = "How many requests the API answered."
    source = "live"
    kinds = "operation"
    splits = ("kind",)
    buckets = True


class RequestErrors(Counted):
    name = "request_errors"
    label = "Failed requests"
    says = "How many requests ended with an error."
    source = "live"
    kinds = "operation"
    splits = ("kind",)
    better = -1


class RequestRefusals(Counted):
    name = "request_refusals"
    label = "Refused requests"
    says = "How many requests asked for what they may not have, or in a way that is not understood."
    source = "live"
    kinds = "operation"
    splits = ("kind",)
    better = -1


class ErrorRate(Ratio):
    name = "error_rate"
    label = "Error rate"
    says = "The share of requests that ended with an error."
    source = "live"
    splits = ("kind",)
    better = -1
    bounds = (0.0, 1.0)
    part, whole = ("request_errors", "n", ""), ("requests", "n", "")


class RequestP50(SearchP50):
    name = "request_p50"
    label = "Time of a request, p50"
    says = "Half of the requests took at most so long."
    splits = ("kind",)
    of = "requests"


class RequestP95(SearchP95):
    name = "request_p95"
    label = "Time of a request, p95"
    says = "Of 20 requests 19 took at most so long."
    splits = ("kind",)
    of = "requests"


class Tracked(Counted):
    name = "tracked"
    label = "Tracked events"
    says = "Events that applications track, by their names."
    source = "tracked"
    kinds = "name"
    splits = ("kind", "domain", "service", "agent")


METRICS = (
    RunsFinished, RunsFailed, RunSeconds, RunsFailedPerFinished, Searches, HitRate, HitsPerSearch, SearchMs, SearchP50,
    SearchP95, Requests, RequestErrors, RequestRefusals, ErrorRate, RequestP50, RequestP95, Tracked,
)  # fmt: skip
