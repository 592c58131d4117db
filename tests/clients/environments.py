"""The environments of the real clients: one each, for their pins conflict; made once, under var/clients/."""

import fcntl
import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = ROOT / "var" / "clients"


@dataclass(frozen=True)
class Environment:
    """A published client: `alone` are packages installed without what they ask for, `beside` with it."""

    name: str
    alone: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    shells: tuple[str, ...] = ()  # packages whose `__init__` is left out, see agent.shell

    @property
    def python(self) -> Path:
        return self._folder / "bin" / "python"

    @property
    def _folder(self) -> Path:
        pins = hashlib.sha256(repr((self.alone, self.beside, sys.version_info[:2])).encode()).hexdigest()[:8]
        return MADE / f"{self.name}-{pins}"

    def make(self) -> "Environment":
        """Unless it is there: whole, or not at all, also when two processes want it at once."""
        MADE.mkdir(parents=True, exist_ok=True)
        with (MADE / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self._folder / "made").exists():
                self._make()
        return self

    def _make(self) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(self._folder)], check=True)
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if self.alone:
            subprocess.run([*pip, "--no-deps", *self.alone], check=True)
        if self.beside:
            subprocess.run([*pip, *self.beside], check=True)
        (self._folder / "made").touch()


INMEMORY = Environment(
    "inmemory", alone=("inmemory==0.1.11",), beside=("httpx",), shells=("inmemory", "inmemory.common")
)
HIPPOCAMPAI = Environment(
    "hippocampai", alone=("hippocampai==0.6.0",), beside=("httpx", "pydantic"), shells=("hippocampai",)
)
CML = Environment("cml", beside=("cognitive-memory-layer==1.5.1",))
CML_OLD = Environment("cml_old", beside=("cognitive-memory-layer==1.0.8", "h2"))
# What `mem0/__init__` imports is the whole engine, with its vector stores; its client needs none of it.
_OF_MEM0 = {"beside": ("httpx", "requests", "pydantic>=2", "posthog"), "shells": ("mem0",)}
MEM0_2 = Environment("mem0-2", alone=("mem0ai==2.2.1",), **_OF_MEM0)
MEM0_1 = Environment("mem0-1", alone=("mem0ai==1.0.11",), **_OF_MEM0)
