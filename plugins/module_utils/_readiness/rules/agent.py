# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about the VM agent and the snapshot extension, by what Azure shows of them."""

from __future__ import annotations

import re
from typing import Any

from ..._core.fields import mapping, objects
from ..._jobs.view import moment
from ..facts import SNAPSHOT_EXTENSIONS
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import hours_since, version, word

_OFF = "The VM is off, so its agent cannot report; the backup does without it."
_NOT_READY = "The agent does not report."
_SILENT = ("missing", "not_ready")
_UNTOLD = "Azure's list of VMs does not tell of the agent; details reads the VM itself."
_TROUBLE_WORDS = re.compile(r"\b(waiting|network issue|fail\w*|error|unable|timed? ?out)\b", re.IGNORECASE)


def _agent(facts: Facts) -> dict[str, Any]:
    return mapping(facts.of("vm").get("agent"))


def _off(facts: Facts) -> bool:
    return word(facts.of("vm").get("power_state")) not in ("", "running")


def _ready(facts: Facts) -> Answer:
    if _off(facts):
        return not_applicable(_OFF)
    status, message = _agent(facts).get("status"), _agent(facts).get("message")
    if status == "ready":
        return passes(f"The agent is ready, version {_agent(facts).get('version')}.")
    if status == "missing":
        unprovided = facts.of("vm").get("provision_vm_agent") is False
        return fails("The VM has no agent" + (": it was created without one." if unprovided else "."))
    if status == "not_ready":
        return fails(f"The agent is not ready: {message or 'without a message'}")
    return unknown(_UNTOLD)


def _version_of(facts: Facts) -> tuple[int, ...] | None:
    """The version Azure knows, or the one that was found in the guest."""
    return version(_agent(facts).get("version")) or version(facts.of("guest").get("agent_version"))


def _shown(parts: tuple[int, ...]) -> str:
    return ".".join(map(str, parts))


def _judge_version(facts: Facts, least: str, why: str) -> Answer:
    found, bound = _version_of(facts), version(least) or ()
    if found is None and (_off(facts) or _agent(facts).get("status") in _SILENT):
        return not_applicable(_OFF if _off(facts) else _NOT_READY)
    if found is None:
        return unknown("The agent's version is not known.")
    text = f"The agent's version is {_shown(found)}"
    return passes(f"{text}.") if found >= bound else fails(f"{text}, {why} {least}.")


def _oldest(facts: Facts) -> Answer:
    if word(facts.of("vm").get("os")) != "windows":
        return not_applicable("The lowest version is one of the agent for Windows.")
    return _judge_version(facts, facts.thresholds["agent_windows_min"], "backup needs at least")


def _supported(facts: Facts) -> Answer:
    system = word(facts.of("vm").get("os"))
    if system not in ("windows", "linux"):
        return unknown("The operating system is not known.")
    return _judge_version(facts, facts.thresholds[f"agent_{system}_supported"], "Azure supports")


def _message(facts: Facts) -> Answer:
    """An agent may be ready and still tell of a network that it cannot get through (recorded traffic)."""
    if _off(facts):
        return not_applicable(_OFF)
    status, message = _agent(facts).get("status"), _agent(facts).get("message")
    if status != "ready":
        return not_applicable(_NOT_READY) if status in _SILENT else unknown(_UNTOLD)
    text = str(message or "")
    return fails(f"The agent says: {text}") if _TROUBLE_WORDS.search(text) else passes(f"The agent says: {text or 'nothing'}")


def _silent(facts: Facts) -> Answer:
    if _off(facts):
        return not_applicable(_OFF)
    if _agent(facts).get("status") != "ready":
        return not_applicable(_NOT_READY) if _agent(facts).get("status") in _SILENT else unknown(_UNTOLD)
    when = moment(_agent(facts).get("time"))
    if when is None:
        return unknown("Azure does not say when it last heard of the agent.")
    minutes, most = hours_since(facts.now, when) * 60, facts.thresholds["agent_silent_minutes_max"]
    return passes(f"The agent reported at {when:%Y-%m-%d %H:%M} UTC.") if minutes <= most else fails(f"The agent reported {minutes:.0f} minutes ago last.")


def _snapshot_extension(facts: Facts) -> Answer:
    """Azure installs it with the first backup, so one that is not there says nothing."""
    found = [each for each in objects(facts.of("vm").get("extensions")) if word(each.get("type")) in SNAPSHOT_EXTENSIONS]
    if not found:
        return not_applicable("The snapshot extension is not installed; the first backup does that.")
    status = found[0].get("status")
    if not status:
        return unknown("Azure does not say how the snapshot extension does.")
    if word(status) in ("failed", "error"):
        return fails(f"The snapshot extension failed: {found[0].get('message') or 'without a message'}")
    return passes(f"The snapshot extension is in state {status}.")


def _other_extensions(facts: Facts) -> Answer:
    broken = [each for each in objects(facts.of("vm").get("extensions")) if word(each.get("status")) in ("failed", "error")]
    broken = [each for each in broken if word(each.get("type")) not in SNAPSHOT_EXTENSIONS]
    if broken:
        return fails(f"Extension '{broken[0].get('name')}' failed: {broken[0].get('message') or 'without a message'}")
    return passes("No other extension failed.")


_TROUBLE = "https://learn.microsoft.com/azure/backup/backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout"
_FLOOR = "https://learn.microsoft.com/troubleshoot/azure/virtual-machines/support-extensions-agent-version"
_UPDATE = "Update the agent from the distribution's packages or with the installer for Windows; the role vm_agent does both."
RULES = (
    Rule(
        "AGENT-READY", "error", "vm", "The VM agent reports to Azure",
        "Install or restart the VM agent and make sure that the VM reaches 168.63.129.16; the role vm_agent does that.",
        "https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare", _ready, ("vm", "instance_view"),
    ),
    Rule(
        "AGENT-VERSION", "error", "vm", "The VM agent is not too old for backup", _UPDATE,
        "https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare", _oldest, ("vm", "instance_view"),
    ),
    Rule(
        "AGENT-SUPPORTED", "warning", "vm", "The VM agent is one that Azure supports", _UPDATE, _FLOOR, _supported, ("vm", "instance_view"),
    ),
    Rule(
        "AGENT-MESSAGE", "warning", "vm", "The VM agent tells of no trouble",
        "See the agent's log in the VM (waagent.log, WaAppAgent.log) and make sure that the VM reaches 168.63.129.16.", _TROUBLE, _message,
        ("vm", "instance_view"),
    ),
    Rule(
        "AGENT-SILENT", "warning", "vm", "The VM agent has reported lately",
        "Restart the VM agent; where that is of no help, restart the VM.", _TROUBLE, _silent, ("vm", "instance_view"),
    ),
    Rule(
        "AGENT-SNAPSHOT-EXTENSION", "warning", "vm", "The snapshot extension works",
        "Remove the extension; the next backup installs it again.", _TROUBLE, _snapshot_extension, ("vm",),
    ),
    Rule(
        "AGENT-EXTENSIONS", "info", "vm", "No other extension failed",
        "Repair or remove it: an extension that fails may keep the VM from a sound provisioning state.", _TROUBLE, _other_extensions, ("vm",),
    ),
)  # fmt: skip
