"""/ws: the feed as it moves, for agents, services and the console. docs/sockets.md is the protocol."""

from django.urls import path

from api.sockets.consumer import FeedConsumer

__all__ = ["FeedConsumer", "websocket_urlpatterns"]

websocket_urlpatterns = [path("ws", FeedConsumer.as_asgi()), path("ws/", FeedConsumer.as_asgi())]
