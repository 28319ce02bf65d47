# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded variants of a VM's instance view: each is asked of a VM that the estate puts into the same state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from arm_simulator import estate
from arm_simulator.core.messages import Request
from arm_simulator.core.world import World
from arm_simulator.gateway import arm

from .replay import Deviation, Result, recordings

FILE = "vm-instanceview-variants"
FILES = (FILE,)
REASONS: dict[tuple[str, int], str] = {
    (FILE, 3): "the VM's host had been under maintenance, which the simulator does not have",
    (FILE, 6): "requested just after the stop, while the agent's last report was still current; the simulator's agent becomes Not Ready at once",
    (FILE, 8): "the VM was in an availability set, which the simulator does not have",
    (FILE, 12): "the VM was still being provisioned inside; the simulator's is done when Azure's part is",
    (FILE, 13): "the VM was in a proximity placement group, which the simulator does not have",
    (FILE, 15): "the VM's disk had been generalized, which the simulator does not support",
}
"""Why a variant is allowed to differ."""


def run() -> Result:
    result = Result()
    lines = (recordings() / f"{FILE}.jsonl").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        row = json.loads(line)
        if "disks" not in row["instanceView_keys"]:
            continue  # of an extension or a run command
        result.compared += 1
        differences = list(_compare(row, _view(row)))
        if differences:
            result.deviations.append(Deviation(number, f"{number} {row['os']} {row['vm_statuses'][-1][0]}", differences))
    return result


def _view(row: dict[str, Any]) -> dict[str, Any]:
    """The instance view of a VM in the state of the row."""
    states = dict(code.split("/")[:2] for code, _text in row["vm_statuses"])
    agent = row["vmAgent"]
    kind = "Missing" if not agent else "Ready" if agent["statuses"][0]["displayStatus"] == "Ready" else "NotReady"
    vm = {
        "name": "web",
        "resource_group": "app",
        "os": row["os"],
        "power": states["PowerState"],
        "provisioning": states["ProvisioningState"].capitalize(),
        "agent": {"status": kind, **({"version": agent["vmAgentVersion"]} if kind == "Ready" else {})},
    }
    world = World()
    estate.load(world, estate.parse(json.dumps({"resource_groups": [{"name": "app", "location": "westus"}], "vms": [vm]})))
    path = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web/instanceView"
    body: dict[str, Any] = arm.dispatch(world, Request("GET", path, {"api-version": row["api_version"]})).body
    return body


def _compare(row: dict[str, Any], view: dict[str, Any]) -> Iterator[str]:
    for key in sorted(set(view) ^ set(row["instanceView_keys"])):
        yield f"{key}: {'not recorded' if key in view else 'missing'}"
    states = [[status["code"], status["displayStatus"]] for status in view["statuses"]]
    if states != row["vm_statuses"]:
        yield f"statuses {states}, recorded {row['vm_statuses']}"
    ours, theirs = _agent(view.get("vmAgent")), _agent(row["vmAgent"])
    if ours != theirs:
        yield f"vmAgent {ours}, recorded {theirs}"


def _agent(block: dict[str, Any] | None) -> Any:
    """An agent's report without its time."""
    if not block:
        return None
    statuses = [{key: value for key, value in status.items() if key != "time"} for status in block["statuses"]]
    return sorted(block), block["vmAgentVersion"], statuses
