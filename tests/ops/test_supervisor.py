"""The supervisor over small real programs: restarts, merged logs, and a stop that leaves nothing behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from ops.processes import end_all, with_variable
from ops.supervisor import Program, Supervisor

ROOT = Path(__file__).resolve().parents[2]
STEADY = "import time; print('here', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
# A program with a child of its own that hears no SIGTERM, as a pool worker whose parent was killed.
PARENT = f"import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', {DEAF!r}]); print(c.pid, flush=True)"
HOUSE = f"""
import signal, sys
from ops.supervisor import Program, Supervisor
def interrupt(*_): raise KeyboardInterrupt
signal.signal(signal.SIGTERM, interrupt)
programs = [Program(n, [sys.executable, "-c", {STEADY!r}]) for n in ("web", "beat")]
try:
    Supervisor(programs, colour=False).run()
except KeyboardInterrupt:
    sys.exit(0)
"""


def program(code: str, **more: float) -> Program:
    return Program("one", [sys.executable, "-c", code], **more)  # type: ignore[arg-type]


class Running:
    """A supervisor's loop, turned by hand: children belong to the main thread, which the test is in."""

    def __init__(self, *programs: Program) -> None:
        self.supervisor = Supervisor(list(programs), colour=False)

    def until(self, true: object, within: float = 10.0) -> None:
        end = time.monotonic() + within
        while not true():  # type: ignore[operator]
            assert time.monotonic() < end, "did not happen in time"
            for one in self.supervisor.programs:
                self.supervisor._tend(one)
            time.sleep(0.02)


def test_a_killed_program_is_started_again_after_a_wait() -> None:
    one = program(STEADY)
    running = Running(one)
    running.until(lambda: one.process)
    assert one.process is not None
    first = one.process.pid
    one.process.kill()
    running.until(lambda: one.process and one.process.pid != first)
    assert one.deaths == 1
    running.supervisor.stop()
    assert not psutil.pid_exists(first)


def test_the_wait_doubles_and_has_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    one = program("raise SystemExit(3)")
    running = Running(one)
    for deaths in range(1, 9):
        running.until(lambda deaths=deaths: one.deaths == deaths)
        assert one.next_start - time.monotonic() <= min(0.5 * 2**deaths, 15.0)
        one.next_start = 0.0
    said = capsys.readouterr().out
    assert "one | ended with 3, starting again in 1 s" in said
    assert "starting again in 15 s" in said


def test_every_line_is_said_with_its_programs_name(capsys: pytest.CaptureFixture[str]) -> None:
    quiet, loud = program(STEADY), Program("embedder", [sys.executable, "-c", STEADY])
    running, lines = Running(quiet, loud), []
    running.until(lambda: lines.extend(capsys.readouterr().out.splitlines()) or len(lines) == 2)
    running.supervisor.stop()
    assert sorted(lines) == ["embedder | here", "one      | here"]


def test_a_program_that_does_not_stop_is_killed_with_its_children(capfd: pytest.CaptureFixture[str]) -> None:
    one = program(DEAF, stop_within=0.3)
    said: list[str] = []
    running = Running(one)
    running.until(lambda: said.append(capfd.readouterr().out) or "deaf" in "".join(said))
    running.supervisor.stop()
    assert one.process is not None
    assert one.process.wait(5) == -signal.SIGKILL


def test_children_that_a_dead_program_left_go_with_it(capfd: pytest.CaptureFixture[str]) -> None:
    one = program(PARENT)
    said: list[str] = []
    running = Running(one)
    running.until(lambda: said.append(capfd.readouterr().out) or "starting again" in "".join(said))
    child = int("".join(said).split("|")[1].split()[0])
    assert _gone(child)
    running.supervisor.stop()


def test_sigterm_stops_everything_and_ends_well() -> None:
    house, children = _house()
    house.terminate()
    assert house.wait(10) == 0
    assert all(_gone(child) for child in children)


def test_children_do_not_outlive_a_killed_supervisor() -> None:
    house, children = _house()
    house.kill()
    house.wait()
    assert all(_gone(child) for child in children)


def test_a_closed_output_does_not_stop_the_house() -> None:
    house, children = _house()
    assert house.stdout is not None
    house.stdout.close()
    os.kill(children[0], signal.SIGKILL)
    time.sleep(0.5)
    assert house.poll() is None
    house.terminate()
    assert house.wait(10) == 0


def test_run_ends_when_told_to() -> None:
    supervisor = Supervisor([program(STEADY)], colour=False)
    threading.Timer(0.3, supervisor.stopping.set).start()
    supervisor.run()
    process = supervisor.programs[0].process
    assert process is not None
    assert process.poll() is not None


def _house() -> tuple[subprocess.Popen[bytes], list[int]]:
    house = subprocess.Popen([sys.executable, "-c", HOUSE], cwd=ROOT, stdout=subprocess.PIPE)
    assert house.stdout is not None
    house.stdout.readline()
    house.stdout.readline()
    return house, [child.pid for child in psutil.Process(house.pid).children()]


def _gone(pid: int) -> bool:
    until = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_what_a_killed_house_left_is_found_by_its_mark_and_ended(tmp_path: Path) -> None:
    env = os.environ | {"MEMHOUSE_UP": str(tmp_path)}
    deaf = subprocess.Popen([sys.executable, "-c", DEAF], env=env, stdout=subprocess.PIPE)
    steady = subprocess.Popen([sys.executable, "-c", STEADY], env=env, stdout=subprocess.PIPE)
    for child in (deaf, steady):
        assert child.stdout
        assert child.stdout.readline()
    found = with_variable("MEMHOUSE_UP", str(tmp_path))
    assert {process.pid for process in found} == {deaf.pid, steady.pid}
    end_all(found, 0.5)
    assert not psutil.pid_exists(deaf.pid)
    assert not psutil.pid_exists(steady.pid)
    assert with_variable("MEMHOUSE_UP", str(tmp_path)) == []
