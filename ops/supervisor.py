"""Run several programs as one: merged logs, restarts with back-off, a clean stop."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ops.processes import die_with_parent

COLOURS = (36, 32, 33, 35, 34)
STEADY = 30.0  # seconds of life after which a program is forgiven its earlier deaths
LONGEST_WAIT = 15.0


@dataclass
class Program:
    """One program to keep running. `stop_within` seconds after SIGTERM it is killed."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    stop_within: float = 45.0
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    deaths: int = 0
    next_start: float = 0.0


class Supervisor:
    def __init__(
        self, programs: list[Program], *, colour: bool = True, watch: Callable[[], None] | None = None
    ) -> None:
        """`watch` is called once a round, for what else must be kept alive."""
        self.programs = programs
        self.colour = colour
        self.watch = watch
        self.stopping = threading.Event()
        self.width = max(len(program.name) for program in programs)

    def run(self) -> None:
        """Start everything and keep it running until `stopping` is set, then stop it all."""
        try:
            while not self.stopping.is_set():
                if self.watch:
                    self.watch()
                for program in self.programs:
                    self._tend(program)
                self.stopping.wait(0.2)
        finally:
            self.stop()

    def say(self, name: str, line: str) -> None:
        index = next((i for i, program in enumerate(self.programs) if program.name == name), 0)
        prefix = f"{name:<{self.width}} |"
        if self.colour:
            prefix = f"\x1b[{COLOURS[index % len(COLOURS)]}m{prefix}\x1b[0m"
        try:
            sys.stdout.write(f"{prefix} {line}\n")
            sys.stdout.flush()
        except BrokenPipeError:  # `make run | tee log`, and Ctrl-C took tee first
            # What is buffered must go somewhere, or the exit code becomes Python's 120.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def stop(self) -> None:
        """Ask all to stop at once, wait for each, kill what does not. A second Ctrl-C kills at once."""
        alive = [program for program in self.programs if program.process]
        for program in alive:
            _signal(program, signal.SIGTERM)
        began = time.monotonic()
        try:
            for program in alive:
                self._wait(program, program.stop_within - (time.monotonic() - began))
        finally:
            for program in alive:
                _signal(program, signal.SIGKILL)  # the group: also children that a program left behind

    def _wait(self, program: Program, seconds: float) -> None:
        assert program.process is not None
        try:
            program.process.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired:
            self.say(program.name, "did not stop, killed")

    def _tend(self, program: Program) -> None:
        now = time.monotonic()
        if program.process is None:
            if now >= program.next_start:
                self._start(program)
        elif (code := program.process.poll()) is not None:
            _signal(program, signal.SIGKILL)  # whatever of its group is left
            program.process = None
            program.deaths = 0 if now - program.started > STEADY else program.deaths + 1
            wait = min(0.5 * 2**program.deaths, LONGEST_WAIT)
            program.next_start = now + wait
            self.say(program.name, f"ended with {code}, starting again in {wait:g} s")

    def _start(self, program: Program) -> None:
        program.started = time.monotonic()
        program.process = subprocess.Popen(
            program.command,
            env=os.environ | program.env | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours to hand on, in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        threading.Thread(target=self._pass_on, args=(program.name, program.process), daemon=True).start()

    def _pass_on(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.say(name, line.rstrip("\n"))


def _signal(program: Program, number: signal.Signals) -> None:
    """SIGTERM to the program, which stops its own children; SIGKILL to its whole group."""
    assert program.process is not None
    try:
        if number == signal.SIGKILL:
            os.killpg(program.process.pid, number)
        else:
            program.process.send_signal(number)
    except ProcessLookupError:
        pass
