"""The two sides of a self-test: a scratch tenant each, a key, a canary, and what was planted."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from api.selftest import ghosts, planting
from api.selftest.doors import Answer, ask
from memory.tiers import cold, hot
from memory.transfers import objects as files
from tenants import keys, scratch
from tenants.models import Tenant


@dataclass
class Side:
    name: str
    tenant: Tenant
    key: str
    canary: str
    things: dict[str, Any] = field(default_factory=dict)
    ghosts: dict[str, Any] = field(default_factory=dict)

    def ask(
        self, method: str, path: str, body: Any = None, *, prefix: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask the native API, with this side's key."""
        sent = b"" if body is None else json.dumps(body).encode()
        own = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        return ask(method, f"{prefix}/api/v1/{path}", own | (headers or {}), sent)

    def plant(self) -> None:
        def call(method: str, path: str, body: bytes, content_type: str) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": content_type}
            answer = ask(method, f"/api/v1/{path}", headers, body)
            return answer.status, json.loads(answer.body or b"null")

        self.things = planting.plant(self.tenant, self.canary, call) | {"slug": self.tenant.slug}
        self.things |= {"tenant": str(self.tenant.pk)}
        self.ghosts = {kind: ghosts.like(value) for kind, value in self.things.items()}


@contextmanager
def two_sides() -> Iterator[tuple[Side, Side]]:
    """Two tenants that are there for as long as the block runs."""
    opened: list[Side] = []
    try:
        for name in ("a", "b"):
            tenant = scratch.open_scratch()
            key = keys.issue(tenant, "self-test")[1]
            opened.append(Side(name, tenant, key, f"canary{secrets.token_hex(8)}"))
        for side in opened:
            side.plant()
        yield opened[0], opened[1]
    finally:
        for side in opened:
            drop(side.tenant)


def drop(tenant: Tenant) -> None:
    """A scratch tenant with all that it has anywhere. Its row goes last: what a crash leaves is found by it."""
    for store in (cold.objects, files):
        for name, _ in list(store.under(f"v1/{tenant.pk}")):
            store.delete(name)
    hot.forget(tenant.pk)
    scratch.drop(tenant.pk)
