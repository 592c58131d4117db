"""How many sockets a web process bears: memory of each, and how soon a committed fact is told to all of them.

    .venv/bin/python benchmarks/sockets.py [--sockets 500] [--seconds 10] [--burst 100]

A house of its own (`manage.py up` over a temporary directory), the sockets all of one tenant, opened from this
process. The time of a fact is from the answer to its write, which is after its commit, to the frame in this process,
so the poke of the relay, the relay, the layer and the sending are in it. A slow reader is one of the sockets that reads
nothing. Memory is the resident set of the web process, before and with the sockets open.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.journeys.house import House  # noqa: E402


class Ears:
    """Open sockets, and when each number was heard on each of them."""

    def __init__(self, house: House, slow: int) -> None:
        self.url, self.key, self.slow = house.facts["url"].replace("http", "ws") + "/ws", house.facts["api_key"], slow
        self.heard: dict[str, list[float]] = {}
        self.open: list[ClientConnection] = []
        self.reading: list[asyncio.Task[None]] = []

    async def more(self, count: int, **subscription: Any) -> None:
        for start in range(0, count, 50):
            await asyncio.gather(*(self._one(**subscription) for _ in range(min(50, count - start))))

    async def _one(self, **subscription: Any) -> None:
        headers = {"Authorization": f"Bearer {self.key}"}
        socket = await connect(self.url, additional_headers=headers, proxy=None, compression=None)
        await socket.recv()
        if subscription:
            await socket.send(json.dumps({"type": "subscribe", **subscription}))
            while json.loads(await socket.recv())["type"] != "subscribed":
                pass
        self.open.append(socket)
        if len(self.open) > self.slow:
            self.reading.append(asyncio.ensure_future(self._read(socket)))

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            at = time.perf_counter()
            frame = json.loads(text)
            if frame["type"] == "sync" and frame["event"]["type"] == "memory.created":
                self.heard.setdefault(frame["event"]["subject"]["id"], []).append(at)

    async def close(self) -> None:
        for task in self.reading:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in self.open), return_exceptions=True)


async def write(api: httpx.AsyncClient, texts: list[str]) -> dict[str, float]:
    """When each memory was known to be committed."""
    answer = await api.post("memories", json={"memories": [{"content": text} for text in texts]})
    at = time.perf_counter()
    return {told["id"]: at for told in answer.json()["data"]}


async def told(ears: Ears, api: httpx.AsyncClient, rounds: list[list[str]], listeners: int) -> list[float]:
    """Milliseconds from each commit to each socket that hears of it."""
    committed: dict[str, float] = {}
    for texts in rounds:
        committed |= await write(api, texts)
        await asyncio.sleep(1)
    until = time.perf_counter() + 20
    while any(len(ears.heard.get(id, ())) < listeners for id in committed) and time.perf_counter() < until:
        await asyncio.sleep(0.1)
    return [1000 * (at - began) for id, began in committed.items() for at in ears.heard.get(id, ())]


def say(name: str, took: list[float], expected: int) -> None:
    if not took:
        print(f"{name:52} nothing was heard")
        return
    p95 = statistics.quantiles(took, n=20)[-1]
    print(
        f"{name:52} p50 {statistics.median(took):7.0f} ms  p95 {p95:7.0f} ms  most {max(took):7.0f} ms"
        f"  ({len(took)} of {expected} frames)",
        flush=True,
    )


async def measure(house: House, options: argparse.Namespace, slow: int, **subscription: Any) -> None:
    web = next(process for process in house.running("uvicorn", "config.asgi"))
    headers = {"Authorization": f"Bearer {house.facts['api_key']}"}
    base = f"{house.facts['url']}/api/v1/"
    ears, how = Ears(house, slow), "a subscription" if subscription else "everything"
    how += f", {slow} slow" if slow else ""
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, timeout=60) as api:
        before = psutil.Process(web.pid).memory_info().rss
        began = time.perf_counter()
        await ears.more(options.sockets, **subscription)
        opened = time.perf_counter() - began
        rss = psutil.Process(web.pid).memory_info().rss
        print(
            f"{options.sockets} sockets, {how}: opened in {opened:.1f} s, web {before >> 20} MiB before,"
            f" {rss >> 20} MiB with them, {(rss - before) / options.sockets / 1024:.1f} KiB each"
        )
        listeners, stamp = options.sockets - slow, f"{how} {time.time()}"
        ones = await told(ears, api, [[f"{stamp} {i}"] for i in range(options.seconds)], listeners)
        say("  one write a second", ones, options.seconds * listeners)
        busy = sum(psutil.Process(web.pid).cpu_times()[:2])
        many = await told(ears, api, [[f"{stamp} burst {i}" for i in range(options.burst)]], listeners)
        say(f"  {options.burst} writes at once", many, options.burst * listeners)
        busy = sum(psutil.Process(web.pid).cpu_times()[:2]) - busy
        most = psutil.Process(web.pid).memory_info().rss
        print(f"  web afterwards {most >> 20} MiB; the burst took {busy:.1f} s of its CPU")
    await ears.close()
    await asyncio.sleep(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--burst", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="memhouse-sockets-") as var:
        house = House(Path(var))
        house.env |= {"SOCKETS_PER_KEY": "2000", "SOCKETS_PER_TENANT": "2000", "GLOBAL_RATES": "read=9999999"}
        try:
            house.start()
            asyncio.run(measure(house, options, slow=0))
            asyncio.run(measure(house, options, slow=0, types=["memory.created"], users=[], namespaces=["default"]))
            asyncio.run(measure(house, options, slow=5))
        finally:
            house.stop()


if __name__ == "__main__":
    main()
