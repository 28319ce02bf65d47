# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about how a VM is protected: its item, its backups and the jobs that work on it."""

from __future__ import annotations

from ..._core.fields import mapping, objects
from ..coverage import age_hours, allowed_hours, is_inconsistent, wrong_policy
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import enumerate_some, word
from .disk import selected

_NONE = "No vault protects the VM."


def _active(facts: Facts) -> bool:
    return facts.of("item").get("state") == "protected"


def _protected(facts: Facts) -> Answer:
    item = facts.of("item")
    if not item:
        return fails("No vault has the VM.")
    if item.get("state") == "soft_deleted":
        return fails(f"Vault '{item.get('vault_name')}' holds deleted backups of the VM since {item.get('soft_delete_time')}.")
    return passes(f"Vault '{item.get('vault_name')}' has the VM.")


def _going_on(facts: Facts) -> Answer:
    item, state = facts.of("item"), facts.of("item").get("state")
    if not item or state == "soft_deleted":
        return not_applicable(_NONE)
    if state in ("stopped", "suspended"):
        return fails(f"Backups of the VM are {state} in vault '{item.get('vault_name')}'.")
    return passes("Backups go on.") if state == "protected" else unknown(f"Protection is in state {item.get('protection_state')}.")


def _policy(facts: Facts) -> Answer:
    wanted, policy = facts.wanted.get("policies"), facts.of("item").get("policy")
    if not wanted:
        return not_applicable("No policy is asked for.")
    if not _active(facts):
        return not_applicable(_NONE)
    if not policy:
        return unknown("Azure does not say which policy the VM has.")
    if wrong_policy(facts.of("item"), wanted):
        return fails(f"The VM's policy is '{policy}', asked for is {enumerate_some(wanted)}.")
    return passes(f"The VM's policy is '{policy}'.")


def _consistent(facts: Facts) -> Answer:
    """policies: those of the item's vault. Azure tells of an inconsistency only when the item itself is read."""
    item = facts.of("item")
    if not _active(facts):
        return not_applicable(_NONE)
    reason = is_inconsistent(item, facts.list_of("policies"))
    if reason:
        said = item.get("policy_inconsistent") is True
        return fails(reason, action={"vault_id": item.get("vault_id"), "policy": item.get("policy")} if said else None)
    if item.get("details_unread"):
        return unknown(str(item["details_unread"]))
    if item.get("policy_inconsistent") is False:
        return passes("Azure says that the item follows its policy.")
    return passes(f"The item follows policy '{item.get('policy')}' as far as the lists of the vault show; details reads the item itself.")


def _recent(facts: Facts) -> Answer:
    item, policy = facts.of("item"), facts.of("policy")
    if not _active(facts):
        return not_applicable(_NONE)
    age, most = age_hours(item, facts.now), allowed_hours(policy, facts.thresholds)
    if age is None and word(item.get("protection_state")) == "irpending":
        return fails("The VM waits for its first backup.", "Back the VM up now, or wait for the time that its policy names.")
    if age is None:
        return unknown("Azure does not say when the last backup was made.")
    text = f"The last backup was made {max(age, 0):.0f} hours ago"
    return passes(f"{text}.") if age <= most else fails(f"{text}; by its policy it is {most:.0f} hours old at most.")


def _last_result(facts: Facts) -> Answer:
    if not _active(facts):
        return not_applicable(_NONE)
    status = facts.of("item").get("last_backup_status")
    if not status:
        return not_applicable("There was no backup yet.")
    if word(status) in ("failed", "unhealthy", "completedwithwarnings"):
        return fails(f"The last backup ended as {status}.")
    return passes(f"The last backup ended as {status}.")


def _health(facts: Facts) -> Answer:
    item = facts.of("item")
    if not _active(facts):
        return not_applicable(_NONE)
    state = word(item.get("health"))
    if state in ("", "invalid"):
        return unknown("Azure does not say how healthy the item is.")
    if state == "passed" and word(item.get("protection_state")) != "protectionerror":
        return passes("Azure says that the item is healthy.")
    details = [f"{each.get('title') or each.get('code')}: {each.get('message')}" for each in objects(item.get("health_details"))]
    return fails(f"Azure says of the item: {item.get('health')}, {item.get('protection_state')}. {enumerate_some(details)}".strip())


def _busy(facts: Facts) -> Answer:
    jobs = facts.list_of("jobs")
    if not jobs:
        return passes("No job works on the VM.")
    return fails(enumerate_some(f"Job {each.get('operation')} runs since {each.get('start_time')}" for each in jobs) + ".")


def _exclusion(facts: Facts) -> Answer:
    """Disks that were left out and are gone, or the other way round: a list of LUNs does not follow the VM."""
    mode, luns = selected(facts.of("item"))
    if not _active(facts) or mode in (None, "all"):
        return not_applicable("All disks are backed up.")
    present = {str(each.get("lun")) for each in objects(mapping(facts.of("vm").get("disks")).get("data"))}
    gone = [lun for lun in luns if lun not in present]
    kind = "left out" if mode == "exclude" else "backed up"
    if gone:
        return fails(f"LUN {enumerate_some(gone)} is named as {kind}, and the VM has no such disk.")
    return passes(f"LUNs {enumerate_some(luns) or 'none'} are {kind}, and the VM has these disks.")


def _orphans(facts: Facts) -> Answer:
    """orphans: items of VMs that were not in the lists of all VMs; a move to another group makes another VM of it for backup."""
    gone = [each for each in facts.list_of("orphans") if each.get("state") in ("protected", "unknown")]
    if gone:
        return fails(f"The vault goes on with VMs that are not there: {enumerate_some(each.get('name') for each in gone)}.")
    return passes("Every VM that the vault backs up is there.")


_DOCS = "https://learn.microsoft.com/azure/backup"
JOB_RUNNING = Rule(
    "JOB-RUNNING", "info", "vm", "No job works on the VM",
    "Wait for the job before the agent is updated or the policy changed.", f"{_DOCS}/backup-azure-arm-userestapi-managejobs", _busy, ("jobs",),
)  # fmt: skip
RULES = (
    Rule(
        "ITEM-PROTECTED", "info", "vm", "A vault protects the VM",
        "Protect the VM with the module protection, or by the role prepare.", f"{_DOCS}/backup-azure-arm-vms-prepare", _protected, ("item",),
    ),
    Rule(
        "ITEM-STATE", "warning", "vm", "Backups of the VM go on",
        "Protect the VM again with a policy, or skip the rule for this VM with a reason; its data stays as it is.", f"{_DOCS}/backup-azure-manage-vms",
        _going_on, ("item",),
    ),
    Rule(
        "ITEM-POLICY", "warning", "vm", "The VM has one of the policies asked for",
        "Give the VM another policy with the module protection.", f"{_DOCS}/backup-azure-manage-vms", _policy, ("item",),
    ),
    Rule(
        "ITEM-CONSISTENT", "warning", "vm", "The VM's backups follow its policy",
        "Protect the VM with its policy again: the same PUT makes Azure apply it.", f"{_DOCS}/backup-azure-arm-userestapi-backupazurevms", _consistent,
        ("item", "policies"), step="reapply_policy",
    ),
    Rule(
        "ITEM-BACKUP-AGE", "warning", "vm", "The last backup is as recent as the policy promises",
        "See the vault's backup jobs for why it failed or did not start, mend that, and back the VM up now.", f"{_DOCS}/backup-azure-vms-troubleshoot",
        _recent, ("item", "policy"),
    ),
    Rule(
        "ITEM-LAST-BACKUP", "warning", "vm", "The last backup ended well",
        "See the job's error and what Azure recommends for its code.", f"{_DOCS}/backup-azure-vms-troubleshoot", _last_result, ("item",),
    ),
    Rule(
        "ITEM-HEALTH", "warning", "vm", "Azure finds nothing wrong with the VM's protection",
        "Do what the item's health details recommend.", f"{_DOCS}/backup-azure-vms-troubleshoot", _health, ("item",),
    ),
    Rule(
        "ITEM-DISKS", "warning", "vm", "The disks that are named for the backup are there",
        "Name the LUNs of the disks to back up, or to leave out, again.", f"{_DOCS}/selective-disk-backup-restore", _exclusion, ("vm", "item"),
    ),
    Rule(
        "ITEM-ORPHANS", "warning", "vault", "Every VM that the vault backs up is still there",
        "Stop the protection and keep the data. A VM that was moved to another group has to be protected again under its new id.",
        f"{_DOCS}/backup-azure-vms-troubleshoot", _orphans, ("orphans",),
    ),
    JOB_RUNNING,
)  # fmt: skip
