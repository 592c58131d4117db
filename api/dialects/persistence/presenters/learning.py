"""Learning events as the service tells them, and what they come to."""

from collections.abc import Iterable
from typing import Any

from analytics.algorithms.advice import Advice
from analytics.models import LearningEvent
from analytics.patterns import Pattern
from analytics.progress import Metrics
from analytics.trends import Period, Trend
from analytics.types import SILENT, Judgement, Lesson
from api.dialects.persistence.presenters.memory import moment, tenfold
from api.dialects.persistence.serializers.learning import MARK

PARTS = ("data", "context")  # of an input


def lesson(heard: dict[str, Any]) -> Lesson:
    """What was sent, as the house records it: an input's keys are those of its data."""
    meta, given = heard.get("metadata") or {"beside": {}}, heard.get("input", {})
    output = dict(heard.get("output", {}))
    impact, metrics, feedback = (heard.get(name) or {} for name in ("impact", "metrics", "feedback"))
    objects = {name: isinstance(given.get(name), dict) for name in PARTS}
    # What is no object of keys is kept as it is, beside.
    mark = {name: value for name, value in given.items() if not objects.get(name)}
    return Lesson(
        type=heard["event_type"],
        domain=heard["domain"],
        service=heard["service_id"],
        agent=heard["agent_id"],
        user_id=meta.get("user_id", ""),
        session_id=meta.get("session_id", ""),
        importance=meta.get("importance"),
        input=given["data"] if objects["data"] else {},
        context=given["context"] if objects["context"] else {},
        confidence=output.pop("confidence", None),
        output=output,
        feedback=Judgement(**feedback) if feedback else SILENT,
        model_updated=impact.get("model_updated", False),
        performance_change=impact.get("performance_change"),
        affected_models=tuple(impact.get("affected_models", ())),
        processing_ms=metrics.get("processing_time"),
        tokens=metrics.get("tokens_used"),
        cost=metrics.get("cost"),
        metadata=meta["beside"] | ({MARK: mark} if mark else {}),
        occurred_at=meta.get("timestamp"),
    )


def event(row: LearningEvent) -> dict[str, Any]:
    judged = _some(rating=row.rating, correct=row.correct, improved=row.improved, explanation=row.explanation or None)
    metrics = _some(processingTime=row.processing_ms, tokensUsed=row.tokens, cost=row.cost)
    impact = {"modelUpdated": row.model_updated, "affectedModels": row.affected_models}
    return {
        "id": str(row.pk),
        "serviceId": row.service,
        "agentId": row.agent,
        "eventType": row.type,
        "domain": row.domain,
        "metadata": _metadata(row),
        "input": _input(row),
        "output": row.output | _some(confidence=row.confidence),
        "impact": impact | _some(performanceChange=row.performance_change),
        **({"feedback": judged} if judged else {}),
        **({"metrics": metrics} if metrics else {}),
    }


def _metadata(row: LearningEvent) -> dict[str, Any]:
    beside = {name: value for name, value in row.metadata.items() if name != MARK}
    named = _some(sessionId=row.session_id or None, userId=row.user_id or None)
    important = {} if row.importance is None else {"importance": tenfold(row.importance)}
    return beside | {"timestamp": moment(row.occurred_at)} | named | important


def _input(row: LearningEvent) -> dict[str, Any]:
    mark = row.metadata.get(MARK)
    plain = mark if isinstance(mark, dict) else {}
    keyed = _some(data=row.input or None, context=row.context or None)
    return {"data": row.input} | keyed | plain


def _some(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def pattern(found: Pattern) -> dict[str, Any]:
    return {
        "id": found.signature,
        "signature": ":".join([found.type, ",".join(found.input_keys), ",".join(found.context_keys)]),
        "eventType": found.type,
        "inputKeys": list(found.input_keys),
        "contextKeys": list(found.context_keys),
        "frequency": found.frequency,
        "successRate": found.success,
        "averageConfidence": found.confidence,
        "averageRating": found.rating,
        "performance": found.performance,
        "firstSeen": moment(found.first_at),
        "lastSeen": moment(found.last_at),
    }


def metrics(told: Metrics, domain: str, top: Iterable[Pattern]) -> dict[str, Any]:
    return {
        "domain": domain or None,
        "timeframe": {"start": moment(told.since), "end": moment(told.until)},
        "totalEvents": told.total,
        "eventsByType": told.by_type,
        "learningRate": told.learning_rate,
        "adaptationRate": told.adaptation_rate,
        "feedbackRate": told.feedback_rate,
        "performanceImprovement": told.improvement,
        "topPatterns": list(map(pattern, top)),
        "costAnalysis": {
            "totalCost": told.cost,
            "costPerEvent": told.cost_per_event,
            "costPerImprovement": told.cost_per_improvement,
        },
    }


def trend(told: Trend) -> dict[str, Any]:
    """The service knows no `unknown`: with too little to say so nothing is said to change, and the insights say why."""
    ahead = enumerate(told.forecast, 1)
    return {
        "trend": "stable" if told.trend == "unknown" else told.trend,
        "details": {
            "periodMetrics": list(map(_period, told.periods)),
            "trendLine": {"slope": told.slope, "values": list(told.line)},
            "forecast": [{"period": at, "value": one.value, "low": one.low, "high": one.high} for at, one in ahead],
            "insights": list(told.insights),
        },
    }


def _period(told: Period) -> dict[str, Any]:
    return {
        "start": moment(told.since),
        "end": moment(told.until),
        "totalEvents": told.events,
        "successRate": told.success,
        "averageConfidence": told.confidence,
        "performance": told.performance,
    }


def advice(told: Advice) -> dict[str, Any]:
    return {
        "type": told.type,
        "priority": told.priority,
        "description": told.description,
        "expectedImpact": told.expected_impact,
        "implementation": told.implementation,
    }
