# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The facts that rules look at, of one VM, vault or subscription, from what was read. Nothing here talks to Azure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .._core.fields import Document
from .._core.ids import key
from .._vm.selection import group_and_name
from . import facts
from .index import Index, KnownSubscription, KnownVault, KnownVm
from .rule import Facts

_ASK = {"azure": ("azure_checks", "azure_checks asks Azure about every VM"), "network": ("outbound", "outbound looks at the networks")}
_GUEST = "guest_facts has nothing of this VM"


@dataclass(frozen=True)
class Assembly:
    """options: azure_checks and outbound, whether they were asked for. guests: what was found inside VMs, by (group, name).

    network: the way out of a VM, by its document and region.
    """

    index: Index
    options: Mapping[str, Any]
    thresholds: Mapping[str, Any]
    now: datetime
    network: Callable[[Document, str], dict[str, Any]]
    guests: Mapping[Any, Any] = field(default_factory=dict)

    def of_vm(self, vm: KnownVm) -> Facts:
        index, subscription, region = self.index, vm.subscription, vm.facts["location"]
        item, disks = index.item_of(vm), index.disks_of(vm)
        known: dict[str, Any] = {
            "vm": vm.facts,
            "instance_view": {"whole": vm.whole},
            "item": item or {},
            "items": index.items_of(vm),
            "disks": disks,
            "key_vaults": [facts.key_vault_facts(row) for each in facts.key_vaults_of(vm.document, disks) if (row := index.key_vaults.get(key(each)))],
            "size": subscription.sizes.get((region, str(vm.facts["size"]).lower()), {}),
            "vaults": [vault.listed for vault in index.wanted_vaults()],
            "locks": subscription.known.get("locks", []),
            "azure": vm.azure or {},
            "network": self.network(vm.document, region) if self.options["outbound"] else {},
            "guest": self.guests.get(group_and_name(vm.id)) or {},
        }
        unread = {**{area: reason for area, reason in subscription.unread.items() if area in ("locks", "azure")}, **vm.unread}
        if "statuses" in subscription.unread and not vm.whole:
            unread["instance_view"] = subscription.unread["statuses"]
        if region in subscription.unread_regions:
            unread["size"] = subscription.unread_regions[region]
        unasked = {area: how for area, (option, how) in _ASK.items() if not self.options[option]}
        if not known["guest"]:
            unasked["guest"] = _GUEST
        self._add_vault(vm, item, known, unread)
        return self._facts(known, {**unread, **index.unread}, unasked)

    def _add_vault(self, vm: KnownVm, item: dict[str, Any] | None, known: dict[str, Any], unread: dict[str, str]) -> None:
        """What its vault says of the VM, or one that it may go to; and whether it may be in a vault that could not be looked into."""
        lists = self.index.unread_of("vaults", self.index.subscriptions)
        if lists:
            unread["vaults"] = lists[0]
        if item is None:
            hidden = lists + self.index.unread_of("items", self.index.vaults_in(vm.facts["location"]))
            if hidden:
                unread["item"] = hidden[0]
            known |= {"policies": [], "policy": self._coming_policy(vm), "jobs": []}
            return
        vault = self.index.vaults[key(item["vault_id"])]
        unread |= {area: vault.unread[area] for area in ("policies", "jobs") if area in vault.unread}
        if "policies" in unread:
            unread["policy"] = unread["policies"]
        known["policies"] = vault.known.get("policies", [])
        known["policy"] = next((each for each in known["policies"] if key(each["name"]) == key(item["policy"])), {})
        known["jobs"] = self.index.jobs_of(vm, vault)

    def _coming_policy(self, vm: KnownVm) -> dict[str, Any]:
        """The policy that a VM without one would get: the first of those asked for that a vault near it has."""
        wanted = [key(each) for each in self.index.wanted["policies"]]
        there = {key(each["name"]): each for vault in self.index.vaults_for(vm) for each in vault.known.get("policies") or ()}
        return next((there[each] for each in wanted if each in there), {})

    def of_vault(self, vault: KnownVault) -> Facts:
        known, hidden, unasked = dict(vault.known), dict(vault.unread), {}
        if not self.index.everything:
            unasked["orphans"] = "only a look at all VMs tells which are gone"
        elif "items" in known:
            known["orphans"] = self.index.orphans(vault)
        elif "items" in hidden:
            hidden["orphans"] = hidden["items"]
        return self._facts(known, hidden, unasked)

    def of_subscription(self, subscription: KnownSubscription) -> Facts:
        return self._facts(subscription.known, subscription.unread, {})

    def _facts(self, known: dict[str, Any], unread: dict[str, str], unasked: dict[str, str]) -> Facts:
        return Facts(known, unread, unasked, self.thresholds, self.index.wanted, self.now)
