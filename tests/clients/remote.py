"""A real client in its own environment, driven as if it were here: `client.add("I love pizza")`.

Which methods were driven is remembered, so that a test can see that none was forgotten.
"""

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.clients.environments import Environment

AGENT = Path(__file__).with_name("agent.py")


class Raised(Exception):
    """What a client raised: its class and its words."""

    def __init__(self, kind: str, said: str, fields: dict[str, Any]) -> None:
        super().__init__(f"{kind}: {said}")
        self.kind, self.said, self.fields = kind, said, fields


class Agent:
    """A process in a client's environment."""

    def __init__(self, environment: Environment, home: Path, **env: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        told = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*"} | env
        self.driven: set[str] = set()
        self.errors = (home / "stderr").open("w+")
        self.process = subprocess.Popen(
            [str(environment.make().python), str(AGENT), *environment.shells],
            cwd=home, env=told, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )  # fmt: skip

    def tell(self, **order: Any) -> Any:
        """Raises Raised."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order, default=_plain) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the agent is gone: {Path(self.errors.name).read_text()[-2000:]}")
        answer = json.loads(line)
        if "raised" in answer:
            raise Raised(answer["raised"], answer["said"], answer["fields"])
        value = answer["value"]
        return Remote(self, value["$object"]) if isinstance(value, dict) and "$object" in value else value

    def open(self, name: str, of: str, *args: Any, **kwargs: Any) -> "Remote":
        """An object of the class `package.module:Class`; an asynchronous one is entered."""
        self.tell(open=name, of=of, args=args, kwargs=kwargs)
        return Remote(self, name)

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)
        self.errors.close()


class Remote:
    """An object of an agent: its attributes are methods, and theirs too, as in `client.project.get()`."""

    def __init__(self, agent: Agent, name: str, path: str = "") -> None:
        self._agent, self._name, self._path = agent, name, path

    def __getattr__(self, part: str) -> "Remote":
        return Remote(self._agent, self._name, f"{self._path}.{part}".lstrip("."))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._agent.driven.add(self._path)
        return self._agent.tell(call=self._path, on=self._name, args=args, kwargs=kwargs)

    def value(self) -> Any:
        """What the attribute itself is: `client.tenant_id.value()`."""
        return self._agent.tell(get=self._path, on=self._name)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, UUID):
        return {"$uuid": str(value)}
    if isinstance(value, Remote):
        return {"$object": value._name}
    raise TypeError(type(value))
