# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What must be known before VMs change hands: the vaults of the task with their policies, the VMs, and the vaults around."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from .._core.errors import AzureBackupError
from .._core.fields import Document
from .._core.ids import key, location, part
from .._items.leading import weight
from .._items.lists import VaultItems
from .._items.view import Item, needs_undelete
from .._resource_guard.guard import VaultGuard
from .._task.module import Run
from .._task.scope import list_vaults, read_vault
from .._vm import selection
from .._vm.find import list_vms
from .._vm.view import for_backup


def key_of(group: str, vault_name: str) -> str:
    return f"{group}/{vault_name}".lower()


class ProtectingVault:
    """A vault that VMs are in or come to. items: by VM key, None when there is no such vault."""

    def __init__(self, run: Run, group: str, vault_name: str, few: Iterable[str] = ()) -> None:
        self._arm = run.arm
        self.vault = VaultItems(run.arm, group, vault_name, few=list(few))
        self.guard = VaultGuard(run, group, vault_name)
        self.key = key_of(group, vault_name)
        self.items: dict[str, Item] | None = None
        self.policies: dict[str, Document] = {}
        self.listed: Document | None = None

    @property
    def name(self) -> str:
        return self.listed["name"] if self.listed else self.vault.vault_name

    @property
    def region(self) -> str:
        return location(self.listed["location"]) if self.listed else ""

    @cached_property
    def document(self) -> Document | None:
        """The vault itself: as it was listed, or read when somebody asks."""
        if self.listed or self.items is None:
            return self.listed
        return read_vault(self._arm, self.vault.group, self.vault.vault_name)

    def read_policies(self) -> None:
        if self.items is None:
            return
        try:
            self.policies = self.vault.policies()
        except AzureBackupError as exc:
            if not exc.is_absence:
                raise


@dataclass(frozen=True)
class Held:
    """A VM's item in a vault that is not of the task."""

    place: ProtectingVault
    item: Item


@dataclass
class Surroundings:
    """VMs as (id in Azure's spelling, what a backup needs to know), and who else holds which VM, both by VM key."""

    vms: dict[str, tuple[str, Document]] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)


def look_around(run: Run, places: list[ProtectingVault], vm_ids: list[str], policies: bool, others: bool) -> Surroundings:
    """Everything by lists, at the same time; the places learn of themselves.

    policies, others: whether it matters which policies the places have, and what other vaults protect.
    """
    arm = run.arm
    vaults, vms, *_policies = arm.together(
        lambda: list_vaults(arm) if others else [],
        lambda: list_vms(run, selection.of({"vms": vm_ids}), keep=lambda each: (each["id"], for_backup(each))) if vm_ids else [],
        *(place.read_policies for place in places if policies),
    )
    listed = {key_of(part(each["id"], "resourceGroups"), each["name"]): each for each in vaults}
    for place in places:
        place.listed = listed.pop(place.key, None)
    regions = {place.region for place in places}
    near = [each for each in listed.values() if location(each["location"]) in regions]
    return Surroundings({key(each[0]): each for each in vms}, _held(run, near))


def _held(run: Run, vaults: list[Document]) -> dict[str, Held]:
    """Who else holds which VM: who backs it up, or else the vault that did so last. A soft-deleted item does not bind its VM."""

    def read(document: Document) -> list[Held]:
        place = ProtectingVault(run, part(document["id"], "resourceGroups"), document["name"])
        place.listed, place.items = document, place.vault.items()
        return [Held(place, item) for item in place.items.values() if not needs_undelete(item.view)]

    found: dict[str, Held] = {}
    for held in (each for some in run.arm.each(read, vaults) for each in some):
        vm_key = key(held.item.vm_id)
        if vm_key not in found or _weight(held) > _weight(found[vm_key]):
            found[vm_key] = held
    return found


def _weight(held: Held) -> tuple[int, str, str]:
    return weight(held.item.state, held.item.last_backup_time, held.place.key)
