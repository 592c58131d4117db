"""Children that do not outlive us, and how to find those that did."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn`: the kernel sends the child this signal when its parent is gone, even by kill -9 (Linux).

    The "parent" is the thread that made the child: start children from the main thread.
    """
    if not sys.platform.startswith("linux"):
        return None
    parent, libc = os.getpid(), ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it went before we asked
            os._exit(1)

    return ask


def working_in(directory: Path, name: str) -> list[psutil.Process]:
    """The living processes of this name whose working directory this is. A zombie has none, so it is not found."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == name and process.cwd() == str(directory):
                found.append(process)
    return found


def with_variable(name: str, value: str) -> list[psutil.Process]:
    """The living processes, of those we may look into, that were started with this environment variable."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(name) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_all(processes: list[psutil.Process], within: float) -> None:
    """Ask processes that are not our children to end; those that have not after `within` seconds are killed."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(processes, within)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, within)


def end(process: subprocess.Popen[bytes] | None, number: signal.Signals, within: float) -> None:
    """Ask a child to end; after `within` seconds it is killed."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(number)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
