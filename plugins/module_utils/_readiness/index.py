# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What was read of the VMs that readiness looks at, and how to find it again. Nothing here talks to Azure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._core.fields import Document
from .._core.ids import key, name, part
from .._items.leading import leading
from .._jobs.view import vm_of
from . import facts


@dataclass
class Known:
    """Facts by area, and of each area that could not be read the reason in a sentence."""

    known: dict[str, Any] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


@dataclass
class KnownVault(Known):
    """A vault of a list. listed: its facts as far as a list has them."""

    id: str = ""
    listed: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return name(self.id)

    @property
    def group(self) -> str:
        return part(self.id, "resourceGroups")


@dataclass
class KnownVm:
    """A VM that is looked at. whole: its own instance view was read, not only the state that a list gives."""

    subscription: KnownSubscription
    document: Document
    whole: bool
    facts: dict[str, Any] = field(default_factory=dict)
    azure: dict[str, Any] | None = None
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.document.get("id"))


@dataclass
class KnownSubscription(Known):
    """sizes: what a VM size has, by region and size name in lower case. unread_regions: why the sizes of a region are not known."""

    id: str = ""
    vms: list[KnownVm] = field(default_factory=list)
    vaults: list[KnownVault] = field(default_factory=list)
    sizes: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    unread_regions: dict[str, str] = field(default_factory=dict)


@dataclass
class Index:
    """All of it. Disks and Key Vaults are rows of Resource Graph by id key; unread: areas that could not be read for any VM.

    wanted: what was asked for; its vaults are id keys, or the text of one that does not exist.
    """

    subscriptions: list[KnownSubscription]
    vaults: dict[str, KnownVault] = field(default_factory=dict)
    disks: dict[str, Document] = field(default_factory=dict)
    key_vaults: dict[str, Document] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    everything: bool = False
    _items: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    _jobs: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def vms(self) -> list[KnownVm]:
        return [vm for each in self.subscriptions for vm in each.vms]

    def add_items(self) -> None:
        """Learn which vault has which VM, once the vaults' items are read."""
        for vault in self.vaults.values():
            for each in vault.known.get("items") or ():
                self._items[key(each["vm_id"])].append(each)

    def add_jobs(self, vault: KnownVault) -> None:
        for job in vault.known.get("jobs") or ():
            self._jobs[(key(vault.id), *vm_of(job))].append(job)

    def items_of(self, vm: KnownVm) -> list[dict[str, Any]]:
        return self._items.get(key(vm.id), [])

    def item_of(self, vm: KnownVm) -> dict[str, Any] | None:
        """The item that counts."""
        return leading(self.items_of(vm))

    def jobs_of(self, vm: KnownVm, vault: KnownVault) -> list[dict[str, Any]]:
        return self._jobs.get((key(vault.id), part(vm.id, "resourceGroups").lower(), name(vm.id).lower()), [])

    def disks_of(self, vm: KnownVm) -> list[dict[str, Any]]:
        return facts.disk_facts(vm.document, self.disks)

    def vaults_in(self, region: str) -> list[KnownVault]:
        return [vault for vault in self.vaults.values() if vault.listed["location"] == region]

    def vaults_for(self, vm: KnownVm) -> list[KnownVault]:
        """The vaults that the VM may go to."""
        return [vault for vault in self.vaults_in(vm.facts["location"]) if self._is_wanted(vault)]

    def wanted_vaults(self) -> list[KnownVault]:
        return [vault for vault in self.vaults.values() if self._is_wanted(vault)]

    def _is_wanted(self, vault: KnownVault) -> bool:
        return not self.wanted["vaults"] or key(vault.id) in self.wanted["vaults"]

    def shown_vaults(self) -> list[KnownVault]:
        """Those that are asked for; without any the ones near the VMs, or all where all VMs are. And whichever holds one of the VMs."""
        regions = {vm.facts["location"] for vm in self.vms}
        holding = {key(each["vault_id"]) for vm in self.vms for each in self.items_of(vm)}
        wanted = self.wanted["vaults"]
        return [
            vault
            for vault_id, vault in self.vaults.items()
            if (self.everything and not wanted) or vault_id in wanted or vault_id in holding or (not wanted and vault.listed["location"] in regions)
        ]

    def orphans(self, vault: KnownVault) -> list[dict[str, Any]]:
        """The items whose VM is in none of the lists, where all VMs of its subscription were listed."""
        there = {key(each.id) for each in self.vms}
        listed = {each.id.lower() for each in self.subscriptions if "vms" not in each.unread}
        return [each for each in vault.known["items"] if key(each["vm_id"]) not in there and part(each["vm_id"], "subscriptions").lower() in listed]

    def unread_of(self, area: str, among: Iterable[Known]) -> list[str]:
        """Why an area is not known of some, without repetition."""
        return list(dict.fromkeys(each.unread[area] for each in among if area in each.unread))
