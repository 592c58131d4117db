"""HTTP, in a thread of its own: letters go in, outcomes come out. Nothing here touches the database."""

import asyncio
import queue
import ssl
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from uuid import UUID

import httpx

from events.webhooks import addresses
from events.webhooks.errors import BadWebhook

CONNECT, TOTAL = 3.0, 15.0  # seconds; the total is of everything, however slowly bytes drip in
READ, KEPT = 65_536, 1_024  # bytes of an answer
TRIED = 3  # addresses of a host
# Threads that ask for names: a dead name server must not stop other webhooks, though one tenant may have 80 letters
# under way (claiming.OF_TENANT webhooks), whose threads go on asking for a while after the time of a letter is over.
RESOLVERS = 256


@dataclass(frozen=True)
class Letter:
    """One try of a delivery, ready to go."""

    delivery_id: UUID
    webhook_id: UUID
    lease: UUID
    attempts: int  # this one included
    url: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Outcome:
    """What came of a try. No status: no answer came, and `error` says why."""

    status: int | None = None
    error: str = ""
    response: str = ""  # its beginning
    retry_after: str = ""
    took_ms: int = 0
    began: float = field(default_factory=time.monotonic)

    def answered(self) -> None:
        self.took_ms = round((time.monotonic() - self.began) * 1000)


class Post:
    """Sends many letters at once, in a thread that begins with the first one. `back` gives those that are done."""

    def __init__(self) -> None:
        self.under_way = 0
        self._done: queue.SimpleQueue[tuple[Letter, Outcome]] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._resolvers = ThreadPoolExecutor(RESOLVERS, "resolve")
        self._loop.set_default_executor(self._resolvers)
        self._thread = threading.Thread(target=self._loop.run_forever, name="post", daemon=True)

    def __enter__(self) -> "Post":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(_hang_up(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        self._resolvers.shutdown(wait=False, cancel_futures=True)  # one may wait for a dead name server

    def send(self, letter: Letter) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self.under_way += 1
        asyncio.run_coroutine_threadsafe(self._send(letter), self._loop)

    def back(self, within: float) -> list[tuple[Letter, Outcome]]:
        """What is done, once something is; nothing after `within` seconds."""
        found = []
        try:
            found.append(self._done.get(timeout=within))
            while True:
                found.append(self._done.get_nowait())
        except queue.Empty:
            self.under_way -= len(found)
            return found

    async def _send(self, letter: Letter) -> None:
        self._done.put((letter, await sent(letter)))


async def _hang_up() -> None:
    """End what is still under way, when its worker cannot go on."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def sent(letter: Letter) -> Outcome:
    """Try once, for at most TOTAL seconds. Never raises: whatever goes wrong is told in the outcome."""
    outcome = Outcome()
    try:
        async with asyncio.timeout(TOTAL):
            await _try(letter, outcome)
    except Exception as error:
        if outcome.status is None:  # an answer that only does not end is one
            outcome.answered()
            outcome.error = _words(error)[:200].replace("\x00", "")
    return outcome


async def _try(letter: Letter, outcome: Outcome) -> None:
    url = addresses.check_url(letter.url)
    host, port = addresses.name_of(url), addresses.port_of(url)
    found = (await addresses.resolve(host, port))[:TRIED]
    for address in found[:-1]:
        try:
            return await _post(letter, url, address, outcome)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    return await _post(letter, url, found[-1], outcome)


async def _post(letter: Letter, url: httpx.URL, address: str, outcome: Outcome) -> None:
    """To this address, under the name that the URL has. A transport follows nothing, keeps no cookies, knows no proxy.

    No connection is kept for later: a kept one would be known by its address alone, and another name of that address
    would get it, whatever its certificate says.
    """
    request = httpx.Request(
        "POST",
        url.copy_with(host=address, fragment=None),
        content=letter.body,
        headers={"host": url.netloc.decode("ascii"), "accept-encoding": "identity", **letter.headers},
        extensions={
            "sni_hostname": addresses.name_of(url),
            "timeout": {"connect": CONNECT, "read": TOTAL, "write": TOTAL, "pool": TOTAL},
        },
    )
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    async with httpx.AsyncHTTPTransport(verify=_trust(), limits=limits) as transport:
        response = await transport.handle_async_request(request)
        outcome.status, outcome.retry_after = response.status_code, response.headers.get("retry-after", "")
        outcome.answered()
        await _read(response, outcome)


async def _read(response: httpx.Response, outcome: Outcome) -> None:
    """As it comes, packed or not: what is unpacked may be a thousand times larger."""
    got = b""
    async for chunk in _chunks(response):
        got += chunk
        outcome.response = got[:KEPT].decode(errors="replace").replace("\x00", "")
        if len(got) >= READ:
            break
    await response.aclose()


def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return aiter(response.stream)


def _words(error: Exception) -> str:
    if isinstance(error, BadWebhook):
        return str(error)
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        connecting = isinstance(error, httpx.ConnectTimeout)
        return f"no connection within {CONNECT:.0f} s" if connecting else f"no answer within {TOTAL:.0f} s"
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {error}"
    if isinstance(error, OSError | UnicodeError):
        return "its host is not known"
    return f"no answer: {type(error).__name__}"


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The certificates that are trusted: certifi's, or those of SSL_CERT_FILE."""
    return httpx.create_ssl_context()
