"""One tenant's things of every kind that an id can name, and ids like them that name nothing."""

import base64
import hashlib
import json
import secrets
from typing import Any
from uuid import UUID

from django.db import connection
from django_tenants.utils import tenant_context

from events import relay
from memory import transfers
from memory.tiers.objects import Objects
from memory.upkeep import embed
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller


class World:
    """A tenant with one of everything, a caller in it, and its canary: a word that nobody else has."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.canary = tenant, f"canary{secrets.token_hex(8)}"
        self.caller = Caller(keys.issue(tenant, "sweep")[1])
        self.things = self._names()
        self.things |= self._memories()
        self.things |= self._cursors()
        with tenant_context(tenant):
            embed.pending()
        relay.drain()

    def _names(self) -> dict[str, Any]:
        kinds = ("user", "agent", "talk", "namespace", "tag", "person")
        names = {kind: f"{kind}-{self.canary}" for kind in kinds}
        return names | {"filter": {"user_id": names["user"]}, "number": 1}

    def _memories(self) -> dict[str, Any]:
        her = {"user_id": self.things["user"], "agent_id": self.things["agent"]}
        of_talk = her | {"session_id": self.things["talk"]}
        labels = {"tags": [self.things["tag"]], "people": [self.things["person"]]}
        say = self.caller.remember
        found = {"memory": say(f"{self.canary} takes tea.", metadata={"a": self.canary}, **her, **labels)}
        self._made("PATCH", f"memories/{found['memory']}", {"content": f"{self.canary} takes tea with milk."})
        found["other"] = say(f"{self.canary} has a cat.", namespace=self.things["namespace"], **her)
        tied = {"source": found["memory"], "target": found["other"], "type": "supports"}
        found["relation"] = self._made("POST", "relations", tied)["id"]
        self._made("POST", "relations", tied | {"type": "causes"})
        found["session"] = self._made("POST", "sessions", of_talk | {"title": self.canary})["id"]
        self._made("POST", "sessions", of_talk | {"session_id": "second"})
        said = {"role": "user", **of_talk}
        found["message"] = self._made("POST", "messages", said | {"content": f"{self.canary} says hello."})["id"]
        self._made("POST", "messages", said | {"content": f"{self.canary} says goodbye."})
        say(f"{self.canary} was wrong.", **her, tags=["wrong"])
        found["batch"] = self._made("POST", "memories/delete", {"tag": "wrong", "confirm_count": 1})["batch"]
        cold = say(f"{self.canary} has moved.", **her)
        self._made("POST", f"memories/{cold}/archive")
        return found | {"cold": cold} | self._transfers()

    def _transfers(self) -> dict[str, Any]:
        exports = [self._made("POST", "exports", {})["id"] for _ in range(2)]
        csv = [self.caller.raw("POST", "imports", f"content\n{self.canary} {i}\n".encode(), **CSV) for i in range(2)]
        with tenant_context(self.tenant):
            transfers.pending()
        return {"export": exports[0], "import": csv[0].json()["id"]}

    def _cursors(self) -> dict[str, Any]:
        self.caller.remember("x", user_id=f"v-{self.canary}", namespace=f"n-{self.canary}")
        lists = {
            "cursor": "memories?", "cursor_of_relations": "relations?", "cursor_of_sessions": "sessions?",
            "cursor_of_talk": f"messages?session_id={self.things['talk']}&user_id={self.things['user']}&",
            "cursor_of_names": "entities?type=user&",
            "cursor_of_exports": "exports?", "cursor_of_imports": "imports?",
        }  # fmt: skip
        return {kind: self._made("GET", f"{path}limit=1")["next_cursor"] for kind, path in lists.items()}

    def _made(self, method: str, path: str, body: Any = None) -> Any:
        status, told = self.caller.call(method, path, body)
        assert status < 300, (method, path, told)
        return told.get("data", [told])[0] if method == "POST" and "data" in told else told


CSV = {"Content-Type": "text/csv"}


def like(value: Any) -> Any:
    """Something of the same form that nobody has: an id of the same moment, a name that differs at its end."""
    if isinstance(value, dict):
        return {name: like(inner) for name, inner in value.items()}
    if not isinstance(value, str):
        return value
    return _id_like(value) or _cursor_like(value) or f"{value[:-4]}{secrets.token_hex(2)}"


def _id_like(text: str) -> str:
    try:
        return str(_same_moment(UUID(text)))
    except ValueError:
        return ""


def _same_moment(id: UUID) -> UUID:
    return UUID(int=(id.int & ~((1 << 62) - 1)) | secrets.randbits(62))


def _cursor_like(text: str) -> str:
    """A cursor holds an id, or a list of values one of which may be an id."""
    try:
        raw = base64.urlsafe_b64decode(text + "==")
        if len(raw) == 16:
            return _packed(_same_moment(UUID(bytes=raw)).bytes)
        values = json.loads(raw)
    except ValueError:
        return ""
    return _packed(json.dumps([like(v) for v in values], ensure_ascii=False, separators=(",", ":")).encode())


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


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
