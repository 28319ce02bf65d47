# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What may be done to protected VMs: the rules of options, of vaults and policies, and of single VMs. Nothing here talks to Azure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, fetch
from .._core.ids import location
from .._core.names import check_group, check_vault, check_vault_name
from .._items import disks
from .._items.view import Item, Target, View
from .._policy import policy_type
from .._policy.view import to_view as policy_view
from .._resource_guard.rules import check_guard, weaker
from .._vault import lock_rules
from .._vm import selection
from . import assign


def check_options(options: dict[str, Any]) -> list[Problem]:
    problems = check_vault(options)
    problems += selection.check(options) + check_guard(options) + disks.check(options.get("disks")) + assign.check(options)
    state = options.get("state")
    if state != "protected":
        given = [option for option in ("policy", "disks", "move") if options.get(option)]
        problems += [Problem(option, f"has no meaning with state {state}; leave it out") for option in given]
    return problems + _check_deletion(options) + _check_spread(options)


def _check_deletion(options: dict[str, Any]) -> list[Problem]:
    """Data is deleted of VMs that somebody has written down one by one, of no others."""
    if not options.get("delete_backup_data"):
        return []
    if options.get("state") != "absent":
        return [Problem("delete_backup_data", "goes with state absent only")]
    selectors = [option for option in (*selection.FILTERS, "all_vms") if options.get(option)]
    if selectors:
        return [Problem("delete_backup_data", f"deletes the data of VMs that vms names, never of VMs that are found: leave out {', '.join(selectors)}")]
    return []


def _check_spread(options: dict[str, Any]) -> list[Problem]:
    wish = options.get("spread") or {}
    problems = []
    if wish.get("policies") and not options.get("policy"):
        problems.append(Problem("policy", "is needed with spread.policies, which names the further ones"))
    if wish.get("policies") and options.get("state") != "protected":
        problems.append(Problem("spread.policies", f"has no meaning with state {options.get('state')}; leave it out"))
    for vault in wish.get("vaults") or ():
        problems += check_vault_name(vault.get("vault_name"), "spread.vaults.vault_name")
        problems += check_group(vault.get("resource_group"), "spread.vaults.resource_group")
    return problems


def immutable(vault: Document | None) -> bool:
    return fetch(vault, "properties.securitySettings.immutabilitySettings.state") in ("Unlocked", "Locked")


def soft_delete_days(vault: Document | None) -> int:
    """How long the vault keeps deleted data; 0 when it does not."""
    settings = fetch(vault, "properties.securitySettings.softDeleteSettings") or {}
    if settings.get("softDeleteState") == "Disabled":
        return 0
    return int(settings.get("softDeleteRetentionPeriodInDays") or 14)


def check_suspension(vault: Document | None, vault_name: str) -> list[Problem]:
    """https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept"""
    if vault is None or immutable(vault):
        return []
    text = f"suspended is a state of immutable vaults only, and vault '{vault_name}' is not: use stopped, which keeps all data, or make the vault immutable"
    return [Problem("state", text)]


def check_vm(vm: Document, regions: Iterable[str]) -> str | None:
    """Why a VM that is new cannot come into any vault of these regions; '' is a vault whose region is not known. An empty document is no VM."""
    if not vm:
        return "there is no such VM"
    present, regions = location(vm.get("location")), list(dict.fromkeys(regions))
    if "" in regions or present in regions:
        return None
    where = f"the vault in '{regions[0]}'" if len(regions) == 1 else f"the vaults in {', '.join(regions)}"
    return f"it is in region '{present}', {where}; a vault protects VMs of its own region only: use or create a vault there"


def check_owner(owner: Item | None, move: bool) -> str | None:
    if owner is None or move:
        return None
    vault = owner.view["vault"]
    if owner.state == "protected":
        return f"it is protected by vault '{vault}' already, and a VM has one vault; keep it there, or set move, which stops that and keeps the data there"
    return f"its backups by vault '{vault}' are {owner.state} and its data is kept there; resume them there, or set move to protect it here with the same disks"


def check_deletion(item: Item, vault: Document | None) -> str | None:
    """https://learn.microsoft.com/azure/backup/backup-azure-immutable-vault-concept"""
    if immutable(vault) and item.has_data:
        return f"vault '{item.view['vault']}' is immutable: recovery points cannot be deleted before they expire; stopped or suspended ends the backups"
    return None


def deletion_note(vault: Document | None) -> str:
    days = soft_delete_days(vault)
    return f"deleted data can be brought back for {days} days" if days else "deleted data is gone for good"


def check_final_deletion(vault: Document | None, vault_name: str, count: int, accept_irreversible: bool) -> list[Problem]:
    """Without soft delete there is no way back, and that needs a consent of its own."""
    if soft_delete_days(vault) or accept_irreversible or not count:
        return []
    text = f"soft delete of vault '{vault_name}' is disabled, so the data of {count} VMs would be gone for good"
    return [Problem("delete_backup_data", f"{text}: set accept_irreversible, or enable soft delete first")]


def check_locks(held: Iterable[dict[str, Any]], items: list[Item], vault_name: str) -> list[Problem]:
    """Locks on what is to be deleted, or on what that is in. Both levels forbid it, and Azure would say so only in the middle of the work."""
    over = {lock["scope"]: lock for item in items for lock in lock_rules.over(item.id, held)}
    text = f"keeps backup data in vault '{vault_name}'; somebody with rights on locks must remove it first"
    return [Problem("delete_backup_data", f"{lock_rules.shown(each)} {text}") for each in over.values()]


def unknown_vm(vault_names: list[str]) -> str:
    """Why a VM is not known at all: it is misspelt, or gone with its backups."""
    first, *more = [f"'{each}'" for each in vault_names]
    where = f"none of the vaults {', '.join([first, *more])} has" if more else f"vault {first} does not have"
    return f"there is no such VM, and {where} backups of it"


def lost_by(before: Document | None, after: Document | None) -> list[str]:
    """What items lose that come from the one policy to the other, in words."""
    if before is None or after is None:
        return []
    return weaker(policy_view(before), policy_view(after))


def check_lowering(lost: list[str], vault: Document | None, target: Target, present: str | None) -> str | None:
    """An immutable vault lets no item keep less than before."""
    less = [each for each in lost if each != "time between backups"]
    if not less or not immutable(vault):
        return None
    return f"its vault is immutable, and policy '{target.policy}' keeps less than '{present}': {', '.join(less)}"


def check_policy_move(policy_name: str, enhanced: bool | None, held: Iterable[tuple[str, str]], accept_irreversible: bool) -> list[Problem]:
    """Standard to Enhanced is one-way and Enhanced to Standard does not exist, in a move to another vault too.

    held: the VMs that a vault has, by name, and the type of the policy that each has or had.
    https://learn.microsoft.com/azure/backup/backup-azure-vm-migrate-enhanced-policy
    """
    if enhanced is None:
        return []
    named: dict[str, list[str]] = {}
    for vm, kind in held:
        named.setdefault(kind, []).append(vm)
    if not enhanced:
        kept = named.get(policy_type.ENHANCED)
        text = f"'{policy_name}' is a Standard policy; VMs with an Enhanced one cannot go back to Standard: {_names(kept or ())}"
        return [Problem("policy", text)] if kept else []
    if accept_irreversible:
        return []
    problems = []
    standard, untold = named.get(policy_type.STANDARD, ()), named.get(policy_type.UNKNOWN, ())
    if standard:
        text = f"'{policy_name}' is an Enhanced policy and {len(standard)} of the VMs have a Standard one, or had it when they were stopped"
        problems.append(f"{text} ({_names(standard)}); the move cannot be taken back: set accept_irreversible")
    if untold:
        text = f"'{policy_name}' is an Enhanced policy, and Azure does not say whether {len(untold)} of the VMs had a Standard one ({_names(untold)})"
        problems.append(f"{text}; that move could not be taken back: set accept_irreversible")
    return [Problem("policy", each) for each in problems]


def _names(vms: Sequence[str]) -> str:
    shown = 10
    return ", ".join(sorted(vms)[:shown]) + (f" and {len(vms) - shown} more" if len(vms) > shown else "")


def of_vms(reasons: dict[str, list[str]]) -> list[Problem]:
    """Reasons with the ids of the VMs that they keep back, as problems: what is wrong with many is said once."""
    shown = 10
    problems = []
    for reason, vms in reasons.items():
        more = f" and {len(vms) - shown} more" if len(vms) > shown else ""
        problems.append(Problem("vms", f"{', '.join(vms[:shown])}{more}: {reason}"))
    return problems


def moved_note(owner: Item) -> str:
    return f"its data stays in vault '{owner.view['vault']}', where its backups are stopped"


def as_protected(view: View | None) -> bool:
    return view is not None and view["state"] == "protected"
