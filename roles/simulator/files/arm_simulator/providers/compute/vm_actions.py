# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to a virtual machine: power actions, reapply, redeploy, generalize."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import route
from ...core.store import Document
from ..common.regional import compute_headers
from ..common.tracked import SUCCEEDED
from .virtual_machines import VM, agent_starts, require, save, settle_as, with_state

if TYPE_CHECKING:
    from ...core.world import World

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
