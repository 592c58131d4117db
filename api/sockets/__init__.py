"""/ws: the feed as it moves, for agents, services and the console. docs/sockets.md is the protocol."""

from typing import Any

from django.urls import path, re_path

from api.sockets.consumer import nowhere, serve, serve_events

__all__ = ["serve", "websocket_urlpatterns"]

_door: Any = serve  # ASGI applications, where Django knows views
_wall: Any = nowhere
_events: Any = serve_events
# The second one is the Memory Persistence Service's.
websocket_urlpatterns = [
    path("ws", _door),
    path("ws/", _door),
    path("compat/persistence/ws", _events),
    path("compat/persistence/ws/", _events),
    re_path("", _wall),
]
