"""One tenant with one of everything that an id can name, and a hash of all that it has."""

import hashlib
import secrets
from typing import Any
from uuid import uuid4

from django.db import connection

from api.selftest import planting
from api.selftest.ghosts import like
from memory.tiers.objects import Objects
from tenants import keys, members
from tenants.models import Tenant
from tests.conftest import Caller

__all__ = ["World", "fingerprint", "like"]


class World:
    """A tenant with one of everything, a caller in it, and its canary: a word that nobody else has."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.canary = tenant, f"canary{secrets.token_hex(8)}"
        key, text = keys.issue(tenant, "sweep")
        self.caller = Caller(text)
        self.operator = Caller(keys.issue(None, "operator", ["platform"])[1])
        self.things = planting.plant(tenant, self.canary, self._call)
        self.things |= {"nobody": str(uuid4()), "actor": f"key:{key.public}"}  # nobody: what belongs to no tenant
        member = members.add(tenant, f"{self.canary}@example.org", "viewer", by="owner")
        self.things |= {"key": str(keys.issue(tenant, self.canary)[0].pk), "member": str(member.user_id)}
        self.things |= self._sent()

    def _sent(self) -> dict[str, Any]:
        """A request of its own id, with an Idempotency-Key that is used up."""
        told = {"idempotency": f"once-{self.canary}", "request": f"request-{self.canary}"}
        sent = {"Idempotency-Key": told["idempotency"], "X-Request-Id": told["request"]}
        assert self.caller.raw("POST", "memories", b'{"content": "Said once."}', **sent).status_code == 201
        return told

    def _call(self, method: str, path: str, body: bytes, content_type: str) -> tuple[int, Any]:
        answer = self.caller.raw(method, path, body, **{"Content-Type": content_type})
        return answer.status_code, answer.json()


def fingerprint(tenant: Tenant) -> str:
    """A hash of all that a tenant has: each row of its schema, its rows of `public`, and its objects."""
    with connection.cursor() as cursor:
        cursor.execute(_rows_of(tenant))
        rows = cursor.fetchall()
    objects = [found for store in ("cold", "transfers") for found in Objects(store).under(f"v1/{tenant.id}")]
    return hashlib.sha256(repr((rows, objects)).encode()).hexdigest()


def _rows_of(tenant: Tenant) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name, bool_or(column_name = 'tenant_id') FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name) WHERE table_type = 'BASE TABLE'"
            " AND table_schema IN (%s, 'public') GROUP BY 1, 2 ORDER BY 1, 2",
            [tenant.schema_name],
        )
        tables = [(schema, name) for schema, name, named in cursor.fetchall() if schema != "public" or named]
    hashed = "SELECT '{1}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{0}\".\"{1}\" t"
    mine = f" WHERE tenant_id::text = '{tenant.id}'"
    return " UNION ALL ".join(hashed.format(s, name) + (mine if s == "public" else "") for s, name in tables)
