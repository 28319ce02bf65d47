# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's Python SDKs, synchronous and asynchronous, with the settings that a user gives them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from .environments import ROOT, Simulator, install

EXPECTED = {
    "group exists": True,
    "provider": "Registered",
    "machines": ["web-0001", "web-0002", "web-0003", "win"],
    "agent": "Ready",
    "power": "PowerState/deallocated",
    "command": "Enable succeeded: \n[stdout]\nweb-0001\n\n[stderr]\n",
    "output": "web-0001\n",
    "disk": 8,
    "sizes": True,
    "rule": "Succeeded",
    "rules left": 0,
    "default rules": 6,
    "routes": ["Internet", "None", "VnetLocal"],
    "tags": True,
    "vault made": "Succeeded",
    "vault empty": "Succeeded",
    "redundancy": "LocallyRedundant",
    "vaults": ["empty", "filled", "made"],
    "policies": ["DefaultPolicy", "EnhancedPolicy", "HourlyLogBackup"],
    "items": ["IRPending"],
    "jobs": [["ConfigureBackup", "Completed"]],
    "graph": ["web-0001", "web-0002", "web-0003", "win"],
    "vaults left": ["filled", "made"],
    "groups left": ["app", "backup"],
}


@pytest.mark.parametrize("kind", ["sync", "aio"])
def test_every_client(simulator: Simulator, kind: str) -> None:
    programs = install("sdk", ["-r", str(ROOT / "requirements.txt"), "aiohttp"])
    simulator.reset()
    environment = simulator.environment(**simulator.connection["environment"])
    command = [str(programs / "python"), str(Path(__file__).with_name("sdk_program.py")), kind]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == EXPECTED
