"""The routes of HippocampAI. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.hippocampai.views import policies, tasks
from api.routes import both

TITLE = "HippocampAI"

# A list for each subject: what the client calls, and what the servers have besides.
memories: list[URLPattern] = []  # remember, recall, read, change, delete, batches
upkeep: list[URLPattern] = []  # deduplicate, consolidate, clean up, lifecycle, conflicts
insight: list[URLPattern] = []  # statistics, explanations, health
automation: list[URLPattern] = [  # policies, tasks, runs
    *both("api/v1/users/<path:user_id>/policy", policies.UserPolicy.as_view()),
    *both("api/v1/users/<path:user_id>/statistics", policies.UserStatistics.as_view()),
    *both("api/v1/users/<path:user_id>/tasks", tasks.UserTasks.as_view()),
    *both("users/<path:user_id>/policy", policies.UserPolicy.as_view()),
    *both("users/<path:user_id>/statistics", policies.UserStatistics.as_view()),
    *both("api/v1/tasks/status/<str:task_id>", tasks.TaskStatus.as_view()),
    *both("api/v1/tasks/cancel/<str:task_id>", tasks.CancelTask.as_view()),
    *both("api/v1/tasks/inspect/stats", tasks.Inspect.as_view()),
    *both("api/v1/tasks/inspect/queues", tasks.Queues.as_view()),
    *both("api/v1/tasks/scheduled", tasks.Scheduled.as_view()),
    *both("api/v1/tasks/scheduled/<str:task_name>/run", tasks.RunScheduled.as_view()),
]
rooms: list[URLPattern] = []  # sessions, usage, keys, and what else has a router of its own

at_root: list[URLPattern] = [*memories, *upkeep, *insight, *automation]
urlpatterns: list[URLPattern] = [*at_root, *rooms]
