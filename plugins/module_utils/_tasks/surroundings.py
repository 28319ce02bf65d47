# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What must be known before VMs come into a vault: its region and policies, the VMs, and the vaults around it."""

from __future__ import annotations

from dataclasses import dataclass

from .._domain import protection as rules
from .._domain import selection as choosing
from .._domain.fields import Document
from .._domain.ids import key, location, part
from .._errors import AzureBackupError
from .._module import Run
from .items import VaultItems
from .vm import list_vms


@dataclass
class Surroundings:
    """region of the vault ('' when there is none), policies by name key, VM documents and other vaults' names by VM key."""

    region: str
    policies: dict[str, Document]
    vms: dict[str, Document]
    owners: dict[str, str]


def look_around(run: Run, vault: VaultItems, vm_ids: list[str], others: bool) -> Surroundings:
    """Everything by lists, at the same time. others: whether it matters what other vaults protect."""
    arm = run.arm
    policies, vaults, vms = arm.together(
        lambda: _policies(vault),
        lambda: arm.all_pages("list the vaults of the subscription", arm.vaults.vaults.list_by_subscription_id) if others else [],
        lambda: list_vms(run, choosing.of({"vms": vm_ids})) if vm_ids else [],
    )
    own = next((each for each in vaults if _is(vault, each)), None)
    region = location(own["location"]) if own else ""
    near = [each for each in vaults if each is not own and location(each["location"]) == region]
    return Surroundings(region, policies, {key(each["id"]): each for each in vms}, _owners(run, near))


def _policies(vault: VaultItems) -> dict[str, Document]:
    try:
        return vault.policies()
    except AzureBackupError as exc:
        if exc.is_absence:
            return {}
        raise


def _is(vault: VaultItems, document: Document) -> bool:
    return (key(document["name"]), key(part(document["id"], "resourceGroups"))) == (key(vault.vault_name), key(vault.group))


def _owners(run: Run, vaults: list[Document]) -> dict[str, str]:
    """Which other vault protects which VM. A soft-deleted item does not bind its VM."""

    def held(document: Document) -> dict[str, str]:
        items = VaultItems(run.arm, part(document["id"], "resourceGroups"), document["name"]).items()
        return {vm_key: document["name"] for vm_key, item in items.items() if not rules.needs_undelete(item.view)}

    return {vm_key: owner for each in run.arm.each(held, vaults) for vm_key, owner in each.items()}
