"""Numbers of the study in the service's names and groups."""

from collections.abc import Iterable, Mapping
from typing import Any

from analytics.algorithms import trends as lines
from analytics.dashboard import Dashboard
from analytics.models import Insight
from analytics.panels import Track
from analytics.queries import Answer
from analytics.reports import PANELS, Number, Report
from api.dialects.persistence.presenters.memory import moment
from api.dialects.persistence.serializers.analytics import WAYS_TOLD
from api.dialects.persistence.serializers.words import camel

# The service's word for some of ours; of any other the same in camelCase, without its unit.
NAMES = {"unjudged_rate": "errorRate", "error_rate": "requestErrorRate"}
OF_NOW = {"average_latency_ms": "averageLatency", "average_search_ms": "averageSearchTime", "error_rate": "errorRate"}
SURE = lines.SURE
Value = float | None


def named(name: str) -> str:
    return NAMES.get(name) or camel(name.removesuffix("_ms"))


def numbers(told: Mapping[str, Value]) -> dict[str, Value]:
    return {named(name): value for name, value in told.items()}


def business(told: Mapping[str, Mapping[str, Value]]) -> dict[str, Any]:
    return {camel(group): numbers(values) for group, values in told.items()}


def realtime(metrics: Mapping[str, Value]) -> dict[str, Value]:
    return {OF_NOW.get(name) or camel(name): value for name, value in metrics.items()}


def tracks(told: Dashboard, panels: Iterable[str]) -> list[dict[str, Any]]:
    return [_track(told, panel, track) for panel in panels for track in told.panels[panel]]


def _track(told: Dashboard, panel: str, track: Track) -> dict[str, Any]:
    rows = zip(told.steps, track.values, strict=True)
    values = [{"timestamp": moment(at), "value": value} for at, value in rows]
    return {"metric": camel(panel), "series": track.name, "values": values}


def performers(told: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, Any]:
    return {
        group: [{camel(name): value for name, value in row.items()} for row in rows] for group, rows in told.items()
    }


def insight(row: Insight) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "type": row.kind,
        "severity": row.severity,
        "metric": named(row.metric),
        "domain": row.domain or None,
        "description": row.says,
        "recommendation": row.advice,
        "value": row.value,
        "expected": row.expected,
        "low": row.low,
        "high": row.high,
        "timestamp": moment(row.at),
    }


# --- questions


def result(name: str, answer: Answer) -> dict[str, Any]:
    """An answer under the name that it was asked by."""
    metric = answer.metric
    told = {
        "metric": name,
        "unit": metric.unit,
        "aggregation": WAYS_TOLD.get(metric.aggregation, metric.aggregation),
        "data": [{"timestamp": moment(one.at), "group": one.group, "value": one.value} for one in answer.points],
        "totals": answer.totals,
    }
    return told | ({"predictions": [_predicted(answer, group) for group in answer.forecasts]} if answer.ahead else {})


def _predicted(answer: Answer, group: str) -> dict[str, Any]:
    told = answer.forecasts[group]
    rows = zip(answer.ahead, told.values, told.low, told.high, strict=False)
    points = [
        {"timestamp": moment(at), "value": value, "low": low, "high": high, "confidence": SURE}
        for at, value, low, high in rows
    ]
    trend = _trend([point.value for point in answer.points if point.group == group])
    return {"group": group, "trend": trend, "method": told.method, "reason": told.why_not, "points": points}


def _trend(values: list[Value]) -> str:
    """By the line through what was: something moves where no movement at all is unlikely."""
    found = lines.line(values)
    if found is None or found.slope_low <= 0 <= found.slope_high:
        return "stable"
    return "increasing" if found.slope > 0 else "decreasing"


# --- reports


def report(told: Report) -> dict[str, Any]:
    return {
        "reportType": told.type,
        "domain": told.domain,
        "timeRange": {"start": moment(told.span.begin), "end": moment(told.span.end)},
        "generatedAt": moment(told.made_at),
        "report": {
            "overallScore": _number(told.overall),
            "parts": numbers(told.parts),
            "sections": {camel(name): _section(section) for name, section in told.sections.items()},
            "trends": tracks(told.trends, PANELS[told.type]),
            "insights": list(map(insight, told.insights)),
            "recommendations": [
                {"priority": each.priority, "description": each.says, "expectedImpact": each.expected_impact}
                for each in told.suggestions
            ],
        },
    }


def _section(section: Iterable[Number]) -> dict[str, Any]:
    return {named(number.name): _number(number) for number in section}


def _number(number: Number) -> dict[str, Value]:
    return {"value": number.value, "previous": number.before, "change": number.change}
