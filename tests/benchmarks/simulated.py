# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator for a measurement, and playbooks run against it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "simulator" / "files"


@dataclass(frozen=True)
class Measured:
    """wall and cpu in seconds (cpu of the playbook and its children), requests to ARM by method, and the last task's result."""

    wall: float
    cpu: float
    requests: Counter[str]
    result: dict[str, Any]

    @property
    def total(self) -> int:
        return sum(self.requests.values())


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

    def set_latency(self, seconds: float) -> None:
        self._control("POST", "settings", json={"latency": seconds})

    def play(self, task: dict[str, Any]) -> Measured:
        """Run a playbook of this one task with ansible-playbook, as a user would."""
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": sys.executable},
            "tasks": [task],
        }
        playbook = self._folder / "play.json"
        playbook.write_text(json.dumps([play]))
        self._control("DELETE", "ledger")
        environment = {**os.environ, **self.connection["environment"]}
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        command = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(playbook)]
        done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(f"the measured playbook failed:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
        answers = self._control("GET", "ledger")["requests"]
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return Measured(wall, cpu, Counter(each["method"] for each in answers if each.get("kind") != "sign-in"), _result(done.stdout))


def _result(text: str) -> dict[str, Any]:
    start = text.find("{")
    return json.loads(text[start : text.rindex("}") + 1]) if start >= 0 else {}


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
