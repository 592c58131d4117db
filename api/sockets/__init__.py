"""/ws: the feed as it moves, for agents, services and the console. docs/sockets.md is the protocol."""

from typing import Any

from django.urls import path

from api.sockets.consumer import serve

__all__ = ["serve", "websocket_urlpatterns"]

_door: Any = serve  # an ASGI application, where Django knows views
websocket_urlpatterns = [path("ws", _door), path("ws/", _door)]
