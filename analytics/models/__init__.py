from analytics.models.count import Count
from analytics.models.insight import Insight
from analytics.models.learning import LearningEvent
from analytics.models.suggestion import Suggestion
from analytics.models.trace import Trace
from analytics.models.tracked import TrackedEvent

__all__ = ["Count", "Insight", "LearningEvent", "Suggestion", "Trace", "TrackedEvent"]
