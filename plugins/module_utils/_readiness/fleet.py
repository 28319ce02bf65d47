# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Reads what the rules look at, of all VMs, vaults and subscriptions of a task: the wider lists before what depends on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.fields import Document, fetch
from .._core.ids import VAULT_TYPE, is_vm_id, key, name, part
from .._items.info import VAULTS_BY_LIST
from .._task import scope
from .._task.module import Run
from .._vault.redundancy import wanted as wanted_redundancy
from .._vm import selection
from .._vm.find import list_vms
from .._vm.selection import Selection
from .._vm.view import with_status
from . import facts, graph, thresholds
from .assemble import Assembly
from .index import Index, KnownVm
from .networks import NetworkReader
from .read import SubscriptionReader, UnreadAreas, VaultReader, unread

# With so few VMs their own instance views are quicker than the list of those of the subscription, and tell more.
FEW = 8


def vault_place(text: str) -> tuple[str, str] | None:
    """(resource group, vault) in lower case of a vault's id or of 'group/name'; None for another text."""
    text = key(text.strip())
    if f"/providers/{VAULT_TYPE}/".lower() in text:
        return part(text, "resourceGroups"), name(text)
    group, slash, vault = text.partition("/")
    return (group, vault) if slash and group and vault and "/" not in vault else None


class Fleet:
    """needs: the areas of facts that the rules look at; others are not read. unmatched: what of the options means nothing that exists."""

    def __init__(self, run: Run, needs: set[str]) -> None:
        self._run = run
        self._arm = run.arm
        self._needs = needs
        self._options = run.options
        self._selection = selection.of(run.options, default_all=True)
        self.limits = UnreadAreas()
        self.unmatched: list[Problem] = []
        self._subscriptions = {each: SubscriptionReader(self._arm.of(each), self.limits) for each in scope.subscription_ids(run)}
        self._vaults: dict[str, VaultReader] = {}
        self._networks = NetworkReader(run, self.limits, self._query)
        self.index = Index([each.subscription for each in self._subscriptions.values()], everything=self._selection.all_vms)

    def read(self) -> Assembly:
        """Read it all: the facts of every VM, vault and subscription."""
        readers = self._subscriptions.values()
        self._arm.together(self._read_vaults, *(partial(self._list_vms, each) for each in readers))
        began = self._arm.clock.now()
        self._note_unmatched()
        self._note_wanted()
        self.index.add_items()
        shown = [partial(self._read_vault, self._vaults[key(each.id)]) for each in self.index.shown_vaults()]
        self._arm.together(*shown, self._read_disks, self._read_networks, *self._read_sizes())
        if self._options["details"]:
            list(self._arm.each(self._read_details, self.index.vms))
        if self._options["azure_checks"]:
            list(self._arm.each(self._ask, self.index.vms))
        guests = {selection.group_and_name(each): found for each, found in (self._options.get("guest_facts") or {}).items()}
        limits = thresholds.merged(self._options.get("thresholds"))
        return Assembly(self.index, self._options, limits, began, self._networks.facts, guests)

    def _read_vaults(self) -> None:
        """Vaults with their items: by their lists, or where they are many by Resource Graph, which takes a request for a thousand items of all."""
        readers = self._subscriptions.values()
        self._arm.together(*(partial(each.read_ground, self._needs) for each in readers))
        self._vaults = {key(vault.vault.id): vault for each in readers for vault in each.vaults}
        self.index.vaults = {vault_id: each.vault for vault_id, each in self._vaults.items()}
        if len(self._vaults) <= VAULTS_BY_LIST or not self._read_items_at_once():
            self._arm.together(*(vault.read_items for vault in self._vaults.values()))

    def _read_items_at_once(self) -> bool:
        try:
            found = graph.items(self._arm, list(self._subscriptions))
        except AzureBackupError as exc:
            self.limits.add(self._arm.subscription_id, "items", "protected VMs by Azure Resource Graph; the vaults were read one by one", exc)
            return False
        by_vault: dict[str, list[Document]] = defaultdict(list)
        for each in found:
            by_vault[key(each["id"]).partition("/backupfabrics/")[0]].append(each)
        for vault_id, reader in self._vaults.items():
            reader.vault.known["items"] = reader.take_items(by_vault[vault_id])
        return True

    def _own(self, subscription_id: str) -> Selection:
        """The selection in one subscription: ids of VMs in others are theirs."""
        own = tuple(each for each in self._selection.vms if not is_vm_id(each) or part(each, "subscriptions").lower() == subscription_id.lower())
        return replace(self._selection, vms=own)

    def _list_vms(self, reader: SubscriptionReader) -> None:
        subscription, wanted = reader.subscription, self._own(reader.subscription.id)
        statuses = wanted.all_vms and not self._options["details"] and "instance_view" in self._needs
        try:
            documents, listed = self._arm.together(partial(list_vms, reader, wanted), lambda: reader.read_statuses() if statuses else None)
        except AzureBackupError as exc:
            if len(self._subscriptions) == 1:
                raise
            reader.fail("vms", "list of VMs", exc)
            return
        chosen = selection.select(wanted, documents)
        reader.unmatched = chosen.problems
        vms = [KnownVm(subscription, each, fetch(each, "properties.instanceView") is not None) for each in chosen.vms]
        self._read_states(reader, [each for each in vms if not each.whole], listed)
        subscription.vms = vms
        for each in vms:
            each.facts = facts.vm_facts(each.document, each.whole)

    def _read_states(self, reader: SubscriptionReader, vms: list[KnownVm], listed: dict[str, Document] | None) -> None:
        """Instance views: each VM's own where they are few or details are asked for, else those of a list, which may be there already."""
        if not vms or "instance_view" not in self._needs:
            return
        if self._options["details"] or (listed is None and len(vms) <= FEW):
            for vm, (view, reason) in zip(vms, self._arm.each(lambda each: reader.read_instance_view(each.id), vms), strict=True):
                vm.document, vm.whole = with_status(vm.document, view), view is not None
                vm.unread = {"instance_view": reason} if reason else {}
            return
        statuses = reader.read_statuses() if listed is None else listed
        for vm in vms:
            vm.document = with_status(vm.document, statuses.get(key(vm.id)))

    def _note_unmatched(self) -> None:
        """What of the selection matches nothing in any of the subscriptions that it is about."""
        known = {each.lower() for each in self._subscriptions}
        foreign = [each for each in self._options.get("vms") or () if is_vm_id(each) and part(each, "subscriptions").lower() not in known]
        refuse([Problem("vms", f"'{each}' is in none of the subscriptions looked at; name its subscription in subscriptions") for each in foreign])
        told = [each for reader in self._subscriptions.values() for each in reader.unmatched]
        asked = len([each for each in self.index.subscriptions if "vms" not in each.unread])
        for each in dict.fromkeys(told):
            of_one = each.value is not None and is_vm_id(each.value)
            if told.count(each) == asked or of_one:
                self.unmatched.append(each)

    def _note_wanted(self) -> None:
        options = self._options
        places = {vault_place(each): each for each in options.get("vaults") or ()}
        found = {(part(vault_id, "resourceGroups"), name(vault_id)): vault_id for vault_id in self._vaults}
        self.unmatched += [Problem("vaults", f"there is no vault '{text}'") for place, text in places.items() if place not in found]
        self.index.wanted = {
            "vaults": [found.get(place, text) for place, text in places.items() if place],
            "policies": options.get("policies") or [],
            "access": options["access"],
            "backup_service_principal_id": options.get("backup_service_principal_id"),
            **{name: options.get(name) for name in ("policy_type", "soft_delete", "immutability")},
            **wanted_redundancy(options),
        }

    def _read_vault(self, reader: VaultReader) -> None:
        reader.read_rest(self._needs)
        reader.read_storage(self.index.wanted.get("redundancy"))
        self.index.add_jobs(reader.vault)

    def _read_sizes(self) -> list[Any]:
        if "size" not in self._needs:
            return []
        regions: dict[str, set[str]] = defaultdict(set)
        for vm in self.index.vms:
            regions[vm.subscription.id].add(vm.facts["location"])
        return [partial(reader.read_sizes, sorted(regions[each])) for each, reader in self._subscriptions.items() if regions[each]]

    def _read_disks(self) -> None:
        if not self._needs & {"disks", "key_vaults"}:
            return
        vms = self.index.vms
        ids = [each["id"] for vm in vms for each in facts.disk_facts(vm.document, {}) if each["id"]]
        self.index.disks = self._query("disks", "disks", graph.disks, ids)
        named = [one for vm in vms if vm.facts["disk_encryption"] for one in facts.key_vaults_of(vm.document, self.index.disks_of(vm))]
        self.index.key_vaults = self._query("key_vaults", "Key Vaults", graph.key_vaults, list(dict.fromkeys(named)))

    def _read_networks(self) -> None:
        vms = self.index.vms
        if self._options["outbound"] and "network" in self._needs and vms:
            self._networks.read([each.document for each in vms], vms[0].facts["location"])

    def _query(self, area: str, what: str, ask: Callable[..., dict[str, Document]], ids: list[str]) -> dict[str, Document]:
        try:
            return ask(self._arm, list(self._subscriptions), ids)
        except AzureBackupError as exc:
            self.index.unread[area] = unread(what, exc)
            self.limits.add(self._arm.subscription_id, area, what, exc)
            return {}

    def _read_details(self, vm: KnownVm) -> None:
        item = self.index.item_of(vm)
        if item and item["state"] == "protected":
            self._vaults[key(item["vault_id"])].read_item(item)

    def _ask(self, vm: KnownVm) -> None:
        item = self.index.item_of(vm)
        vault_id = item["vault_id"] if item else next((vault.id for vault in self.index.vaults_for(vm)), None)
        vm.azure = self._subscriptions[vm.subscription.id].ask(vm.facts, vault_id)
