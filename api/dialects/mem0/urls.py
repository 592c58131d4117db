"""The routes of mem0. None stands at the root: `/v1/memories/` means another thing there."""

from django.urls import URLPattern, path

from api.dialects.mem0.views import entities, exports, many, memories, projects, webhooks
from api.dialects.mem0.views.base import Mem0View, Nowhere
from api.routes import both

TITLE = "mem0"
VIEW = Mem0View
PROJECTS = "api/v1/orgs/organizations/<str:org_id>/projects"

at_root: list[URLPattern] = []
urlpatterns: list[URLPattern] = [
    *both("v1/ping", projects.Ping.as_view()),
    *both("v3/memories/add", memories.Add.as_view()),
    *both("v3/memories/search", memories.Search.as_view()),
    *both("v3/memories", memories.Listed.as_view()),
    *both("v2/memories/search", memories.SearchOfTwo.as_view()),
    *both("v2/memories", memories.Listed.as_view()),
    *both("v1/memories/search", memories.Search.as_view()),
    *both("v1/memories", memories.Memories.as_view()),
    *both("v1/memories/<uuid:memory_id>/history", memories.History.as_view()),
    *both("v1/memories/<uuid:memory_id>", memories.OneMemory.as_view()),
    *both("v1/batch", many.Batch.as_view()),
    *both("v1/event/<uuid:event_id>", many.Event.as_view()),
    *both("v1/feedback", many.Feedback.as_view()),
    *both("v1/entities", entities.Entities.as_view()),
    *both("v2/entities/user/<path:name>/profile", entities.Profile.as_view()),
    *both("v2/entities/user/<path:name>", entities.OneEntity.as_view(type="user")),
    *both("v2/entities/agent/<path:name>", entities.OneEntity.as_view(type="agent")),
    *both("v2/entities/app/<path:name>", entities.OneEntity.as_view(type="namespace")),
    *both("v2/entities/run/<path:name>", entities.OneEntity.as_view(type="session")),
    *both("v2/profiles/jobs", entities.Jobs.as_view()),
    *both("v2/profiles/jobs/<uuid:job_id>", entities.Job.as_view()),
    *both("v2/profiles/settings", entities.Settings.as_view()),
    *both("v1/exports/get", exports.Exported.as_view()),
    *both("v1/exports", exports.Exports.as_view()),
    *both("v1/summary", exports.Summary.as_view()),
    *both(PROJECTS, projects.Projects.as_view()),
    *both(f"{PROJECTS}/<str:project_id>/members", projects.Members.as_view()),
    *both(f"{PROJECTS}/<str:project_id>", projects.Project.as_view()),
    *both("api/v1/webhooks/projects/<str:project_id>", webhooks.Webhooks.as_view()),
    *both("api/v1/webhooks/<uuid:webhook_id>", webhooks.OneWebhook.as_view()),
    path("<path:anything>", Nowhere.as_view()),
]
