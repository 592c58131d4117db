"""Files that only their owner may read."""

import os
from pathlib import Path


def write_private(file: Path, text: str) -> None:
    """Replace the file in one step: a reader sees the old or the new, and nobody else sees either."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    if os.geteuid() == 0:  # root over a user's directory must not lock that user out
        owner = file.parent.stat()
        os.chown(fresh, owner.st_uid, owner.st_gid)
    fresh.replace(file)
