# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run-time view of a virtual machine, in the variants that were recorded.

A VM document keeps three things that are not part of its GET:
_power   running | starting | stopping | stopped | deallocating | deallocated
_agent   {status Ready | NotReady | Missing, version, message?, since?, minutes_ago?}: Ready counts from the time since on.
         {guest: true, ...} is what a real guest's agent said; os and handlers are of its report (see guests)
_generation  V1 | V2
_encryption  what Azure Disk Encryption says of each disk; only where it is in use
"""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from ...core.clock import parse
from ...core.store import Document
from ..common.tracked import offset_time

if TYPE_CHECKING:
    from ...core.world import World

READY_MESSAGE = {"Linux": "Guest Agent is running", "Windows": "GuestAgent is running and processing the extensions."}
NOT_READY_MESSAGE = "VM status blob is found but not yet populated."
UNRESPONSIVE_MESSAGE = "VM Agent is unresponsive."
"""Of an agent that has reported before, as users have seen it: https://github.com/MicrosoftDocs/azure-docs/issues/35914"""
AGENT_VERSION = {"Linux": "2.11.1.12", "Windows": "2.7.41491.1095"}

_PROVISIONING = {
    "Succeeded": ("Info", "Provisioning succeeded"),
    "Failed": ("Error", "Provisioning failed"),
}
_BUILDS = (("2025", "26100"), ("2022", "20348"), ("2019", "17763"), ("2016", "14393"))
"""Windows Server releases and their build numbers: https://learn.microsoft.com/windows-server/get-started/windows-server-release-info"""


def os_type(vm: Document) -> str:
    return vm["properties"]["storageProfile"]["osDisk"]["osType"]


def agent_is_ready(world: World, vm: Document) -> bool:
    """Whether Azure hears from the agent: it is there, the VM runs, and it has had the time to report."""
    agent = vm.get("_agent", {})
    return (
        agent.get("status") == "Ready"
        and vm["_power"] == "running"
        and vm["properties"]["provisioningState"] != "Creating"
        and ("since" not in agent or parse(agent["since"]) <= world.clock.now())
        and not (agent.get("guest") and is_silent(world, vm))
    )


def is_silent(world: World, vm: Document) -> bool:
    """Whether the agent of a real guest has not reported for a while. That is real time, whatever is done to the clock."""
    heard = world.heard.get(vm["id"].lower())
    return heard is None or time.monotonic() - heard > world.settings.agent_silence


def instance_view(world: World, vm: Document, extensions: list[Document]) -> Document:
    """extensions: the stored extension resources of the VM."""
    view: Document = {}
    ready = agent_is_ready(world, vm)
    if ready:
        view.update(_identity(vm))
    if _has_agent_block(vm):
        view["vmAgent"] = _agent_block(world, vm, ready, extensions)
    created = vm["properties"]["timeCreated"]
    view["disks"] = [_disk(vm, disk, created) for disk in _disks(vm)]
    if ready and extensions:
        view["extensions"] = [extension_view(extension) for extension in extensions]
    view["hyperVGeneration"] = vm.get("_generation", "V1")
    state = vm["properties"]["provisioningState"]
    level, text = _PROVISIONING.get(state, ("Info", state))
    view["statuses"] = [
        {**_status(f"ProvisioningState/{state.lower()}", text, vm.get("_changed", created)), "level": level},
        {"code": f"PowerState/{vm['_power']}", "level": "Info", "displayStatus": f"VM {vm['_power']}"},
    ]
    return view


def _status(code: str, text: str, time: str) -> Document:
    return {"code": code, "level": "Info", "displayStatus": text, "time": time}


def _disks(vm: Document) -> list[Document]:
    storage = vm["properties"]["storageProfile"]
    return [storage["osDisk"], *storage.get("dataDisks", [])]


def _disk(vm: Document, disk: Document, created: str) -> Document:
    """What Azure Disk Encryption did to a disk stands beside its state."""
    view: Document = {"name": disk["name"], "statuses": [_status("ProvisioningState/succeeded", "Provisioning succeeded", created)]}
    if vm.get("_encryption"):
        view["encryptionSettings"] = [{**vm["_encryption"], "enabled": True}]
        view["statuses"].append(_status("EncryptionState/encrypted", "Encryption is enabled on disk", created))
    return view


def _has_agent_block(vm: Document) -> bool:
    """A VM that is being created or is deallocated says nothing about an agent."""
    if vm["properties"]["provisioningState"] == "Creating" or vm["_power"] in ("deallocating", "deallocated"):
        return False
    return vm.get("_agent", {}).get("status") != "Missing"


def _identity(vm: Document) -> Document:
    """What a ready agent tells of its system; guessed from the image where there is no real guest."""
    name, version = guest_identity(vm)
    guessed = {"computerName": vm["properties"].get("osProfile", {}).get("computerName", vm["name"]), "osName": name, "osVersion": version}
    return {**guessed, **vm.get("_agent", {}).get("os", {})}


def _silence(world: World, vm: Document) -> tuple[str, str]:
    """(version, message) of an agent that is not ready."""
    agent = vm.get("_agent", {})
    if agent.get("guest") and is_silent(world, vm):
        return "Unknown", UNRESPONSIVE_MESSAGE if agent.get("version") else NOT_READY_MESSAGE
    told = agent if agent.get("status") == "NotReady" else {}
    return told.get("version", "Unknown"), told.get("message", NOT_READY_MESSAGE)


def _agent_block(world: World, vm: Document, ready: bool, extensions: list[Document]) -> Document:
    agent, system = vm.get("_agent", {}), os_type(vm)
    now = offset_time(world.clock.now() - timedelta(minutes=agent.get("minutes_ago", 0)), 3 if ready and system == "Windows" else 0)
    if not ready:
        version, message = _silence(world, vm)
        status = {"code": "ProvisioningState/Unavailable", "level": "Warning", "displayStatus": "Not Ready", "message": message, "time": now}
        return {"vmAgentVersion": version, "statuses": [status]}
    status = _status("ProvisioningState/succeeded", "Ready", now)
    block: Document = {
        "vmAgentVersion": agent.get("version") or AGENT_VERSION[system],
        "statuses": [{**status, "message": agent.get("message") or READY_MESSAGE[system]}],
    }
    if extensions or system == "Linux":
        block["extensionHandlers"] = agent["handlers"] if "handlers" in agent else [_handler(extension) for extension in extensions]
    return block


def _handler(extension: Document) -> Document:
    properties = extension["properties"]
    status = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready", "message": "Plugin enabled"}
    return {
        "type": f"{properties['publisher']}.{properties['type']}", "typeHandlerVersion": properties["typeHandlerVersion"], "status": status,
    }


def extension_view(extension: Document) -> Document:
    properties = extension["properties"]
    state = properties["provisioningState"]
    level, text = _PROVISIONING.get(state, ("Info", state))
    code = f"ProvisioningState/{state.lower()}" + ("/0" if state == "Failed" else "")
    message = extension.get("_message") or ("Enable failed." if state == "Failed" else "Enable succeeded.")
    return {
        "name": extension["name"],
        "type": f"{properties['publisher']}.{properties['type']}",
        "typeHandlerVersion": properties["typeHandlerVersion"],
        "statuses": [{"code": code, "level": level, "displayStatus": text, "message": message}],
    }


def guest_identity(vm: Document) -> tuple[str, str]:
    """osName and osVersion as the agent reports them, guessed from the image."""
    image = vm["properties"]["storageProfile"].get("imageReference") or {}
    offer, sku = image.get("offer", "").lower(), image.get("sku", "").lower()
    if os_type(vm) == "Windows":
        for year, build in _BUILDS:
            if year in sku:
                return f"Windows Server {year} Datacenter", f"Microsoft Windows NT 10.0.{build}.0"
        return "Windows Server 2022 Datacenter", "Microsoft Windows NT 10.0.20348.0"
    system = next((name for name in ("ubuntu", "debian", "rhel", "sles", "almalinux", "rocky", "oracle") if name in offer), offer or "linux")
    version = re.search(r"(\d+)[._](\d+)", f"{offer} {sku}")
    number = re.search(r"\d+", f"{sku} {offer}")
    text = f"{version[1]}.{version[2]}" if version else (number[0] if number else "")
    return {"rhel": "redhat"}.get(system, system), text
