"""The routes of HippocampAI. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.hippocampai import rooms as more
from api.dialects.hippocampai.views import batches, extracting, finding, health
from api.dialects.hippocampai.views import memories as one
from api.routes import both

TITLE = "HippocampAI"

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
upkeep: list[URLPattern] = []  # deduplicate, consolidate, clean up, lifecycle, conflicts
insight: list[URLPattern] = [
    *both("health", health.Health.as_view()),
    *both("healthz", health.Health.as_view()),
]
last: list[URLPattern] = both("v1/memories/<str:memory_id>", one.Memory.as_view())  # what is no other route's name

at_root: list[URLPattern] = [*spoken, *more.automation]
urlpatterns: list[URLPattern] = [*spoken, *memories, *upkeep, *insight, *more.automation, *more.rooms, *last]
