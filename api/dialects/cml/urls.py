"""The routes of Cognitive Memory Layer, a list a subject; those of `at_root` also stand at the root.

The native API stands before them, so `GET /api/v1/…` of its own names stays its own.
"""

from django.urls import URLPattern

from api.dialects.cml.views import changing, health, memory, sessions
from api.routes import both

TITLE = "Cognitive Memory Layer"

core: list[URLPattern] = [
    *both("api/v1/health", health.Health.as_view()),
    *both("api/v1/memory/write", memory.Write.as_view()),
    *both("api/v1/memory/write_batch", memory.WriteBatch.as_view()),
    *both("api/v1/memory/read", memory.Read.as_view()),
    *both("api/v1/memory/read/stream", memory.ReadStream.as_view()),
    *both("api/v1/memory/turn", memory.Turn.as_view()),
    *both("api/v1/memory/update", changing.Update.as_view()),
    *both("api/v1/memory/forget", changing.Forget.as_view()),
    *both("api/v1/memory/all", changing.All.as_view()),
    *both("api/v1/memory/stats", changing.Stats.as_view()),
    *both("api/v1/session/create", sessions.CreateSession.as_view()),
    *both("api/v1/session/<str:session_id>/write", sessions.SessionWrite.as_view()),
    *both("api/v1/session/<str:session_id>/read", sessions.SessionRead.as_view()),
    *both("api/v1/session/<str:session_id>/context", sessions.SessionContext.as_view()),
]
dashboard: list[URLPattern] = []
admin: list[URLPattern] = []
at_root: list[URLPattern] = [*core, *dashboard, *admin]
urlpatterns: list[URLPattern] = [*at_root]
