"""Routes of HippocampAI, the rest: policies and tasks, and what has a router of its own there."""

from django.urls import URLPattern

from api.dialects.hippocampai.views import policies, tasks
from api.routes import both

automation: list[URLPattern] = [
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
rooms: list[URLPattern] = []
