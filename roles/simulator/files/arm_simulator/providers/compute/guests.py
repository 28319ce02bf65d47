# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real guests of this machine that stand for virtual machines: which address is which VM, and what its agent reports.

A guest is known by its address alone, as a VM is to its host. What its agent reports becomes the VM's
agent in the instance view, until it falls silent.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.router import open_router
from ...core.store import Document

if TYPE_CHECKING:
    from ...core.world import World

_TABLE = "guests"
_LEVELS = {"ready": "Info", "installing": "Info"}


def connect(world: World, vm: Document, address: str | None) -> Document:
    """Let a guest's address stand for this VM, or none any more: the changed VM, which the caller stores."""
    for known, guest in list(world.store.tables.get(_TABLE, {}).items()):
        if guest["vm"].lower() == vm["id"].lower():
            world.store.delete(_TABLE, known)
    world.heard.pop(vm["id"].lower(), None)
    if address is None:
        return {**vm, "_agent": {"status": "NotReady"}}
    taken = world.store.get(_TABLE, address)
    if taken:
        raise ArmError(409, "GuestInUse", f"The address {address} stands for {taken['vm']} already.")
    world.store.put(_TABLE, address, {"vm": vm["id"]})
    return {**vm, "_agent": {"status": "NotReady", "guest": True}}


def vm_at(world: World, address: str) -> Document | None:
    """The VM that a guest's address stands for."""
    guest = world.store.get(_TABLE, address)
    return world.store.resource(guest["vm"]) if guest else None


def report(world: World, vm: Document, blob: Any) -> None:
    """Take a status blob {aggregateStatus: {guestAgentStatus, handlerAggregateStatus}, guestOSInfo} of the VM's agent."""
    blob = _object(blob)
    aggregate = _object(blob.get("aggregateStatus"))
    said, system = _object(aggregate.get("guestAgentStatus")), _object(blob.get("guestOSInfo"))
    if not said:
        return
    agent: Document = {
        "guest": True,
        "status": "Ready" if said.get("status") == "Ready" else "NotReady",
        "version": str(said.get("version") or system.get("version") or "Unknown"),
        "message": _message(said),
        "os": {key: str(system[key]) for key in ("computerName", "osName", "osVersion") if system.get(key)},
        "handlers": [_handler(each) for each in aggregate.get("handlerAggregateStatus") or () if isinstance(each, dict)],
    }
    world.heard[vm["id"].lower()] = time.monotonic()
    before = vm.get("_agent", {})
    if "since" in before:
        agent["since"] = before["since"]
    if before != agent:
        world.store.put_resource({**vm, "_agent": agent})


def _object(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _message(said: Document) -> str:
    return str(_object(said.get("formattedMessage")).get("message") or "")


def _handler(said: Document) -> Document:
    """An extension's handler, as the agent has it, in the words of an instance view."""
    state = str(said.get("status") or "Unknown")
    code = "ProvisioningState/succeeded" if state == "Ready" else f"ProvisioningState/{state.lower()}"
    status = {"code": code, "level": _LEVELS.get(state.lower(), "Error"), "displayStatus": state, "message": _message(said)}
    return {"type": said.get("handlerName"), "typeHandlerVersion": said.get("handlerVersion"), "status": status}


@open_router.route("GET", "/_simulator/guests")
def list_guests(world: World, request: Request) -> Response:
    """{guests: [{address, vm, heard_seconds_ago}]}; null for one that has not reported since the start."""
    now = time.monotonic()
    guests = []
    for address, guest in world.store.tables.get(_TABLE, {}).items():
        heard = world.heard.get(guest["vm"].lower())
        guests.append({"address": address, "vm": guest["vm"], "heard_seconds_ago": None if heard is None else round(now - heard, 1)})
    return Response(200, {"guests": guests})
