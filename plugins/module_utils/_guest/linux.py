# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The agent on a Linux guest, by what files/look.py of the role vm_agent printed there: findings, and steps that mend them.

What the snapshot extension needs: https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas, and the agent's keys:
https://github.com/Azure/WALinuxAgent#configuration
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from . import waagent_conf
from .findings import ERROR, INSTALL, PYTHON, SERVICE, SETTINGS, UPDATE, WARNING, YOU, AgentFinding, Read, age, by_level, minimum
from .waagent_conf import Setting, switch

CONF = "/etc/waagent.conf"
EXTENSIONS, LATEST, UPDATES, FAMILY = "Extensions.Enabled", "AutoUpdate.UpdateToLatestVersion", "AutoUpdate.Enabled", "AutoUpdate.GAFamily"
PROVISIONING = "Provisioning.Agent"
EXTENSION = "microsoft.azure.recoveryservices.vmsnapshotlinux"
# So long an agent waits for cloud-init, in seconds:
# https://github.com/Azure/WALinuxAgent/blob/master/azurelinuxagent/pa/provision/cloudinit.py
_PROVISIONING_WAIT = 1800
# A process may begin in the second in which its settings were written.
_SLACK = 1.0


class LinuxGuest(Read):
    """look: what look.py printed. table: packages and service of the distribution."""

    @property
    def text(self) -> str | None:
        return (self.look["conf"] or {}).get("text")

    @property
    def settings(self) -> dict[str, Setting]:
        return waagent_conf.settings(self.text or "")

    @property
    def package(self) -> str | None:
        return next(iter(self.look["packages"]), None)

    @property
    def present(self) -> bool:
        """Whether there is an agent, also one that came without a package."""
        return bool(self.package or self.look["program"])

    @property
    def updatable(self) -> bool:
        return bool(self.package)

    @property
    def unit(self) -> dict[str, Any] | None:
        """The agent's service. Of two names, the one that runs."""
        return next(iter(sorted(self.look["units"], key=lambda unit: unit.get("ActiveState") != "active")), None)

    @property
    def running(self) -> bool:
        return bool(self.unit) and (self.unit or {}).get("ActiveState") == "active"

    def runs_for(self) -> float:
        """Seconds."""
        began = (self.unit or {}).get("started")
        return float(self.look["now"] - began) if self.running and began else 0.0

    def version(self) -> tuple[str | None, str | None]:
        """(installed, goal state): the second is the one that runs extensions; waagent makes it up when the service does not run."""
        text = self.look["version_text"]
        first = re.search(r"^WALinuxAgent-(\S+)", text, re.MULTILINE)
        goal = re.search(r"^Goal state agent:\s*(\S+)", text, re.MULTILINE)
        return first.group(1) if first else None, goal.group(1) if goal and self.running else None


def refusals(guest: LinuxGuest) -> list[AgentFinding]:
    """What forbids to change anything on this host."""
    found = []
    if guest.look["uid"] != 0:
        found.append(AgentFinding("not_root", ERROR, "the role may not change this host, as it is not root", "set become to true for it"))
    if not guest.look["systemd"]:
        found.append(AgentFinding("no_systemd", ERROR, "this host does not run systemd", "install and start the agent by hand"))
    if not guest.present and not guest.table:
        name = guest.options["distribution"]
        text = "set vm_agent_package and vm_agent_service to what they are called there"
        found.append(AgentFinding("unknown_distribution", ERROR, f"the agent's package in {name} is not known", text))
    if (guest.look["conf"] or {}).get("error"):
        found.append(AgentFinding("settings_unreadable", ERROR, f"{CONF} cannot be read, {guest.look['conf']['error']}", "mend the file by hand"))
    return found


def findings(guest: LinuxGuest) -> list[AgentFinding]:
    """All that is wrong, worst first."""
    found = [*_missing(guest), *_around(guest)]
    if guest.present:
        installed, goal = guest.version()
        found += [*age(goal or installed, minimum(guest.options, "linux"), UPDATE if guest.package else YOU), *_settings(guest), *_service(guest)]
    return by_level(found)


def _missing(guest: LinuxGuest) -> Iterator[AgentFinding]:
    if not guest.present:
        yield AgentFinding("agent_missing", ERROR, "the VM agent is not installed", "install it", INSTALL)
    elif not guest.package:
        text = f"{guest.look['program']} does not belong to the distribution's package"
        yield AgentFinding("agent_unpackaged", WARNING, text, "install the package in its place")


def _around(guest: LinuxGuest) -> Iterator[AgentFinding]:
    """What the extension needs of the host."""
    if not guest.look["interpreter"]:
        yield AgentFinding("no_python", ERROR, "no Python is where the snapshot extension looks for one", "install python3 in /usr/bin", PYTHON)
    if guest.look["noexec"]:
        mend = "mount it without noexec; this is a setting of yours that the role does not touch"
        yield AgentFinding("noexec", ERROR, f"no program may be started below {' and '.join(guest.look['noexec'])}, so that extensions cannot run", mend)
    yield from _policy(guest)


def _policy(guest: LinuxGuest) -> Iterator[AgentFinding]:
    """The policy holds only when a switch is on, too: https://github.com/Azure/WALinuxAgent/tree/master/azurelinuxagent/ga/policy"""
    policy = guest.look["policy"]
    if not policy or not switch(guest.settings, "Debug.EnableExtensionPolicy", False):
        return
    try:
        rules = json.loads(policy.get("text") or "").get("extensionPolicies") or {}
        listed = [str(name).lower() for name in rules.get("extensions") or {}]
    except (ValueError, AttributeError):
        yield AgentFinding("policy_invalid", ERROR, "the policy for extensions is no JSON object, so the agent runs none", "mend the policy file")
        return
    if rules.get("allowListedExtensionsOnly") is True and EXTENSION not in listed:
        yield AgentFinding("policy_forbids", ERROR, "the policy for extensions does not allow the snapshot extension", f"add {EXTENSION} to its extensions")


def _settings(guest: LinuxGuest) -> Iterator[AgentFinding]:
    found = guest.settings
    if guest.look["conf"] is None:
        yield AgentFinding("settings_missing", WARNING, f"{CONF} is not there, so that the agent uses its defaults", "install the package again")
    if not switch(found, EXTENSIONS, True):
        yield AgentFinding("extensions_disabled", ERROR, f"{EXTENSIONS} is n in {CONF}, and the backup is an extension", "set it to y", SETTINGS)
    if not auto_update(found):
        key, step = (LATEST if LATEST in found else UPDATES), SETTINGS if guest.options["auto_update"] else YOU
        yield AgentFinding("auto_update_off", WARNING, f"{key} is n in {CONF}, so that the agent does not keep itself up to date", "set it to y", step)
    if FAMILY in found and found[FAMILY].value != "Prod":
        yield AgentFinding("update_family", WARNING, f"{FAMILY} is {found[FAMILY].value} in {CONF}", "set it to Prod")
    if _waits(guest):
        text = f"{PROVISIONING} in {CONF} has the agent wait for a first set-up of the machine that will not come"
        yield AgentFinding("provisioning_waits", ERROR, text, "set it to disabled", SETTINGS)


def auto_update(found: dict[str, Setting]) -> bool:
    """The newer key wins where it is set; both are on by default."""
    return switch(found, LATEST, True) if LATEST in found else switch(found, UPDATES, True)


def _waits(guest: LinuxGuest) -> bool:
    """An agent on a machine that neither it nor cloud-init has set up waits half an hour for that and is not ready until then; or it
    sets the machine up, with new SSH host keys and no password for root. A machine that is in use wants neither."""
    if guest.look["provisioned"] or not guest.options["skip_provisioning"] or guest.runs_for() > _PROVISIONING_WAIT:
        return False
    setting = guest.settings.get(PROVISIONING)
    return setting is None or setting.value.lower() != "disabled"


def _service(guest: LinuxGuest) -> Iterator[AgentFinding]:
    if guest.look["disable_agent"]:
        yield AgentFinding("agent_disabled", ERROR, "the file disable_agent switches the agent off", "delete it and restart the agent", SETTINGS)
    unit = guest.unit
    if unit is None:
        yield AgentFinding("service_missing", ERROR, "the agent's service is not there", "install the package again")
        return
    name = unit["Id"]
    if unit.get("LoadState") == "masked" or unit.get("UnitFileState") == "masked":
        yield AgentFinding("service_masked", ERROR, f"{name} is masked, which is a setting of yours", f"run systemctl unmask {name}")
        return
    if unit.get("UnitFileState") == "disabled":
        yield AgentFinding("service_not_enabled", ERROR, f"{name} does not start with the system", "enable it", SERVICE)
    if not guest.running and unit.get("ConditionResult") == "no" and unit.get("ConditionTimestampMonotonic") != "0":
        text = f"systemd skips {name}, as a condition in its unit does not hold; the condition is often that the host runs on Azure"
        yield AgentFinding("service_skipped", ERROR, text, f"see systemctl status {name}", SERVICE)
    elif not guest.running:
        yield AgentFinding("service_not_running", ERROR, f"{name} is {unit.get('ActiveState')}", "start it", SERVICE)
    else:
        yield from _stale(guest, name)


def _stale(guest: LinuxGuest, name: str) -> Iterator[AgentFinding]:
    began = (guest.unit or {}).get("started")
    changed = {CONF: (guest.look["conf"] or {}).get("modified"), "its program": guest.look["program_changed"]}
    newer = [what for what, time in changed.items() if began and time and time > began + _SLACK]
    if newer:
        yield AgentFinding("restart_needed", WARNING, f"{name} has been running since before {' and '.join(newer)} changed", "restart it", SERVICE)


def steps(guest: LinuxGuest, found: list[AgentFinding]) -> dict[str, Any]:
    """What mends the findings that the role can mend."""
    wanted = {step: {each.code for each in found if each.step == step} for step in (INSTALL, UPDATE, PYTHON, SETTINGS, SERVICE)}
    text = _new_text(guest, wanted[SETTINGS])
    disabled = "agent_disabled" in wanted[SETTINGS]
    return {
        "install": bool(wanted[INSTALL]),
        "renew": bool(wanted[UPDATE]),
        "python": bool(wanted[PYTHON]),
        "conf": text,
        "disable_file": guest.look["disable_agent"] if disabled else None,
        "enable": "service_not_enabled" in wanted[SERVICE],
        "service": _service_state(guest, wanted[SERVICE], text is not None or disabled),
    }


def _service_state(guest: LinuxGuest, codes: set[str], set_anew: bool) -> str | None:
    if guest.running:
        return "restarted" if set_anew or "restart_needed" in codes else None
    return "started" if codes & {"service_not_running", "service_skipped"} else None


def _new_text(guest: LinuxGuest, codes: set[str]) -> str | None:
    """waagent.conf with what mends these findings; None when nothing changes."""
    changes = {}
    if "extensions_disabled" in codes:
        changes[EXTENSIONS] = "y"
    if "auto_update_off" in codes:
        changes[LATEST if LATEST in guest.settings else UPDATES] = "y"
    if "provisioning_waits" in codes:
        changes[PROVISIONING] = "disabled"
    text = waagent_conf.edit(guest.text or "", changes)
    return text if text != guest.text and changes else None


def state(guest: LinuxGuest) -> dict[str, Any]:
    """What the role returns of the agent."""
    installed, goal = guest.version()
    return {
        "version": installed,
        "goal_state_version": goal,
        "status": str((guest.unit or {}).get("ActiveState") or "stopped") if guest.present else "missing",
        "package": guest.package,
        "package_version": guest.look["packages"].get(guest.package),
        "service": (guest.unit or {}).get("Id"),
    }


def facts(guest: LinuxGuest) -> dict[str, Any]:
    """What the module readiness_info takes as facts of a guest."""
    installed, goal = guest.version()
    unit = guest.unit or {}
    agent = {
        "agent_version": goal or installed,
        "agent_service_running": guest.running and unit.get("UnitFileState") not in ("disabled", "masked"),
        "agent_disabled": bool(guest.look["disable_agent"]),
        "extensions_enabled": switch(guest.settings, EXTENSIONS, True),
        "auto_update": auto_update(guest.settings),
    }
    return {
        **(agent if guest.present else {"agent_service_running": False}),
        "noexec_mounts": [path for path in guest.look["noexec"] if path in ("/var", "/var/lib")],
        "interpreter": guest.look["interpreter"],
        "missing_tools": guest.look["missing_tools"],
        "architecture": guest.look["architecture"],
        "platform_ports": guest.look["platform_ports"],
    }
