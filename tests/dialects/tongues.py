"""How each dialect, and the native API, writes a memory, reads it by its id, finds it, and deletes it: a class each.

What differs is said with each: whom it writes for, and what of a memory it can say and tell.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from django.conf import settings

from tests.conftest import Caller
from tests.dialects.speaking import Dialect, Keyed

Told = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A memory in the words of the house."""

    text: str = "Ada takes her tea without sugar."
    user: str = "ada"
    session: str = "breakfast"
    tags: tuple[str, ...] = ("kitchen", "tea")
    importance: float = 0.8
    kind: str = "procedure"  # the one that all know that know kinds as we do
    metadata: Told = field(default_factory=lambda: {"cup": "blue"})


class Tongue(ABC):
    """`says` is what a memory can be written with, `tells` what of it is answered by `read`: names of Said."""

    name: ClassVar[str]
    says: ClassVar[set[str]]
    tells: ClassVar[set[str]]
    knows_users = True  # it finds the memories of one user
    users_alone = False  # it reads what belongs to a user, and nothing else
    deletes = True
    scheme = "Bearer"

    def __init__(self, key: str) -> None:
        self.wire: Caller = Keyed(self.name, key) if self.scheme == "X-API-Key" else Dialect(self.name, key)
        self.wire.scheme = self.scheme

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What is answered; None where there is nothing."""
        status, told = self.wire.call(method, path, body, **headers)
        if status == 404:
            return None
        assert status < 300, (self.name, method, path, status, told)
        return told

    @abstractmethod
    def write(self, said: Said) -> str:
        """The id."""

    @abstractmethod
    def read(self, memory_id: str, user: str) -> Told | None:
        """What is told of it in the words of the house; None where there is nothing."""

    @abstractmethod
    def find(self, words: str, user: str) -> set[str]:
        """The ids of what is found."""

    @abstractmethod
    def delete(self, memory_id: str, user: str) -> None:
        """Of a tongue that `deletes`."""


class Native(Tongue):
    name = "native"
    says = tells = {"text", "user", "session", "tags", "importance", "kind", "metadata"}

    def __init__(self, key: str) -> None:
        self.wire = Caller(key)

    def write(self, said: Said) -> str:
        scope = {"user_id": said.user, "session_id": said.session}
        rest = {"tags": said.tags, "importance": said.importance, "kind": said.kind, "metadata": said.metadata}
        return self.ask("POST", "memories", {"content": said.text, **scope, **rest})["data"][0]["id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        told = self.ask("GET", f"memories/{memory_id}")
        return told and {
            "text": told["content"],
            "user": told["user_id"],
            "session": told["session_id"],
            "tags": tuple(told["tags"]),
            "importance": told["importance"],
            "kind": told["kind"],
            "metadata": told["metadata"],
        }

    def find(self, words: str, user: str) -> set[str]:
        found = self.ask("POST", "memories/search", {"query": words, "user_id": user})
        return {hit["id"] for hit in found["data"]}

    def delete(self, memory_id: str, user: str) -> None:
        self.ask("DELETE", f"memories/{memory_id}")


class InMemory(Tongue):
    """The user is named in body and query. There is no reading by id: the list of the user is read."""

    name = "inmemory"
    says = {"text", "user", "tags", "metadata"}
    tells = {"text", "user", "tags", "metadata"}
    users_alone = True

    def write(self, said: Said) -> str:
        body = {"memory_content": said.text, "user_id": said.user, "tags": ",".join(said.tags)}
        return self.ask("POST", "v1/memories/", body | {"metadata": said.metadata})["memory_id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        listed = self.ask("GET", f"v1/memories/?user_id={user}&limit=100&offset=0")["results"]
        told = next((each for each in listed if each["id"] == memory_id), None)
        return told and {
            "text": told["memory"],
            "user": told["user_id"],
            "tags": tuple(told["tags"]),
            "metadata": told["metadata"],
        }

    def find(self, words: str, user: str) -> set[str]:
        found = self.ask("POST", "v1/memories/search/", {"query": words, "user_id": user})
        return {result["id"] for result in found["results"]}

    def delete(self, memory_id: str, user: str) -> None:
        self.ask("DELETE", f"v1/memories/{memory_id}?user_id={user}")


class HippocampAI(Tongue):
    """Importance is 0 to 10. Who deletes need not say whose it is."""

    name = "hippocampai"
    says = tells = {"text", "user", "session", "tags", "importance", "kind", "metadata"}
    KINDS: ClassVar = {"procedure": "procedural"}

    def write(self, said: Said) -> str:
        body = {"text": said.text, "user_id": said.user, "session_id": said.session, "tags": said.tags}
        body |= {"importance": said.importance * 10, "type": self.KINDS[said.kind], "metadata": said.metadata}
        return self.ask("POST", "v1/memories:remember", body)["id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        told = self.ask("GET", f"v1/memories/{memory_id}")
        return told and {
            "text": told["text"],
            "user": told["user_id"],
            "session": told["session_id"],
            "tags": tuple(told["tags"]),
            "importance": told["importance"] / 10,
            "kind": {word: kind for kind, word in self.KINDS.items()}.get(told["type"], told["type"]),
            "metadata": told["metadata"],
        }

    def find(self, words: str, user: str) -> set[str]:
        found = self.ask("POST", "v1/memories:recall", {"query": words, "user_id": user, "k": 10})
        return {hit["memory"]["id"] for hit in found}

    def delete(self, memory_id: str, user: str) -> None:
        self.ask("DELETE", "v1/memories:delete", {"memory_id": memory_id})


class Cml(Tongue):
    """The user is named by a header, and need not be. Importance is told, and worked out when something is written."""

    name = "cml"
    scheme = "X-API-Key"
    says = {"text", "user", "session", "tags", "kind", "metadata"}
    tells = {"text", "session", "tags", "importance", "kind", "metadata"}

    def write(self, said: Said) -> str:
        body = {"content": said.text, "session_id": said.session, "context_tags": said.tags, "memory_type": said.kind}
        told = self.ask("POST", "api/v1/memory/write", body | {"metadata": said.metadata}, X_User_Id=said.user)
        return told["memory_id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        told = self.ask("GET", f"api/v1/dashboard/memories/{memory_id}")
        if told is None or told["status"] == "deleted":  # those are shown too
            return None
        return {
            "text": told["text"],
            "session": told["source_session_id"],
            "tags": tuple(told["context_tags"]),
            "importance": told["importance"],
            "kind": told["type"],
            "metadata": told["metadata"],
        }

    def find(self, words: str, user: str) -> set[str]:
        found = self.ask("POST", "api/v1/memory/read", {"query": words, "format": "list"}, X_User_Id=user)
        return {item["id"] for item in found["memories"]}

    def delete(self, memory_id: str, user: str) -> None:
        told = self.ask("POST", "api/v1/memory/forget", {"memory_ids": [memory_id], "action": "delete"})
        assert told["affected_count"] == 1


class Mem0(Tongue):
    """Tags are categories, a session is a run; all owners that it names narrow what it finds."""

    name = "mem0"
    scheme = "Token"
    says = tells = {"text", "user", "session", "tags", "metadata"}

    def write(self, said: Said) -> str:
        body = {"messages": [{"role": "user", "content": said.text}], "infer": False, "metadata": said.metadata}
        body |= {"user_id": said.user, "run_id": said.session, "categories": said.tags}
        return self.ask("POST", "v3/memories/add/", body)["results"][0]["id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        told = self.ask("GET", f"v1/memories/{memory_id}/")
        return told and {
            "text": told["memory"],
            "user": told["user_id"],
            "session": told["run_id"],
            "tags": tuple(told["categories"]),
            "metadata": told["metadata"],
        }

    def find(self, words: str, user: str) -> set[str]:
        body = {"query": words, "filters": {"user_id": user}, "threshold": 0}
        return {result["id"] for result in self.ask("POST", "v3/memories/search/", body)["results"]}

    def delete(self, memory_id: str, user: str) -> None:
        self.ask("DELETE", f"v1/memories/{memory_id}/")


class MemoryLayer(Tongue):
    """It has conversations and no users: what it writes is nobody's, and it finds what is anybody's."""

    name = "memory_layer"
    scheme = "X-API-Key"
    says = tells = {"text", "session", "importance", "metadata"}
    knows_users = False

    def write(self, said: Said) -> str:
        body = {"tenant_id": "acme", "conversation_id": said.session, "role": "user", "content": said.text}
        body |= {"metadata": said.metadata, "importance_override": said.importance}
        return self.ask("POST", "v1/messages", body)["id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        told = self.ask("GET", f"v1/messages/{memory_id}?tenant_id=acme")
        return told and {
            "text": told["content"],
            "session": told["conversation_id"],
            "importance": told["importance_score"],
            "metadata": told["message_metadata"],
        }

    def find(self, words: str, user: str) -> set[str]:
        found = self.ask("GET", f"v1/memory/search?tenant_id=acme&query={words}")
        return {item["message_id"] for item in found["items"]}

    def delete(self, memory_id: str, user: str) -> None:
        status, _ = self.wire.call("DELETE", f"v1/messages/{memory_id}?tenant_id=acme")
        assert status == 204


class Persistence(Tongue):
    """All is in the metadata: user, session, tags, and importance from 0 to 10. It has no way to delete."""

    name = "persistence"
    says = tells = {"text", "user", "session", "tags", "importance", "kind", "metadata"}
    deletes = False
    KINDS: ClassVar = {"procedure": "procedural"}
    OWN: ClassVar = {
        "timestamp", "version", "tags", "importance", "accessCount", "lastAccessed", "userId", "sessionId",
    }  # fmt: skip

    def write(self, said: Said) -> str:
        metadata = said.metadata | {"userId": said.user, "sessionId": said.session, "tags": said.tags}
        metadata |= {"importance": said.importance * 10, "version": 1, "accessCount": 0}
        body = {"serviceId": "kitchen", "agentId": "cook", "domain": "home", "memoryType": self.KINDS[said.kind]}
        return self.ask("POST", "api/memory", body | {"content": said.text, "metadata": metadata})["id"]

    def read(self, memory_id: str, user: str) -> Told | None:
        told = self.ask("GET", f"api/memory/{memory_id}")
        metadata = told and told["metadata"]
        return told and {
            "text": told["content"],
            "user": metadata.get("userId"),
            "session": metadata.get("sessionId"),
            "tags": tuple(metadata["tags"]),
            "importance": metadata["importance"] / 10,
            "kind": {word: kind for kind, word in self.KINDS.items()}.get(told["memoryType"], told["memoryType"]),
            "metadata": {name: value for name, value in metadata.items() if name not in self.OWN},
        }

    def find(self, words: str, user: str) -> set[str]:
        found = self.ask("POST", "api/memory/query", {"searchText": words, "userId": user})
        return {entry["id"] for entry in found["memories"]}

    def delete(self, memory_id: str, user: str) -> None:
        pytest.fail("it has no operation that deletes")


TONGUES: dict[str, type[Tongue]] = {
    tongue.name: tongue for tongue in (Native, InMemory, HippocampAI, Cml, Mem0, MemoryLayer, Persistence)
}
assert TONGUES.keys() == {"native", *settings.DIALECTS}, "each dialect has a tongue"
