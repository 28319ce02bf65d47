# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module protection_info."""

from __future__ import annotations

from typing import Any

from .._domain import vault as vault_rules
from .._domain.ids import VAULT_TYPE, key, location, part, resource_id
from .._domain.selection import group_and_name
from .._errors import AzureBackupError, Problem, refuse
from .._module import Run
from .items import VaultItems


def check(options: dict[str, Any]) -> list[Problem]:
    problems = vault_rules.check_name(options.get("vault_name"), "vault_name") + vault_rules.check_group(options.get("resource_group"))
    for each in options.get("vms") or ():
        if group_and_name(each) is None:
            problems.append(Problem("vms", f"'{each}' is neither the id of a VM nor of the form group/name"))
    return problems


def info(run: Run) -> dict[str, Any]:
    """Protected VMs of one vault, of a group's vaults or of all vaults of the subscription; soft-deleted ones too."""
    options = run.options
    wanted = {group_and_name(each) for each in options.get("vms") or ()}
    found = [each for vault_items in run.arm.each(_items, _vaults(run)) for each in vault_items]
    chosen = [
        each
        for each in found
        if (not wanted or group_and_name(each["vm_id"]) in wanted) and (not options["states"] or each["state"] in options["states"])
    ]
    return {"changed": False, "items": sorted(chosen, key=lambda each: (key(each["vm_id"]), each["vault_name"]))}


def _vaults(run: Run) -> list[tuple[VaultItems, str]]:
    options, arm = run.options, run.arm
    if options.get("vault_name"):
        vault = VaultItems(arm, options["resource_group"], options["vault_name"])
        return [(vault, resource_id(arm.subscription_id, vault.group, VAULT_TYPE, vault.vault_name))]
    vaults = arm.vaults.vaults
    group = options.get("resource_group")
    if group:
        listed = arm.all_pages(f"list the vaults of resource group {group}", vaults.list_by_resource_group, group)
    else:
        listed = arm.all_pages("list the vaults of the subscription", vaults.list_by_subscription_id)
    region = location(options.get("location"))
    near = [each for each in listed if not region or location(each["location"]) == region]
    return [(VaultItems(arm, part(each["id"], "resourceGroups"), each["name"]), each["id"]) for each in near]


def _items(place: tuple[VaultItems, str]) -> list[dict[str, Any]]:
    vault, vault_id = place
    try:
        items = vault.items()
    except AzureBackupError as exc:
        if not exc.is_absence:
            raise
        refuse([Problem("vault_name", f"there is no vault '{vault.vault_name}' in resource group '{vault.group}'")])
        return []
    return [{**item.facts, "vault_name": vault.vault_name, "vault_resource_group": vault.group, "vault_id": vault_id} for item in items.values()]
