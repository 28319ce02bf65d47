# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about the virtual machine itself."""

from __future__ import annotations

import re

from ..._core.fields import mapping
from ..._vault import lock_rules
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import enumerate_some, number, word

# https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas, early 2026: what it lists no more, and what it never did.
_OLD_WINDOWS = re.compile(r"\b(2012|2008[- ]?r2|windows[- ]?(7|8|8\.1))\b")
_UNSUPPORTED_WINDOWS = re.compile(r"\b(2003|2008(?![- ]?r2))\b")
_UNSUPPORTED_LINUX = re.compile(r"\bcoreos\b")
# Codes of https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot and of the service's own answers.
ALREADY_PROTECTED = ("usererrorvmalreadyprotected", "usererrorvmregisteredwithanothervault")
CONFIDENTIAL_REGIONS = ("uaenorth", "koreacentral", "switzerlandnorth", "westcentralus", "southafricanorth", "uksouth")


def _system(facts: Facts) -> str:
    """All that is known of the operating system, in lower case: what the agent reports and what the VM was made from."""
    vm = facts.of("vm")
    image = mapping(vm.get("image"))
    parts = (vm.get("os_name"), vm.get("os_version"), *(image.get(each) for each in ("publisher", "offer", "sku")))
    return " ".join(filter(None, map(word, parts)))


def _os(facts: Facts) -> Answer:
    system, kind = _system(facts), facts.of("vm").get("os")
    architecture = word(facts.of("guest").get("architecture"))
    if architecture in ("i386", "i686", "x86", "32-bit"):
        return fails(f"The operating system is a 32-bit one ({architecture}).")
    if not system:
        return unknown(f"Which {kind or 'operating system'} it is is not known: it was made from no known image, and no agent reports.")
    if (word(kind) == "linux" and _UNSUPPORTED_LINUX.search(system)) or (word(kind) == "windows" and _UNSUPPORTED_WINDOWS.search(system)):
        return fails(f"The operating system is {system}.")
    return passes(f"The operating system is {system}.")


def _os_age(facts: Facts) -> Answer:
    system = _system(facts)
    if word(facts.of("vm").get("os")) != "windows":
        return not_applicable("It is not a Windows VM.")
    if not system:
        return unknown("Which Windows it is is not known: it was made from no known image, and no agent reports.")
    return fails(f"The operating system is {system}.") if _OLD_WINDOWS.search(system) else passes(f"The operating system is {system}.")


def _size(facts: Facts) -> Answer:
    size, vcpus, memory = facts.of("vm").get("size"), number(facts.of("size").get("vcpus")), number(facts.of("size").get("memory_gib"))
    if vcpus is None or memory is None:
        return unknown(f"What size {size} has is not known in this region.")
    text = f"Size {size} has {vcpus:g} vCPUs and {memory:g} GiB of memory"
    least = (facts.thresholds["vcpus_min"], facts.thresholds["memory_gib_min"])
    return passes(f"{text}.") if vcpus >= least[0] and memory >= least[1] else fails(f"{text}, at least {least[0]:g} and {least[1]:g} are supported.")


def _security_type(facts: Facts) -> Answer:
    kind, region = facts.of("vm").get("security_type"), facts.of("vm").get("location")
    if not isinstance(kind, str):
        return unknown("The VM's security type is not known.")
    if word(kind) != "confidentialvm":
        return passes(f"The VM's security type is {kind}.")
    if region in CONFIDENTIAL_REGIONS:
        return fails(f"The VM is a confidential one; in region '{region}' its backup is a preview.")
    return fails(f"The VM is a confidential one, and region '{region}' is not among those where its backup is tried as a preview.")


def _power(facts: Facts) -> Answer:
    state = word(facts.of("vm").get("power_state"))
    if not state:
        return unknown("Azure does not say whether the VM runs.")
    return passes("The VM is running.") if state == "running" else fails(f"The VM is {state}: its backup is crash-consistent.")


def _provisioning(facts: Facts) -> Answer:
    state = facts.of("vm").get("provisioning_state")
    if not isinstance(state, str):
        return unknown("Azure does not say how the last operation on the VM ended.")
    return fails("The last operation on the VM failed.") if word(state) == "failed" else passes(f"The VM's provisioning state is {state}.")


def _extensions_allowed(facts: Facts) -> Answer:
    if facts.of("vm").get("extension_operations_allowed") is False:
        return fails("The VM takes no extensions, and backup installs one.")
    return passes("The VM takes extensions.")


def _locked(facts: Facts) -> Answer:
    over = [each for each in lock_rules.over(facts.of("vm").get("id"), facts.list_of("locks")) if word(each.get("level")) == "readonly"]
    if over:
        named = enumerate_some(f"'{each.get('name')}' on {each.get('scope')}" for each in over)
        return fails(f"A ReadOnly lock is on the VM or above it: {named}.")
    return passes("No ReadOnly lock is on the VM, its resource group or subscription.")


def _validated(facts: Facts) -> Answer:
    answer = mapping(facts.of("azure").get("validation"))
    status = word(answer.get("status"))
    if status == "succeeded":
        return passes("Azure says that the VM can be protected.")
    text = f"{answer.get('errorCode')}: {answer.get('errorMessage')}"
    if status == "failed" and word(answer.get("errorCode")) in ALREADY_PROTECTED and facts.of("item").get("state") in ("protected", "suspended", "stopped"):
        return passes("Azure would not protect the VM anew since a vault has it already.")
    if status == "failed":
        return fails(f"Azure says that the VM cannot be protected: {text}", answer.get("recommendation") or None)
    return unknown("Azure gives no verdict on whether the VM can be protected.")


_MATRIX = "https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas"
_TROUBLE = "https://learn.microsoft.com/azure/backup/backup-azure-vms-troubleshoot"
RULES = (
    Rule(
        "VM-VALIDATION", "error", "vm", "Azure says that the VM can be protected",
        "Do what Azure recommends with the code that it gives.", "https://learn.microsoft.com/azure/backup/backup-azure-arm-userestapi-backupazurevms",
        _validated, ("azure", "item"),
    ),
    Rule(
        "VM-OS", "error", "vm", "The operating system is one that Azure backs up",
        "Back up what matters from inside the VM, or move it to a supported system.", _MATRIX, _os, ("vm", "instance_view"),
    ),
    Rule(
        "VM-OS-OLD", "warning", "vm", "The operating system is among those that Microsoft lists",
        "Upgrade it: backups of it may still work and get no support.", _MATRIX, _os_age, ("vm", "instance_view"),
    ),
    Rule("VM-SIZE", "warning", "vm", "The VM is as large as backup needs", "Resize the VM.", _MATRIX, _size, ("vm", "size")),
    Rule(
        "VM-SECURITY-TYPE", "warning", "vm", "The VM's security type is backed up everywhere",
        "Make sure by a first backup; in other regions back up from inside the VM.", _MATRIX, _security_type, ("vm",),
    ),
    Rule(
        "VM-POWER", "warning", "vm", "The VM is running",
        "Start the VM for backups that applications agree with, and for the first backup to install its extension.", _TROUBLE, _power,
        ("vm", "instance_view"),
    ),
    Rule(
        "VM-PROVISIONING", "error", "vm", "The VM is in a sound state",
        "Reapply the VM's model; where an extension is the cause, remove or repair it first.", _TROUBLE, _provisioning, ("vm",),
    ),
    Rule(
        "VM-EXTENSIONS-ALLOWED", "error", "vm", "The VM takes extensions",
        "Install the VM agent, then set allowExtensionOperations to true.", "https://learn.microsoft.com/azure/virtual-machines/extensions/agent-windows",
        _extensions_allowed, ("vm",),
    ),
    Rule(
        "VM-LOCK", "warning", "vm", "No ReadOnly lock keeps backup out",
        "Replace the lock by one of level CanNotDelete.", "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources", _locked,
        ("vm", "locks"),
    ),
)  # fmt: skip
