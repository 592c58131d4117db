"""The routes of InMemory. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.inmemory.views import auth, memories, searches, service
from api.dialects.inmemory.views.base import InMemoryView
from api.routes import both

TITLE = "InMemory"
VIEW = InMemoryView

# All of them: what the document writes, and of its clients' routes none is anybody else's.
at_root: list[URLPattern] = [
    *both("v1/ping", service.Ping.as_view()),
    *both("v1/health", service.Health.as_view()),
    *both("v1/auth/validate", auth.Validate.as_view()),
    *both("v1/auth/generate-key", auth.GenerateKey.as_view()),
    *both("v1/auth/revoke-key", auth.RevokeKey.as_view()),
    *both("v1/search", searches.Search.as_view()),
    *both("v1/memories", memories.Memories.as_view()),
    *both("v1/memories/search", searches.SearchMemories.as_view()),
    *both("v1/memories/temporal-search", searches.TemporalSearch.as_view()),
    *both("v1/memories/tag-search", searches.TagSearch.as_view()),
    *both("v1/memories/people-search", searches.PeopleSearch.as_view()),
    *both("v1/memories/<str:memory_id>", memories.OneMemory.as_view()),
    *both("v1/stats", service.Stats.as_view()),
    *both("v1/users/current", service.CurrentUser.as_view()),
    *both("v1/users/<path:user_id>/stats", service.UserStats.as_view()),
]
urlpatterns: list[URLPattern] = [*at_root]
