"""Metrics of the learning history."""

from collections.abc import Sequence

from analytics.counts import Point
from analytics.metrics.base import Averaged, Counted, Metric, Percentile, Ratio, Summed

EVERY: tuple[str, ...] = ("kind", "domain", "service", "agent")


class OfLearning(Metric):
    source = "learning"
    kinds = "type of event"
    splits = EVERY


class LearningEvents(OfLearning, Counted):
    name = "learning_events"
    label = "Learning events"
    says = "How many steps of learning were recorded."


class LearningFeedback(OfLearning, Counted):
    name = "learning_feedback"
    label = "Judged events"
    says = "How many learning events somebody judged."
    better = 1


class LearningCorrect(OfLearning, Summed):
    name = "learning_correct"
    label = "Right answers"
    says = "How many learning events were judged right; its count is of those judged right or wrong."
    better = 1


class Accuracy(OfLearning, Ratio):
    name = "accuracy"
    label = "Accuracy"
    says = "The share of right ones among the learning events judged right or wrong."
    better = 1
    bounds = (0.0, 1.0)
    part, whole = ("learning_correct", "total", ""), ("learning_correct", "n", "")


class FeedbackRate(OfLearning, Ratio):
    name = "feedback_rate"
    label = "Feedback rate"
    says = "The share of learning events that somebody judged."
    better = 1
    bounds = (0.0, 1.0)
    part, whole = ("learning_feedback", "n", ""), ("learning_events", "n", "")


class UnjudgedRate(FeedbackRate):
    name = "unjudged_rate"
    label = "Unjudged rate"
    says = "The share of learning events that nobody judged."
    better = -1

    def value(self, told: Sequence[Point]) -> float | None:
        judged = super().value(told)
        return None if judged is None else 1 - judged


class LearningImproved(OfLearning, Summed):
    name = "learning_improved"
    label = "Improvements"
    says = "How many learning events were judged an improvement; its count is of those judged so or not."
    better = 1


class ImprovementRate(OfLearning, Ratio):
    name = "improvement_rate"
    label = "Improvement rate"
    says = "The share of improvements among the learning events where somebody said whether they are."
    better = 1
    bounds = (0.0, 1.0)
    part, whole = ("learning_improved", "total", ""), ("learning_improved", "n", "")


class LearningConfidence(OfLearning, Averaged):
    name = "learning_confidence"
    label = "Confidence"
    says = "How sure the predictions were, 0 to 1, in the mean."
    bounds = (0.0, 1.0)


class LearningRating(OfLearning, Averaged):
    name = "learning_rating"
    label = "Rating"
    says = "What people gave, 1 to 5, in the mean."
    better = 1
    bounds = (1.0, 5.0)


class LearningMs(OfLearning, Averaged):
    name = "learning_ms"
    label = "Response time"
    says = "How long a learning event was processed, in the mean."
    unit = "ms"
    better = -1
    buckets = True


class LearningP95(OfLearning, Percentile):
    name = "learning_p95"
    label = "Response time, p95"
    says = "Of 20 learning events 19 were processed within so long."
    unit = "ms"
    aggregation = "p95"
    better = -1
    of = "learning_ms"


class LearningTokens(OfLearning, Summed):
    name = "learning_tokens"
    label = "Tokens"
    says = "How many tokens the learning events used."
    unit = "tokens"


class LearningCost(OfLearning, Summed):
    name = "learning_cost"
    label = "Cost"
    says = "What the learning events cost, in the tenant's own currency."
    unit = "cost"
    better = -1


class CostPerEvent(OfLearning, Ratio):
    name = "cost_per_event"
    label = "Cost of an event"
    says = "What the learning events cost, by all of them."
    unit = "cost"
    better = -1
    part, whole = ("learning_cost", "total", ""), ("learning_events", "n", "")


class CostPerImprovement(OfLearning, Ratio):
    name = "cost_per_improvement"
    label = "Cost of an improvement"
    says = "What the learning events cost, by those that were judged an improvement."
    unit = "cost"
    better = -1
    part, whole = ("learning_cost", "total", ""), ("learning_improved", "total", "")


class LearningModelUpdates(OfLearning, Counted):
    name = "learning_model_updates"
    label = "Model updates"
    says = "How many learning events changed a model."


class AdaptationRate(OfLearning, Ratio):
    name = "adaptation_rate"
    label = "Adaptation rate"
    says = "The share of adaptations among the learning events."
    splits = ("domain", "service", "agent")
    bounds = (0.0, 1.0)
    part, whole = ("learning_events", "n", "adaptation"), ("learning_events", "n", "")


METRICS = (
    LearningEvents, LearningFeedback, LearningCorrect, Accuracy, FeedbackRate, UnjudgedRate, LearningImproved,
    ImprovementRate, LearningConfidence, LearningRating, LearningMs, LearningP95, LearningTokens, LearningCost,
    CostPerEvent, CostPerImprovement, LearningModelUpdates, AdaptationRate,
)  # fmt: skip
