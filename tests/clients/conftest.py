# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator with a small estate, for clients that others have written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from .environments import ROOT, Simulator, UnavailableError

PROGRAM = ROOT / "roles" / "simulator" / "files"

ESTATE: dict[str, Any] = {
    "resource_groups": [{"name": name, "location": "westeurope"} for name in ("app", "backup")],
    "network_security_groups": [{"name": "nsg", "resource_group": "app"}],
    "vms": [
        {"name": "web", "count": 3, "resource_group": "app", "data_disks": [{"lun": 0, "size_gb": 32}]},
        {"name": "win", "resource_group": "app", "os": "Windows"},
    ],
    "vaults": [
        {
            "name": "filled",
            "resource_group": "backup",
            "soft_delete": "Disabled",
            "items": [{"vm": "app/web-0003", "state": "Protected", "last_backup_hours_ago": 5}],
        }
    ],
    "run_commands": [{"match": "hostname", "stdout": "web-0001\n"}],
}


def _skip_unavailable() -> Generator[None, None, None]:
    try:
        yield
    except UnavailableError as exc:
        pytest.skip(str(exc))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    return (yield from _skip_unavailable())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    return (yield from _skip_unavailable())


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    state = tmp_path_factory.mktemp("simulator")
    estate = state / "estate.json"
    estate.write_text(json.dumps(ESTATE))
    command = [sys.executable, "-m", "arm_simulator"]
    start = [*command, "start", "--estate", str(estate), "--clock-at", os.environ["SIMULATOR_CLOCK_AT"], "--state-dir", str(state / "state"), "--speed", "600"]
    subprocess.run(start, cwd=PROGRAM, check=True, timeout=60)
    try:
        yield Simulator(json.loads((state / "state" / "connection.json").read_text()))
    finally:
        subprocess.run([*command, "stop", "--state-dir", str(state / "state")], cwd=PROGRAM, check=True, timeout=60)
