"""The routes of HippocampAI. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.hippocampai import rooms as more
from api.dialects.hippocampai.views import (
    batches,
    conflicts,
    extracting,
    finding,
    health,
    lifecycle,
    monitoring,
    tidying,
)
from api.dialects.hippocampai.views import insight as asking
from api.dialects.hippocampai.views import memories as one
from api.dialects.hippocampai.views.base import HippocampView
from api.routes import both

TITLE = "HippocampAI"
VIEW = HippocampView

# A list for each subject: what the client calls, and what the servers have besides.
spoken: list[URLPattern] = [
    *both("v1/memories:remember", one.Remember.as_view()),
    *both("v1/memories:recall", finding.Recall.as_view()),
    *both("v1/memories:get", finding.Get.as_view()),
    *both("v1/memories:update", one.Update.as_view()),
    *both("v1/memories:delete", one.Delete.as_view()),
    *both("v1/memories:extract", extracting.Extract.as_view()),
]
memories: list[URLPattern] = [
    *both("v1/memories", one.Memories.as_view()),
    *both("v1/memories/recall", finding.Recall.as_view()),
    *both("v1/memories/query", finding.Query.as_view()),
    *both("v1/memories/extract", extracting.Extract.as_view()),
    *both("v1/memories/batch", batches.Batch.as_view()),
    *both("v1/memories/batch/get", batches.BatchGet.as_view()),
    *both("v1/memories/batch/delete", batches.BatchDelete.as_view()),
    *both("v1/classify", extracting.Classify.as_view()),
]
upkeep: list[URLPattern] = [
    *both("v1/memories/deduplicate", tidying.Deduplicate.as_view()),
    *both("v1/memories/consolidate", tidying.Consolidate.as_view()),
    *both("v1/memories/cleanup", tidying.Cleanup.as_view()),
    *both("v1/memories/expire", tidying.Cleanup.as_view()),
    *both("v1/memories:expire", tidying.Cleanup.as_view()),
    *both("v1/background/status", tidying.Background.as_view()),
    *both("v1/background/dedup/trigger", tidying.TriggerDeduplicate.as_view()),
    *both("v1/background/consolidate/trigger", tidying.TriggerConsolidate.as_view()),
    *both("v1/conflicts/detect", conflicts.Detect.as_view()),
    *both("v1/conflicts/resolve", conflicts.Resolve.as_view()),
    *both("v1/lifecycle/temperature/<str:memory_id>", lifecycle.Temperature.as_view()),
    *both("v1/lifecycle/migrate", lifecycle.Migrate.as_view()),
    *both("v1/lifecycle/stats", lifecycle.TierStats.as_view()),
]
insight: list[URLPattern] = [
    *both("health", health.Health.as_view()),
    *both("healthz", health.Health.as_view()),
    *both("stats", monitoring.Stats.as_view()),
    *both("v1/memories/analytics", monitoring.Analytics.as_view()),
    *both("v1/observability/explain", asking.Explain.as_view()),
    *both("v1/observability/visualize", asking.Visualize.as_view()),
    *both("v1/observability/heatmap", asking.Heatmap.as_view()),
    *both("v1/observability/profile", asking.Profile.as_view()),
    *both("v1/temporal/freshness", asking.Freshness.as_view()),
    *both("v1/temporal/decay", asking.Decay.as_view()),
    *both("v1/temporal/forecast", asking.Forecast.as_view()),
    *both("v1/temporal/context-window", asking.ContextWindow.as_view()),
    *both("v1/health/score", asking.Score.as_view()),
    *both("v1/provenance/track", monitoring.Provenance.as_view()),
    *both("v1/monitoring/events", monitoring.Events.as_view()),
    *both("v1/monitoring/stats", monitoring.Monitoring.as_view()),
    *both("v1/monitoring/access-pattern", monitoring.AccessPattern.as_view()),
    *both("v1/monitoring/access-patterns", monitoring.AccessPatterns.as_view()),
    *both("v1/monitoring/health-history", monitoring.HealthHistory.as_view()),
]
last: list[URLPattern] = both("v1/memories/<str:memory_id>", one.Memory.as_view())  # what is no other route's name

at_root: list[URLPattern] = [*spoken, *more.automation]
urlpatterns: list[URLPattern] = [
    *at_root,
    *memories,
    *upkeep,
    *insight,
    *more.of_users,
    *more.rooms,
    *last,
]
