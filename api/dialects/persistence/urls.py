"""The routes of the Persistence Service. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.persistence.views import analytics, health, learning, memory
from api.dialects.persistence.views.base import PersistenceView
from api.routes import both

TITLE = "Memory Persistence Service"
VIEW = PersistenceView

at_root: list[URLPattern] = [
    *both("api/memory", memory.Memories.as_view()),
    *both("api/memory/query", memory.MemoryQuery.as_view()),
    *both("api/memory/search/similarity", memory.Similarity.as_view()),
    *both("api/memory/aggregations", memory.Aggregations.as_view()),
    *both("api/memory/relationships", memory.Relationships.as_view()),
    *both("api/memory/archive", memory.Archive.as_view()),
    *both("api/memory/<str:memory_id>", memory.OneMemory.as_view()),
    *both("api/memory/<str:memory_id>/related", memory.Related.as_view()),
    *both("api/learning/events", learning.LearningEvents.as_view()),
    *both("api/learning/history", learning.History.as_view()),
    *both("api/learning/patterns/<path:domain>", learning.Patterns.as_view()),
    *both("api/learning/metrics/<path:domain>", learning.LearningMetrics.as_view()),
    *both("api/learning/trends/<path:domain>", learning.Trends.as_view()),
    *both("api/learning/recommendations/<path:domain>", learning.Recommendations.as_view()),
    *both("api/learning/feedback", learning.Feedback.as_view()),
    *both("api/learning/dashboard", learning.LearningDashboard.as_view()),
    *both("api/analytics/query", analytics.MetricsQuery.as_view()),
    *both("api/analytics/metrics/<path:domain>", analytics.BusinessMetrics.as_view()),
    *both("api/analytics/dashboard", analytics.AnalyticsDashboard.as_view()),
    *both("api/analytics/reports/<str:type>/<path:domain>", analytics.OneReport.as_view()),
    *both("api/analytics/events", analytics.TrackedEvents.as_view()),
    *both("api/analytics/insights", analytics.Insights.as_view()),
    *both("api/analytics/realtime", analytics.Realtime.as_view()),
    *both("api/analytics/export", analytics.DataExport.as_view()),
]
# Others have a /health too.
urlpatterns: list[URLPattern] = [*at_root, *both("health", health.Health.as_view())]
