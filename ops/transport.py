"""uvicorn's WebSocket, with an end: a peer that reads nothing keeps neither its connection nor its buffers.

uvicorn's `send` waits while more than 64 KiB are unsent, so a buffer is bounded. But it closes a transport only after
what is unsent was sent, which a stuck peer can put off for ever, and it answers pings however much is unsent.
"""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

ENDS_WITHIN = 15.0  # seconds from the application's end, or a ping that was not answered, to the connection's


class Transport(WebSocketsSansIOProtocol):
    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self._end_soon()

    async def send(self, message: ASGISendEvent) -> None:
        if self.close_sent and not self.initial_response:
            raise ClientDisconnected  # as where the peer closed
        await super().send(message)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1011})  # it would hear of it only at the end
        self._end_soon()

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()  # the pong; one that reads nothing needs none

    def _end_soon(self) -> None:
        if not self.disconnected:
            self.loop.call_later(ENDS_WITHIN, self.transport.abort)
