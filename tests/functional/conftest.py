# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator process for a worker's whole run, emptied before each test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import clock
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items import wait

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from harness import Azure  # noqa: E402

PROGRAM = ROOT / "roles" / "simulator" / "files"


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    state = tmp_path_factory.mktemp("simulator")
    estate = state / "empty.yml"
    estate.write_text("{}\n")
    command = [sys.executable, "-m", "arm_simulator"]
    start = [*command, "start", "--port", "0", "--estate", str(estate), "--clock-at", os.environ["SIMULATOR_CLOCK_AT"], "--state-dir", str(state / "state")]
    subprocess.run(start, cwd=PROGRAM, check=True, timeout=60)
    try:
        yield Azure(json.loads((state / "state" / "connection.json").read_text()))
    finally:
        subprocess.run([*command, "stop", "--state-dir", str(state / "state")], cwd=PROGRAM, check=True, timeout=60)


@pytest.fixture
def azure(simulator: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    for name in [each for each in os.environ if each.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    simulator.reset()
    monkeypatch.setattr(clock, "controller_time", simulator.controller_time)
    return simulator


@pytest.fixture
def evening(azure: Azure) -> Azure:
    """Azure at 17:00, whatever time tests begin at: its policies have begun their backups of the day at 16:30, and a test knows every job."""
    azure.reset(hour=17)
    return azure


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at changes of protection come sooner than the simulated Azure asks for, whose shortest wait is a second."""
    monkeypatch.setattr(wait, "FIRST_SECONDS", 0.25)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The tally of the fault matrix over all workers of pytest-xdist, to which no test could see."""
    counts: Counter[str] = Counter()
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        if report.when == "call":
            counts.update({name: count for name, count in report.user_properties if name.startswith("faults ")})
    if counts:
        terminalreporter.write_line(f"faults: {counts['faults survived']} survived / {counts['faults tried']} tried")
