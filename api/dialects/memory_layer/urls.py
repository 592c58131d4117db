"""The routes of AI Memory Layer. Those of `at_root` also stand at the root, where they clash with nothing."""

from django.urls import URLPattern

from api.dialects.memory_layer.views import admin, batches, conversations, memory, messages
from api.dialects.memory_layer.views.base import MemoryLayerView
from api.routes import both

TITLE = "AI Memory Layer"
VIEW = MemoryLayerView

at_root: list[URLPattern] = [
    *both("v1/messages", messages.Messages.as_view()),
    *both("v1/messages/batch", batches.Batch.as_view()),
    *both("v1/messages/batch/update", batches.BatchUpdate.as_view()),
    *both("v1/messages/batch/delete", batches.BatchDelete.as_view()),
    *both("v1/messages/<str:message_id>", messages.Message.as_view()),
    *both("v1/memory/search", memory.Search.as_view()),
    *both("v1/admin/retention/run", memory.Retention.as_view()),
    *both("v1/admin/retention/rules", memory.Rules.as_view()),
    *both("v1/admin/retention/rules/<str:rule_id>", memory.OneRule.as_view()),
    *both("v1/conversations", conversations.Conversations.as_view()),
    *both("v1/conversations/<str:conversation_id>", conversations.Conversation.as_view()),
    *both("v1/analytics/overview", conversations.Overview.as_view()),
    *both("v1/admin/health", admin.Health.as_view()),
    *both("v1/admin/readiness", admin.Readiness.as_view()),
]
urlpatterns: list[URLPattern] = [
    *at_root,
    *both("metrics", admin.Metrics.as_view()),  # at the root these are the house's own
]
