"""The routes of HippocampAI. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.hippocampai.views import (
    audit,
    batches,
    compaction,
    conflicts,
    consolidation,
    context,
    dashboard,
    errands,
    extracting,
    feedback,
    finding,
    healing,
    health,
    lifecycle,
    monitoring,
    policies,
    sessions,
    tasks,
    tidying,
    usage,
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
# At the root the native API answers these, which says the same and more.
of_users: list[URLPattern] = [
    *both("api/v1/users/<path:user_id>/policy", policies.UserPolicy.as_view()),
    *both("api/v1/users/<path:user_id>/statistics", policies.UserStatistics.as_view()),
    *both("api/v1/users/<path:user_id>/tasks", tasks.UserTasks.as_view()),
]
automation: list[URLPattern] = [
    *both("users/<path:user_id>/policy", policies.UserPolicy.as_view()),
    *both("users/<path:user_id>/statistics", policies.UserStatistics.as_view()),
    *both("api/v1/tasks/memory/create", errands.Create.as_view()),
    *both("api/v1/tasks/memory/batch-create", errands.BatchCreate.as_view()),
    *both("api/v1/tasks/memory/recall", errands.Recall.as_view()),
    *both("api/v1/tasks/memory/update", errands.Update.as_view()),
    *both("api/v1/tasks/memory/delete", errands.Delete.as_view()),
    *both("api/v1/tasks/status/<str:task_id>", tasks.TaskStatus.as_view()),
    *both("api/v1/tasks/cancel/<str:task_id>", tasks.CancelTask.as_view()),
    *both("api/v1/tasks/inspect/stats", tasks.Inspect.as_view()),
    *both("api/v1/tasks/inspect/queues", tasks.Queues.as_view()),
    *both("api/v1/tasks/scheduled", tasks.Scheduled.as_view()),
    *both("api/v1/tasks/scheduled/<str:task_name>/run", tasks.RunScheduled.as_view()),
]
routers: list[URLPattern] = [  # what has a router of its own there
    *both("api/sessions/list", sessions.Sessions.as_view()),
    *both("api/sessions/stats", sessions.Stats.as_view()),
    *both("api/sessions/soft-delete", sessions.SoftDelete.as_view()),
    *both("api/sessions/wipe-user-data", sessions.WipeUser.as_view()),
    *both("api/sessions/deleted/list", sessions.Deleted.as_view()),
    *both("api/sessions/restore", sessions.Restore.as_view()),
    *both("api/sessions/<path:session_id>", sessions.OneSession.as_view()),
    *both("v1/memories/<str:memory_id>/feedback", feedback.MemoryFeedback.as_view()),
    *both("v1/feedback/stats", feedback.FeedbackStats.as_view()),
    *both("api/compaction/compact", compaction.Compact.as_view()),
    *both("api/compaction/preview", compaction.Preview.as_view()),
    *both("api/compaction/types", compaction.Types.as_view()),
    *both("api/compaction/history", compaction.History.as_view()),
    *both("api/consolidation/status", consolidation.Status.as_view()),
    *both("api/consolidation/runs", consolidation.Runs.as_view()),
    *both("api/consolidation/runs/<str:run_id>", consolidation.OneRun.as_view()),
    *both("api/consolidation/stats", consolidation.Stats.as_view()),
    *both("api/consolidation/trigger", consolidation.Trigger.as_view()),
    *both("api/consolidation/config", consolidation.Config.as_view()),
    *both("api/consolidation/latest", consolidation.Latest.as_view()),
    *both("v1/context:assemble", context.Assemble.as_view()),
    *both("v1/context:assemble/text", context.AssembleText.as_view()),
    *both("v1/healing/health", healing.Health.as_view()),
    *both("v1/healing/health/stale", healing.Stale.as_view()),
    *both("v1/healing/health/duplicates", healing.Duplicates.as_view()),
    *both("v1/healing/health/gaps", healing.Gaps.as_view()),
    *both("v1/healing/cleanup", healing.Cleanup.as_view()),
    *both("v1/healing/deduplication", healing.Deduplication.as_view()),
    *both("v1/healing/consolidate", healing.Consolidate.as_view()),
    *both("v1/healing/importance", healing.Importance.as_view()),
    *both("v1/healing/full-check", healing.FullCheck.as_view()),
    *both("api/usage/me", usage.Me.as_view()),
    *both("api/usage/quotas", usage.Quotas.as_view()),
    *both("api/usage/platform", usage.Platform.as_view()),
    *both("api/usage/api-keys/<str:key_id>", usage.KeyUsage.as_view()),
    *both("api/audit/logs", audit.Logs.as_view()),
    *both("api/audit/logs/search", audit.Search.as_view()),
    *both("api/audit/logs/<str:event_id>", audit.OneEvent.as_view()),
    *both("api/audit/stats", audit.Stats.as_view()),
    *both("api/audit/actions", audit.Actions.as_view()),
    *both("api/audit/severities", audit.Severities.as_view()),
    *both("api/dashboard/stats", dashboard.Stats.as_view()),
    *both("api/dashboard/recent-activity", dashboard.Activity.as_view()),
]
last: list[URLPattern] = both("v1/memories/<str:memory_id>", one.Memory.as_view())  # what is no other route's name

at_root: list[URLPattern] = [*spoken, *automation]
urlpatterns: list[URLPattern] = [
    *at_root,
    *memories,
    *upkeep,
    *insight,
    *of_users,
    *routers,
    *last,
]
