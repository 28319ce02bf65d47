# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about backup policies, and whether a VM's policy suits the VM."""

from __future__ import annotations

from typing import Any

from ..._core.errors import Problem
from ..._policy import policy_type, time_zones
from ..._policy.rules import check_settings
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import enumerate_some, number, word
from .disk import SHARED_BLOCKER, UNMANAGED, backed_up
from .item import JOB_RUNNING

# https://learn.microsoft.com/azure/backup/backup-azure-vms-enhanced-policy
ENHANCED_DISKS = ("ultrassd_lrs", "premiumv2_lrs")


def _policies(facts: Facts) -> list[dict[str, Any]]:
    return facts.list_of("policies")


def _settings_problems(policy: dict[str, Any]) -> list[Problem]:
    try:
        return check_settings(policy)
    except (TypeError, ValueError, AttributeError, LookupError):
        return [Problem("policy", "Azure shows it in a form that is not known")]


def _all(facts: Facts, wrong: dict[str, str], what: str, *, mends: bool = False) -> Answer:
    """One answer for all policies of a vault. mends: whether the rule's step corrects those that are wrong."""
    if wrong:
        return fails(enumerate_some(f"{name}: {text}" for name, text in wrong.items()), action={"policies": list(wrong)} if mends else None)
    count = len(_policies(facts))
    return passes(f"{what} in all {count} policies.") if count else not_applicable("The vault has no policy for VMs.")


def _consistent(facts: Facts) -> Answer:
    found = {str(each.get("name")): _settings_problems(each) for each in _policies(facts)}
    return _all(facts, {name: "; ".join(map(str, problems)) for name, problems in found.items() if problems}, "Schedule and retention fit together")


def _time_zone(facts: Facts) -> Answer:
    wrong = {}
    for each in _policies(facts):
        zone = each.get("time_zone")
        if not zone:
            wrong[str(each.get("name"))] = "has no time zone"
        elif not isinstance(zone, str) or time_zones.resolve(zone) is None:
            wrong[str(each.get("name"))] = f"'{zone}' is no Windows time zone"
    return _all(facts, wrong, "The time zone is known", mends=True)


def _instant(facts: Facts) -> Answer:
    """The same limits as when a policy is written, seen alone since a wrong number is refused with one code for all."""
    wrong = {}
    for each in _policies(facts):
        problems = [str(problem) for problem in _settings_problems(each) if problem.option == "instant_restore_days"]
        if number(each.get("instant_restore_days")) is None:
            wrong[str(each.get("name"))] = "does not say for how many days snapshots are kept"
        elif problems:
            wrong[str(each.get("name"))] = problems[0]
    return _all(facts, wrong, "Snapshots are kept as long as Azure takes it")


def _crowded(facts: Facts) -> Answer:
    most = facts.thresholds["vms_per_policy_warn"]
    counts = {str(each.get("name")): number(each.get("protected_items")) or 0 for each in _policies(facts)}
    return _all(facts, {name: f"{count:g} VMs follow it" for name, count in counts.items() if count >= most}, f"Fewer than {most} VMs")


def _full(facts: Facts) -> Answer:
    most = facts.thresholds["vms_per_policy_max"]
    counts = {str(each.get("name")): number(each.get("protected_items")) or 0 for each in _policies(facts)}
    return _all(facts, {name: f"{count:g} VMs follow it" for name, count in counts.items() if count >= most}, f"Fewer than {most} VMs")


def _kind(facts: Facts) -> str | None:
    """The type of policy that the VM follows, or would: standard, enhanced, None when that is not known."""
    item, policy = facts.of("item"), facts.of("policy")
    kind = word(policy.get("policy_type")) or word(item.get("policy_type"))
    return kind if kind in (policy_type.STANDARD, policy_type.ENHANCED) else None


def _enhanced(facts: Facts) -> Answer:
    disks = backed_up(facts.list_of("disks"), facts.of("item"))
    reasons = [f"disk '{each.get('name')}' is {each.get('sku')}" for each in disks if word(each.get("sku")) in ENHANCED_DISKS]
    if facts.of("vm").get("extended_location"):
        reasons.append(f"the VM is in extended zone '{facts.of('vm')['extended_location']}'")
    unseen = [each for each in disks if not each.get("sku") and each.get("managed") is not False]
    kind = _kind(facts)
    if not reasons and kind == "enhanced":
        return passes("The VM has an Enhanced policy, which backs up all kinds of disks.")
    if not reasons and unseen:
        return unknown(f"The kind of disk {enumerate_some(each.get('name') for each in unseen)} is not known.")
    if not reasons:
        return passes("A Standard policy would do.")
    if kind is None:
        return not_applicable(f"The VM needs an Enhanced policy and has none yet: {enumerate_some(reasons)}.")
    if kind == "enhanced":
        return passes(f"The VM needs an Enhanced policy and has one: {enumerate_some(reasons)}.")
    return fails(f"The VM has a Standard policy and needs an Enhanced one: {enumerate_some(reasons)}.", action=_place(facts))


def _place(facts: Facts) -> dict[str, Any] | None:
    """Where the VM gets another policy; None when no backups of it are active."""
    item = facts.of("item")
    return {"vault_id": item.get("vault_id"), "policy": item.get("policy")} if item.get("state") == "protected" else None


def _type(facts: Facts) -> Answer:
    """https://learn.microsoft.com/azure/backup/backup-azure-vm-migrate-enhanced-policy"""
    wanted, place = facts.wanted.get("policy_type"), _place(facts)
    if not wanted:
        return not_applicable("No type of policy is asked for.")
    if place is None:
        return not_applicable("No vault protects the VM.")
    kind = word(facts.of("item").get("policy_type"))
    if not kind:
        return unknown("Azure does not say of which type the VM's policy is.")
    text = f"Policy '{place['policy']}' is of type {kind}"
    return passes(f"{text}.") if kind == wanted else fails(f"{text}, asked for is {wanted}.", action=place)


def _crash_consistent(facts: Facts) -> Answer:
    """https://learn.microsoft.com/azure/backup/backup-azure-vms-agentless-multi-disk-crash-consistent"""
    if facts.of("policy").get("consistency") != "crash_only":
        return not_applicable("The VM's policy does not ask for crash-consistent backups only.")
    disks = facts.list_of("disks")
    wrong = [f"disk '{each.get('name')}' is {each.get('sku')}" for each in disks if word(each.get("sku")) in ENHANCED_DISKS]
    wrong += [f"disk '{each.get('name')}' is shared" for each in disks if (number(each.get("max_shares")) or 1) > 1]
    wrong += [f"disk '{each.get('name')}' has Write Accelerator" for each in disks if each.get("write_accelerator") is True]
    if facts.of("vm").get("ephemeral_os_disk") is True:
        wrong.append("the OS disk is ephemeral")
    if wrong:
        return fails(f"The policy takes crash-consistent backups only, which do not go with this VM: {enumerate_some(wrong)}.")
    unseen = [each for each in disks if each.get("seen") is not True]
    if unseen:
        return unknown(f"Disk {enumerate_some(each.get('name') for each in unseen)} could not be seen.")
    return passes("No disk stands against crash-consistent backups.")


def _snapshot_groups(facts: Facts) -> Answer:
    """Azure keeps snapshots in resource groups AzureBackupRG_..., and a lock there keeps it from cleaning up."""
    locked = [each for each in facts.list_of("locks") if "/resourcegroups/azurebackuprg_" in word(each.get("scope"))]
    if locked:
        return fails(enumerate_some(f"{each.get('level')} lock '{each.get('name')}' on {each.get('scope')}" for each in locked))
    return passes("No snapshot resource group of Azure Backup is locked.")


_DOCS = "https://learn.microsoft.com/azure/backup"
# What keeps a VM from an Enhanced policy.
_BLOCKERS = (JOB_RUNNING, UNMANAGED, SHARED_BLOCKER)
RULES = (
    Rule(
        "POLICY-CONSISTENT", "error", "vault", "Schedules and retention of the policies fit together",
        "Correct the policy with the module policy.", f"{_DOCS}/backup-azure-arm-userestapi-createorupdatepolicy", _consistent, ("policies",),
    ),
    Rule(
        "POLICY-TIME-ZONE", "warning", "vault", "Every policy names its time zone",
        "Set time_zone of the policy: backups start at an hour that nobody meant otherwise.", f"{_DOCS}/backup-azure-vm-backup-faq", _time_zone,
        ("policies",), step="time_zones",
    ),
    Rule(
        "POLICY-INSTANT-RESTORE", "error", "vault", "Snapshots are kept for as many days as Azure takes",
        "Set instant_restore_days of the policy: 1 to 5 for Standard, 1 to 30 for Enhanced policies.", f"{_DOCS}/backup-instant-restore-capability",
        _instant, ("policies",),
    ),
    Rule(
        "POLICY-CROWDED", "warning", "vault", "No policy has more VMs than Azure supports",
        "Spread the VMs over several policies with different times.", f"{_DOCS}/backup-support-matrix", _crowded, ("policies",),
    ),
    Rule(
        "POLICY-FULL", "error", "vault", "No policy has so many VMs that Azure refuses more",
        "Create another policy for more VMs.", f"{_DOCS}/backup-support-matrix", _full, ("policies",),
    ),
    Rule(
        "POLICY-ENHANCED", "error", "vm", "The VM's policy is of the type that its disks need",
        "Give the VM an Enhanced policy (the way back does not exist), or leave these disks out of the backup.",
        f"{_DOCS}/backup-azure-vms-enhanced-policy", _enhanced, ("vm", "disks", "item", "policy"), step="enhanced_policy", blocked_by=_BLOCKERS,
    ),
    Rule(
        "POLICY-TYPE", "info", "vm", "The VM's policy is of the type asked for",
        "Give the VM an Enhanced policy; it cannot be given a Standard one again.", f"{_DOCS}/backup-azure-vm-migrate-enhanced-policy", _type, ("item",),
        step="enhanced_policy", blocked_by=_BLOCKERS,
    ),
    Rule(
        "POLICY-CRASH-CONSISTENT", "error", "vm", "The VM can be backed up by its crash-consistent policy",
        "Give the VM a policy with application-consistent backups.", f"{_DOCS}/backup-azure-vms-agentless-multi-disk-crash-consistent",
        _crash_consistent, ("vm", "disks", "policy"),
    ),
    Rule(
        "POLICY-SNAPSHOT-GROUP", "warning", "subscription", "The resource groups of snapshots are not locked",
        "Remove the lock: Azure cannot delete old snapshots there, and backups fail when they pile up.",
        f"{_DOCS}/backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout", _snapshot_groups, ("locks",),
    ),
)  # fmt: skip
