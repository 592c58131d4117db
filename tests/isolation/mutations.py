"""Take each guard of guards.py out of a copy of the tree and see that its tests go red: `make mutate`.

`python -m tests.isolation.mutations [word …]` runs those whose name holds one of the words.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.isolation.guards import GUARDS, Guard

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 600  # seconds for the tests of one guard
FAILED = 1  # pytest's exit status when tests failed; any other says that they could not be run
OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MEMHOUSE_VAR")


def main(words: list[str]) -> int:
    chosen = [guard for guard in GUARDS if not words or any(word in guard.says for word in words)]
    with tempfile.TemporaryDirectory(prefix="memhouse-mutations-") as place:
        tree = copied(Path(place))
        if run(tree, sorted({test for guard in chosen for test in guard.tests})) != 0:
            print("The tests fail with every guard in place; nothing can be learned.")
            return 2
        green = [guard.says for guard in chosen if not told(tree, guard)]
    print(f"\n{len(chosen) - len(green)} of {len(chosen)} guards are missed when they are gone.")
    return 1 if green else 0


def copied(place: Path) -> Path:
    """The tracked files, with this checkout's environment and models."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return place


def told(tree: Path, guard: Guard) -> bool:
    """Whether the guard is missed; its line is printed."""
    began = time.monotonic()
    file = tree / guard.file
    whole = file.read_text()
    assert whole.count(guard.text) == 1, guard.says
    file.write_text(whole.replace(guard.text, guard.without))
    try:
        red = run(tree, list(guard.tests)) == FAILED
    finally:
        file.write_text(whole)
    colour = "red" if red else "GREEN"
    print(f"{colour:5}  {guard.says:52}  {guard.file:28}  {time.monotonic() - began:5.1f} s", flush=True)
    return red


def run(tree: Path, tests: list[str]) -> int:
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    env |= {"MODELS_DIR": str(ROOT / "var" / "models"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(command, cwd=tree, env=env, capture_output=True, timeout=WITHIN, check=False).returncode
    except subprocess.TimeoutExpired:
        return 124


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
