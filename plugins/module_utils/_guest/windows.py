# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The agent on a Windows guest, by what the role vm_agent read there: findings, and steps that mend them.

Services and versions: https://learn.microsoft.com/azure/virtual-machines/extensions/agent-windows
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .findings import ERROR, INSTALL, SERVICE, UPDATE, VERSION, YOU, AgentFinding, Read, age, by_level, minimum

SERVICES = ("RdAgent", "WindowsAzureGuestAgent")
_AUTOMATIC = ("auto", "delayed")
_ADMINISTRATORS = ("S-1-5-32-544", "S-1-5-18")
# What the number of .NET Framework 4.5 is in the registry, which backup needs at least:
# https://learn.microsoft.com/dotnet/framework/install/how-to-determine-which-versions-are-installed
_NET_45 = 378389


class WindowsGuest(Read):
    """look: {services: {name: {state, start_mode}}, file_version, guest_agent_version, net_release, sids, azure}."""

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        return {name: self.look["services"][name] for name in SERVICES if self.look["services"].get(name)}

    @property
    def present(self) -> bool:
        return bool(self.services) or self.version is not None

    @property
    def updatable(self) -> bool:
        return self.present

    @property
    def running(self) -> bool:
        return len(self.services) == len(SERVICES) and all(each["state"] == "started" for each in self.services.values())

    @property
    def version(self) -> str | None:
        """Of WaAppAgent.exe."""
        return _version(self.look["file_version"])

    @property
    def goal_state_version(self) -> str | None:
        return _version(self.look["guest_agent_version"]) if self.running else None


def _version(text: Any) -> str | None:
    found = VERSION.search(str(text or ""))
    return found.group(0) if found else None


def refusals(guest: WindowsGuest) -> list[AgentFinding]:
    """What forbids to change anything on this host."""
    if not set(_ADMINISTRATORS) & set(guest.look["sids"]):
        return [AgentFinding("not_administrator", ERROR, "the role may not change this host, as its user is no administrator", "use another one")]
    return []


def findings(guest: WindowsGuest) -> list[AgentFinding]:
    """All that is wrong, worst first."""
    return by_level([*_around(guest), *_agent(guest)])


def _around(guest: WindowsGuest) -> Iterator[AgentFinding]:
    if int(guest.look["net_release"] or 0) < _NET_45:
        yield AgentFinding("no_dotnet", ERROR, ".NET Framework 4.5 is not installed, which the agent needs", "install it")


def _agent(guest: WindowsGuest) -> Iterator[AgentFinding]:
    if not guest.present:
        yield AgentFinding("agent_missing", ERROR, "the VM agent is not installed", "install it", INSTALL)
        return
    missing = [name for name in SERVICES if name not in guest.services]
    if missing or guest.version is None:
        what = f"the service {missing[0]} is not there" if missing else "WaAppAgent.exe is not there"
        yield AgentFinding("agent_incomplete", ERROR, f"the VM agent is installed in part, {what}", "install it again", INSTALL)
    yield from age(guest.version, minimum(guest.options, "windows"))
    for name, service in guest.services.items():
        if service["start_mode"] not in _AUTOMATIC:
            text = f"the service {name} does not start with the system ({service['start_mode']})"
            yield AgentFinding("service_not_enabled", ERROR, text, "set it to auto", SERVICE)
        if service["state"] != "started":
            yield AgentFinding("service_not_running", ERROR, f"the service {name} is {service['state']}", "start it", SERVICE)


def steps(guest: WindowsGuest, found: list[AgentFinding]) -> dict[str, Any]:
    """What mends the findings that the role can mend."""
    wanted = {each.step for each in found} - {YOU}
    return {"install": INSTALL in wanted, "renew": UPDATE in wanted, "services": bool(wanted)}


def state(guest: WindowsGuest) -> dict[str, Any]:
    """What the role returns of the agent."""
    status = "active" if guest.running else "inactive" if guest.present else "missing"
    return {
        "version": guest.version,
        "goal_state_version": guest.goal_state_version,
        "status": status,
        "package": None,
        "package_version": None,
        "service": next(iter(guest.services), None),
    }


def facts(guest: WindowsGuest) -> dict[str, Any]:
    """What the module readiness_info takes as facts of a guest."""
    automatic = all(each["start_mode"] in _AUTOMATIC for each in guest.services.values())
    agent = {"agent_version": guest.goal_state_version or guest.version, "extensions_enabled": True} if guest.present else {}
    return {**agent, "agent_service_running": guest.running and automatic}
