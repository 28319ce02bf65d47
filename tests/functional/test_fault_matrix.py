# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault that Azure is known for, at every write and read of every writing module.

After each: the run finishes, or it fails and says what is left; the next run finishes it and the one after that rests. No write that
Azure took is made again, but for the one that was disturbed, and nothing is deleted.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fault_scenarios import SCENARIOS, Scenario
from harness import Azure

ANYWHERE: dict[str, dict[str, Any]] = {
    "429 with Retry-After": {"status": 429, "retry_after": 1},
    "429": {"status": 429},
    "500": {"status": 500},
    "502": {"status": 502},
    "503": {"status": 503},
    "reset before": {"reset": "before"},
    "reset in the body": {"reset": "body"},
    "truncated JSON": {"truncate": True},
}
AT_WRITES = {
    **ANYWHERE,
    "reset after": {"reset": "after"},
    "503 for long": {"status": 503, "times": 0},
    "reset for long": {"reset": "before", "times": 0},
    "refused": {"status": 403, "message": "Not you."},
}
AT_OPERATIONS = {
    "operation failed": {"fail_operation": {"code": "InternalServerError", "message": "It went wrong inside."}},
    "operation never ends": {"hang_operation": True},
}
AT_READS = {
    "429": {"status": 429},
    "503": {"status": 503},
    "reset before": {"reset": "before"},
    "truncated JSON": {"truncate": True},
    "stale": {"stale": True, "times": 2},
    "503 for long": {"status": 503, "times": 0},
}
# VMs, which are alike, and ids of operations and jobs, which differ from run to run.
VM = re.compile(r"web-\d+")
CHANGING = re.compile(r"(?<=/)(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9+=]{40,})(?=/|$)")
SPEED = 2000
LONGEST_PAUSE = 0.03


@pytest.fixture
def quick(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """An Azure that works fast, and runs that wait briefly: how long is not what is tested."""
    pause = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: pause(min(seconds, LONGEST_PAUSE)))
    before = azure.control("GET", "settings")["speed"]
    azure.settings(speed=SPEED)
    yield azure
    azure.settings(speed=before)


class Case:
    """One scenario with one fault."""

    def __init__(self, azure: Azure, scenario: Scenario) -> None:
        self._azure = azure
        self._scenario = scenario
        self.writes: list[tuple[str, str, int]] = []
        self.reads: list[tuple[str, str]] = []

    def learn(self) -> None:
        """What the task asks of Azure when nothing goes wrong."""
        self._begin()
        done = self._run()
        assert not done.get("failed") and done["changed"], done
        seen = self._azure.requests(kind="arm")
        self.writes = [(each["method"], each["path"], each["status"]) for each in seen if each["write"]]
        reads = {VM.sub("", each["path"]): (each["method"], CHANGING.sub("*", each["path"])) for each in seen if not each["write"]}
        self.reads = list(dict.fromkeys(reads.values()))
        assert self.writes and self.reads

    def _begin(self) -> None:
        self._azure.reset()
        self._azure.settings(speed=SPEED)
        self._azure.estate(self._scenario.estate)
        for module, options in self._scenario.before:
            assert self._azure.module(module, **options)["changed"]
        self._azure.clear_ledger()

    def _run(self) -> dict[str, Any]:
        return self._azure.module(self._scenario.module, **self._scenario.options)

    def disturbed(self, method: str, path: str, fault: dict[str, Any]) -> list[str]:
        """What is wrong after a run with this fault, none when all is well."""
        self._begin()
        self._azure.fault(method=method, path=path, **fault)
        return self._judge(self._run(), path)

    def killed(self, number: int) -> list[str]:
        """What is wrong after a run that was killed while Azure's answer to its write of this number was under way."""
        method, path, _status = self.writes[number]
        self._begin()
        self._azure.fault(method=method, path=path, latency=5.0)
        child = os.fork()
        if child == 0:
            try:
                self._run()
            finally:
                os._exit(0)
        try:
            end = time.monotonic() + 120
            while path not in self._taken() and time.monotonic() < end:
                time.sleep(0.01)
            reached = path in self._taken()
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return [*([] if reached else ["never came to the write"]), *self._judge(None, path)]

    def _judge(self, first: dict[str, Any] | None, disturbed: str) -> list[str]:
        wrong = []
        if first and first.get("failed") and not self._says_what_is_left(first):
            wrong.append(f"does not say what is left: {first['msg']}")
        self._azure.control("DELETE", "faults")
        last = self._run() if first is None or first.get("failed") else first
        if last.get("failed"):
            return [*wrong, f"the next run fails: {last['msg']}"]
        wrong += self._repeated(disturbed)
        if self._scenario.rests:
            self._azure.clear_ledger()
            idle = self._run()
            if idle.get("failed") or idle["changed"] or self._azure.writes():
                wrong.append(f"the run after that is not idle: {self._azure.writes()} {idle.get('msg')}")
        return wrong

    def _says_what_is_left(self, result: dict[str, Any]) -> bool:
        """An error in words, with a code, and of many VMs what became of each. It names what it is about, where anything was written."""
        each_vm = all(vm["status"] != "failed" or vm["reason"] for vm in result.get("vms", ()))
        named = any(name in result["msg"] for name in self._scenario.named) or not self._taken()
        return each_vm and named and bool(result.get("error", {}).get("code") or result.get("error", {}).get("status")) and "Traceback" not in result["msg"]

    def _taken(self) -> Counter[str]:
        """How often Azure took a write, by path."""
        return Counter(each["path"] for each in self._azure.requests(writes="true") if 200 <= each["status"] < 300)

    def _repeated(self, disturbed: str) -> list[str]:
        usual = Counter(path for _method, path, _status in self.writes)
        part, times = self._scenario.back
        spare = Counter({path: 1 for path in usual if path == disturbed}) + Counter({path: times for path in usual if part and part in path})
        more = self._taken() - usual - spare
        deleted = [each for each in self._azure.writes() if each.startswith("DELETE")]
        return [f"repeated {path}" for path in more] + [f"deleted {each}" for each in deleted]


def at_the_kill(case: Case) -> Iterator[tuple[str, list[str]]]:
    for number, (method, path, _status) in enumerate(case.writes):
        yield f"killed: {method} {path} ({number})", case.killed(number)


def at_writes(case: Case) -> Iterator[tuple[str, list[str]]]:
    first = {VM.sub("", write[1]): write for write in reversed(case.writes)}
    for method, path, status in reversed(first.values()):
        for fault, order in {**AT_WRITES, **(AT_OPERATIONS if status in (201, 202) else {})}.items():
            yield f"{fault}: {method} {path}", case.disturbed(method, path, order)


def at_reads(case: Case) -> Iterator[tuple[str, list[str]]]:
    for number, (method, path) in enumerate(case.reads):
        # How a read is repeated does not hang on what is read, so the finer kinds are tried at the first one.
        for fault, order in {**(ANYWHERE if number == 0 else {}), **AT_READS}.items():
            yield f"{fault}: {method} {path}", case.disturbed(method, path, order)


@pytest.mark.parametrize("faults", [at_the_kill, at_writes, at_reads], ids=["killed", "writes", "reads"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_fault_is_survived(
    quick: Azure, record_property: Callable[[str, object], None], name: str, faults: Callable[[Case], Iterator[tuple[str, list[str]]]]
) -> None:
    case = Case(quick, SCENARIOS[name])
    case.learn()
    tried = dict(faults(case))
    lost = [f"{each}: {'; '.join(wrong)}" for each, wrong in tried.items() if wrong]
    record_property("faults tried", len(tried))
    record_property("faults survived", len(tried) - len(lost))
    assert tried and not lost, "\n".join(lost)
