"""The one way from a coroutine to the database: enter the schema and run the function in a single sync hop.

Two coroutines that switched schemas and then awaited would read each other's rows, for their database work may
share a thread. So nothing else may switch schemas on behalf of a coroutine.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from channels.db import database_sync_to_async

from tenants.resolve import Speaker, speaking

T = TypeVar("T")


async def in_tenant(speaker: Speaker, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Await `function(*args, **kwargs)` as run by a thread that stands in the speaker's schema."""

    def hop() -> T:
        with speaking(speaker):
            return function(*args, **kwargs)

    return await database_sync_to_async(hop, thread_sensitive=False)()


async def in_public(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Await a function that only touches `public`."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
