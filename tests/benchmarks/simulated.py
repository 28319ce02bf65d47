# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator for a measurement, and programs run against it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "simulator" / "files"


@dataclass(frozen=True)
class Measured:
    """wall and cpu in seconds, memory in MiB (the most that the program and its children had at once, shared pages
    counted once), requests to ARM by method, how many of them were refused for their rate, and what was printed.
    waited: seconds from the last write to the next request, in which Azure is left alone with what it has taken."""

    wall: float
    cpu: float
    memory: float
    requests: Counter[str]
    refused: int
    output: str
    waited: float

    @property
    def total(self) -> int:
        return sum(self.requests.values())


class _Memory:
    """Watches the memory of a process and all below it (Linux only; 0 elsewhere)."""

    LOOK_SECONDS = 0.1

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self.peak

    def _watch(self) -> None:
        while not self._done.wait(self.LOOK_SECONDS):
            self.peak = max(self.peak, sum(map(self._share, self._family())) / 1024)

    def _family(self) -> list[int]:
        parents: dict[int, list[int]] = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError, ValueError):
                parents.setdefault(int(status.read_text().rpartition(")")[2].split()[1]), []).append(int(status.parent.name))
        family = [self._pid]
        for pid in family:
            family += parents.get(pid, [])
        return family

    @staticmethod
    def _share(pid: int) -> int:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1])
        return 0


class Simulator:
    def __init__(self, folder: Path, connection: dict[str, Any]) -> None:
        self._folder = folder
        self.connection = connection
        self._session = requests.Session()
        self._session.verify = connection["ca_file"]
        self._session.trust_env = False

    def _control(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self._session.request(method, f"{self.connection['arm_url']}/_simulator/{path}", timeout=60, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def set(self, **settings: Any) -> None:
        """How the simulator behaves: latency, throttling, page_size, speed."""
        self._control("POST", "settings", json=settings)

    def reset(self) -> None:
        """Back to the estate of the start."""
        self._control("POST", "reset", json={"estate": True})

    def play(self, task: dict[str, Any]) -> Measured:
        """Run a playbook of this one task with ansible-playbook, as a user would."""
        playbook = self.write_play(task, sys.executable)
        environment = {**os.environ, **self.connection["environment"]}
        return self.run(["ansible-playbook", "-i", "localhost,", "-c", "local", str(playbook)], environment)

    def write_play(self, task: dict[str, Any], interpreter: str) -> Path:
        """A playbook of this one task."""
        playbook = self._folder / "play.json"
        play = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": interpreter}, "tasks": [task]}
        playbook.write_text(json.dumps([play]))
        return playbook

    def run(self, command: list[str], environment: dict[str, str]) -> Measured:
        """Run a program and measure it; one that fails ends the measurement."""
        self._control("DELETE", "ledger")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        program = subprocess.Popen(command, env=environment, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        memory = _Memory(program.pid)
        output, _errors = program.communicate()
        wall = time.perf_counter() - begun
        peak = memory.stop()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if program.returncode:
            raise SystemExit(f"{command[0]} failed:\n{output[-6000:]}")
        answers = [each for each in self._control("GET", "ledger")["requests"] if each.get("kind") != "sign-in"]
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        refused = sum(each["status"] == 429 for each in answers)
        return Measured(wall, cpu, peak, Counter(each["method"] for each in answers), refused, output, _waited(answers))


def _waited(answers: list[dict[str, Any]]) -> float:
    times = [datetime.fromisoformat(each["time"]) for each in answers]
    last = max((number for number, each in enumerate(answers) if each["write"]), default=None)
    return (times[last + 1] - times[last]).total_seconds() if last is not None and last + 1 < len(answers) else 0.0


@contextmanager
def simulator(folder: Path, estate: dict[str, Any], latency: float) -> Iterator[Simulator]:
    """A simulator with this estate, its state below the folder."""
    file = folder / "estate.json"
    file.write_text(json.dumps(estate))
    state = folder / "state"
    command = [sys.executable, "-m", "arm_simulator"]
    start = [*command, "start", "--port", "0", "--estate", str(file), "--state-dir", str(state), "--latency", str(latency)]
    subprocess.run(start, cwd=PROGRAM, check=True, stdout=subprocess.DEVNULL)
    try:
        yield Simulator(folder, json.loads((state / "connection.json").read_text()))
    finally:
        subprocess.run([*command, "stop", "--state-dir", str(state)], cwd=PROGRAM, check=True, stdout=subprocess.DEVNULL)
