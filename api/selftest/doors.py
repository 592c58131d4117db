"""The real doors from within this process: ASGI calls of the whole HTTP stack, and of /ws, with a credential."""

import asyncio
import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from channels.routing import URLRouter
from django.core.asgi import get_asgi_application

from api.sockets import websocket_urlpatterns

Message = dict[str, Any]
HOST = b"localhost"
WITHIN = 10.0  # seconds in which a socket answers


@dataclass(frozen=True)
class Answer:
    status: int
    headers: bytes
    body: bytes

    @property
    def text(self) -> str:
        return (self.headers + b"\n" + self.body).decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


@cache
def _http() -> Any:
    return get_asgi_application()


def ask(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Answer:
    """One HTTP request through every middleware to the view, and the whole answer, streams too."""
    return async_to_sync(_ask)(method, path, headers, body)


async def _ask(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    headers = headers | {"Content-Length": str(len(body))}
    told, sent = iter([{"type": "http.request", "body": body}]), Answered()
    forever = asyncio.Event()

    async def receive() -> Message:
        for message in told:
            return message
        await forever.wait()  # nobody hangs up
        raise AssertionError

    await _http()(_scope("http", path, headers) | {"method": method, "scheme": "http"}, receive, sent.send)
    return sent.answer()


class Answered:
    """What an application sends, piece by piece."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 0, b"", b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = b"\n".join(b": ".join(pair) for pair in message["headers"])
        else:
            self.body += message.get("body", b"")

    def answer(self) -> Answer:
        return Answer(self.status, self.headers, self.body)


def _scope(type: str, url: str, headers: dict[str, str]) -> Message:
    parts = urlsplit(url)
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": type, "path": parts.path, "raw_path": parts.path.encode(), "query_string": parts.query.encode(),
        "headers": [(b"host", HOST), *pairs], "client": ("127.0.0.1", 0), "server": ("localhost", 80),
        "http_version": "1.1", "subprotocols": [],
    }  # fmt: skip


class Closed(Exception):
    """The socket was closed, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """/ws, as a client sees it."""

    def __init__(self) -> None:
        self._in: asyncio.Queue[Message] = asyncio.Queue()
        self._out: asyncio.Queue[Message] = asyncio.Queue()
        served = URLRouter(websocket_urlpatterns)(_scope("websocket", "/ws", {}), self._in.get, self._out.put)
        self._serving = asyncio.ensure_future(served)
        self._in.put_nowait({"type": "websocket.connect"})

    def say(self, message: Message) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self, within: float = WITHIN) -> Message:
        """The next frame. Raises Closed, or TimeoutError."""
        while True:
            told = await asyncio.wait_for(self._out.get(), within)
            if told["type"] == "websocket.close":
                raise Closed(told.get("code", 1000))
            if told["type"] == "websocket.send":
                return json.loads(told["text"])

    async def close(self) -> None:
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait({self._serving}, timeout=WITHIN)
