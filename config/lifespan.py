"""What the server tells of its own life by ASGI: before it stops, what was noted is written."""

from collections.abc import Awaitable, Callable
from typing import Any

from analytics import noting
from tenants.channels import in_public


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Nothing is to be started here; the last requests are answered when the server says that it shuts down."""
    while (message := await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await in_public(noting.settle)  # which enters each tenant by itself
    await send({"type": message["type"] + ".complete"})
