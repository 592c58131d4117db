"""The routes of HippocampAI. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

TITLE = "HippocampAI"

# A list for each subject: what the client calls, and what the servers have besides.
memories: list[URLPattern] = []  # remember, recall, read, change, delete, batches
upkeep: list[URLPattern] = []  # deduplicate, consolidate, clean up, lifecycle, conflicts
insight: list[URLPattern] = []  # statistics, explanations, health
automation: list[URLPattern] = []  # policies, tasks, runs
rooms: list[URLPattern] = []  # sessions, usage, keys, and what else has a router of its own

at_root: list[URLPattern] = [*memories, *upkeep, *insight, *automation]
urlpatterns: list[URLPattern] = [*at_root, *rooms]
