# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a virtual machine: power actions, reapply, redeploy, run-command; and the VM sizes of a location."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..messages import ArmError, Request, Response
from ..operations import operation
from ..router import route
from ..store import Document
from .compute import VM, agent_starts, require, save, settle_as, with_state
from .instance_view import os_type
from .regional import compute_headers
from .tracked import SUCCEEDED

if TYPE_CHECKING:
    from ..world import World

ACTIONS = {
    "start": ("starting", "running", 30),
    "powerOff": ("stopping", "stopped", 40),
    "deallocate": ("deallocating", "deallocated", 60),
    "restart": ("running", "running", 30),
    "redeploy": ("running", "running", 120),
    "reapply": ("", "", 20),
    "convertToManagedDisks": ("", "", 60),
}
"""Action: power state while it lasts, power state after it ('' = as before), seconds."""

_SIZES = (
    ("Standard_B1s", 1, 1024, 2),
    ("Standard_B1ms", 1, 2048, 2),
    ("Standard_B2s", 2, 4096, 4),
    ("Standard_B2ms", 2, 8192, 4),
    ("Standard_A1_v2", 1, 2048, 2),
    ("Standard_DS1_v2", 1, 3584, 4),
    ("Standard_DS2_v2", 2, 7168, 8),
    ("Standard_D2s_v3", 2, 8192, 4),
    ("Standard_D4s_v3", 4, 16384, 8),
    ("Standard_D2s_v5", 2, 8192, 4),
    ("Standard_D4s_v5", 4, 16384, 8),
    ("Standard_D8s_v5", 8, 32768, 16),
    ("Standard_D16s_v5", 16, 65536, 32),
    ("Standard_D64s_v5", 64, 262144, 32),
    ("Standard_E2s_v5", 2, 16384, 4),
    ("Standard_E4s_v5", 4, 32768, 8),
    ("Standard_F2s_v2", 2, 4096, 4),
    ("Standard_M8ms", 8, 223488, 8),
)
"""Name, cores, MB of memory, data disks: https://learn.microsoft.com/azure/virtual-machines/sizes/overview"""


def check_running(vm: Document) -> None:
    if vm["_power"] != "running":
        raise ArmError(409, "OperationNotAllowed", "The operation requires the VM to be running (or set to run).")


def _act(action: str, world: World, request: Request) -> Response:
    vm = require(world, request)
    if action == "restart":
        check_running(vm)
    during, _after, seconds = ACTIONS[action]
    save(world, with_state(vm, "Updating"), power=during or vm["_power"])
    record = world.operations.begin("vm action", vm["id"], seconds, action=action)
    return Response(202, None, compute_headers(world, request, vm["location"], record, result=True))


for _action in ACTIONS:
    route("POST", f"{VM}/{_action}")(partial(_act, _action))


@operation("vm action", failed=partial(settle_as, "Failed"))
def _done(world: World, record: Document) -> None:
    vm = world.store.resource(record["resource"])
    if vm is None:
        return
    action = record["args"]["action"]
    after = ACTIONS[action][1] or vm["_power"]
    boots = after == "running" and action != "reapply"
    save(world, with_state(vm, SUCCEEDED), power=after, agent=agent_starts(world, vm) if boots else vm["_agent"])


@route("POST", VM + "/generalize")
def generalize(world: World, request: Request) -> Response:
    """Answered at once; the VM must not run."""
    vm = require(world, request)
    if vm["_power"] == "running":
        raise ArmError(409, "OperationNotAllowed", f"Operation 'generalize' is not allowed on VM '{vm['name']}' since the VM is running.")
    return Response(200)


@route("POST", VM + "/runCommand")
def run_command(world: World, request: Request) -> Response:
    """The script is not run; the answer is that of a script that printed nothing. It needs a running VM with an agent."""
    vm = require(world, request)
    check_running(vm)
    record = world.operations.begin("vm run command", vm["id"], 17, system=os_type(vm))
    return Response(202, None, compute_headers(world, request, vm["location"], record, result=True))


@operation("vm run command")
def _ran(world: World, record: Document) -> None:
    if record["args"]["system"] == "Windows":
        streams = [("ComponentStatus/StdOut/succeeded", ""), ("ComponentStatus/StdErr/succeeded", "")]
    else:
        streams = [("ProvisioningState/succeeded", "Enable succeeded: \n[stdout]\n\n[stderr]\n")]
    value = [{"code": code, "level": "Info", "displayStatus": "Provisioning succeeded", "message": text} for code, text in streams]
    record["properties"] = {"output": {"value": value}}


def _sizes() -> Response:
    return Response(
        200,
        {
            "value": [
                {
                    "name": name,
                    "numberOfCores": cores,
                    "osDiskSizeInMB": 1047552,
                    "resourceDiskSizeInMB": 0,
                    "memoryInMB": memory,
                    "maxDataDiskCount": data_disks,
                }
                for name, cores, memory, data_disks in _SIZES
            ]
        },
    )


@route("GET", "/subscriptions/{sub}/providers/Microsoft.Compute/locations/{location}/vmSizes")
def list_sizes(_world: World, _request: Request) -> Response:
    return _sizes()


@route("GET", VM + "/vmSizes")
def list_sizes_of_vm(world: World, request: Request) -> Response:
    require(world, request)
    return _sizes()
