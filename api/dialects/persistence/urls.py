"""The routes of the Persistence Service. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.persistence.views import health, memory
from api.routes import both

TITLE = "Memory Persistence Service"

at_root: list[URLPattern] = [
    *both("api/memory", memory.Memories.as_view()),
    *both("api/memory/query", memory.Query.as_view()),
    *both("api/memory/search/similarity", memory.Similarity.as_view()),
    *both("api/memory/aggregations", memory.Aggregations.as_view()),
    *both("api/memory/relationships", memory.Relationships.as_view()),
    *both("api/memory/archive", memory.Archive.as_view()),
    *both("api/memory/<str:memory_id>", memory.OneMemory.as_view()),
    *both("api/memory/<str:memory_id>/related", memory.Related.as_view()),
]
# Others have a /health too.
urlpatterns: list[URLPattern] = [*at_root, *both("health", health.Health.as_view())]
