# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the recordings of virtual machines and their networks are replayed, and what is known to differ."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from arm_simulator.core.clock import iso

from .replay import Exchange, Replay, Rule

FILES = (
    "cli2024-test_network_nsg",
    "cli2024-test_vm_create_provision_vm_agent",
    "cli2024-test_vm_extension",
    "cli2024-test_vm_run_command_with_parameters",
    "test_backup_protection",
)

REASONS: dict[tuple[str, int], str] = {
    ("test_backup_protection", 26): "the VM's host had been under maintenance, which the simulator does not have",
}
"""Why an exchange of a file is allowed to differ."""

_GROUP = re.compile(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)", re.IGNORECASE)
_VM = "Microsoft.Compute/virtualMachines"
_NIC = "Microsoft.Network/networkInterfaces"
_MADE_BY_DEPLOYMENT = (_VM, _NIC, "Microsoft.Network/publicIPAddresses", "Microsoft.Network/virtualNetworks/subnets")
_VERSION = {"api-version": "2024-07-01"}
_WAIT = 180
_ETAGS_SINCE = datetime(2024, 6, 1, tzinfo=UTC)
"""Between April and August 2024 (so the recordings) VMs got an etag."""


def seed(replay: Replay, exchange: Exchange) -> None:
    """Make the group, and what the recording's deployments made, by PUTs of what the recording shows of it."""
    group = _GROUP.match(exchange.path)
    if group and replay.world.store.resource(group.group(1)) is None:
        made = replay.send("PUT", group.group(1), _VERSION, {"location": "westus"})
        assert made.status == 201, made.body
    shown = exchange.answer if isinstance(exchange.answer, dict) else {}
    if exchange.method == "GET" and exchange.status == 200 and shown.get("type") in _MADE_BY_DEPLOYMENT:
        _make(replay, shown)
    if exchange.method in ("GET", "POST", "PUT") and f"/{_VM}/" in exchange.path:
        vm_id = "/".join(exchange.path.split("/")[:9])
        vm = _shown(replay, vm_id)
        if vm:
            _make(replay, vm)
            _set_times(replay, exchange, vm_id)


def _shown(replay: Replay, resource_id: str) -> dict[str, Any] | None:
    """The first body of a resource that the recording shows."""
    bodies = (each.answer for each in replay.exchanges if each.method == "GET" and each.status == 200 and isinstance(each.answer, dict))
    return next((body for body in bodies if str(body.get("id", "")).lower() == resource_id.lower()), None)


def _put(replay: Replay, resource_id: str, body: Any) -> None:
    if replay.world.store.resource(resource_id) is None:
        answer = replay.send("PUT", resource_id, _VERSION, body)
        assert answer.status in (200, 201), (resource_id, answer.body)
        replay.world.clock.jump(_WAIT)


def _make(replay: Replay, shown: dict[str, Any]) -> None:
    """PUT a resource with what it refers to, without what Azure fills in."""
    if replay.world.store.resource(shown["id"]) is not None:
        return
    body = copy.deepcopy(shown)
    properties = body["properties"]
    for key in ("instanceView", "timeCreated", "vmId", "virtualMachine", "ipConfiguration"):
        properties.pop(key, None)
    if shown["type"] == _VM:
        body.pop("resources", None)
        properties["storageProfile"]["osDisk"]["managedDisk"].pop("id")
        for nic in properties["networkProfile"]["networkInterfaces"]:
            _make(replay, _shown(replay, nic["id"]) or _plain_interface(replay, nic["id"], body["location"]))
    elif shown["type"] == _NIC:
        for configuration in properties["ipConfigurations"]:
            _make_network(replay, configuration["properties"]["subnet"]["id"], body["location"])
            address = configuration["properties"].get("publicIPAddress")
            if address:
                _make(replay, _shown(replay, address["id"]) or {"id": address["id"], "type": "", "location": body["location"], "properties": {}})
        if "networkSecurityGroup" in properties:
            _put(replay, properties["networkSecurityGroup"]["id"], {"location": body["location"]})
    elif shown["type"].endswith("/subnets"):
        interface = next(each.answer for each in replay.exchanges if isinstance(each.answer, dict) and each.answer.get("type") == _NIC)
        _make(replay, interface)
        return
    _put(replay, shown["id"], body)


def _make_network(replay: Replay, subnet_id: str, location: str) -> None:
    vnet_id, _middle, name = subnet_id.rpartition("/subnets/")
    subnets = [{"name": name, "properties": {"addressPrefix": "10.0.0.0/24"}}]
    _put(replay, vnet_id, {"location": location, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}})


def _plain_interface(replay: Replay, nic_id: str, location: str) -> dict[str, Any]:
    """An interface that the recording never shows, in the subnet of the one that it does."""
    other = next(each.answer for each in replay.exchanges if isinstance(each.answer, dict) and each.answer.get("type") == _NIC)
    subnet = other["properties"]["ipConfigurations"][0]["properties"]["subnet"]
    properties = {"ipConfigurations": [{"name": "ipconfig1", "properties": {"subnet": subnet}}]}
    return {"id": nic_id, "type": _NIC, "location": location, "properties": properties}


def _set_times(replay: Replay, exchange: Exchange, vm_id: str) -> None:
    """Two things that are not of the exchange but of its moment: whether the guest had been heard of, and that old VMs had no etag."""
    answer = exchange.answer if isinstance(exchange.answer, dict) else {}
    agent = (((answer.get("properties") or {}).get("instanceView") or {}).get("vmAgent")) or {}
    vm = replay.world.store.resource(vm_id)
    if vm is None:
        return
    heard = not agent or agent["vmAgentVersion"] != "Unknown"
    if exchange.date and exchange.date < _ETAGS_SINCE:
        vm = {key: value for key, value in vm.items() if key != "etag"}
    since = iso(replay.world.clock.now() + timedelta(seconds=-1 if heard else 3600))
    replay.world.store.put_resource({**vm, "_agent": {"status": "Ready", "since": since}})


_NETWORK = "networkSecurityGroups|applicationSecurityGroups|networkInterfaces|publicIPAddresses|virtualNetworks|locations"
RULES = [
    Rule(rf"/providers/Microsoft\.Network/({_NETWORK})", seed),
    Rule(r"/providers/Microsoft\.Compute/(virtualMachines|locations/[^/]+/(operations|publishers))", seed),
]
