from analytics.models.count import Count
from analytics.models.insight import Insight
from analytics.models.learning import LearningEvent
from analytics.models.rolling import DirtyHour, Progress
from analytics.models.suggestion import Suggestion
from analytics.models.trace import Trace
from analytics.models.tracked import TrackedEvent

__all__ = ["Count", "DirtyHour", "Insight", "LearningEvent", "Progress", "Suggestion", "Trace", "TrackedEvent"]
