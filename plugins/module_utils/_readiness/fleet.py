# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The VMs that readiness looks at with all that was read about them, in one subscription or many."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.fields import Document, fetch
from .._core.ids import VAULT_TYPE, is_vm_id, key, name, part
from .._items.info import VAULTS_BY_LIST
from .._jobs.view import vm_of
from .._task.module import Run
from .._vault import locate
from .._vault.redundancy import wanted as wanted_redundancy
from .._vm.find import list_vms
from .._vm.selection import Selection, group_and_name, of, select
from .._vm.view import with_status
from . import facts, graph, thresholds
from .coverage import leading
from .networks import Surroundings
from .read import Limits, Subscription, Vault, unread
from .rule import Facts

# With so few VMs their own instance views are quicker than the list of those of the subscription, and tell more.
FEW = 8
_ASK = {"azure": ("azure_checks", "azure_checks asks Azure about every VM"), "network": ("outbound", "outbound looks at the networks")}
_GUEST = "guest_facts has nothing of this VM"

Area = dict[str, Any]


def vault_place(text: str) -> tuple[str, str] | None:
    """(resource group, vault) in lower case of a vault's id or of 'group/name'; None for another text."""
    text = key(text.strip())
    if f"/providers/{VAULT_TYPE}/".lower() in text:
        return part(text, "resourceGroups"), name(text)
    group, slash, vault = text.partition("/")
    return (group, vault) if slash and group and vault and "/" not in vault else None


@dataclass
class Vm:
    """A VM that is looked at. whole: its own instance view was read, not only the state that a list gives."""

    subscription: Subscription
    document: Document
    whole: bool
    facts: dict[str, Any] = field(default_factory=dict)
    azure: dict[str, Any] | None = None
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.document.get("id"))


class Fleet:
    """needs: the areas of facts that the rules look at; others are not read."""

    def __init__(self, run: Run, needs: set[str]) -> None:
        self._run = run
        self._arm = run.arm
        self._needs = needs
        self._options = run.options
        self.limits = Limits()
        self.vms: list[Vm] = []
        self.unmatched: list[Problem] = []
        self._vaults: dict[str, Vault] = {}
        self._items: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._jobs: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        self._disks: dict[str, Document] = {}
        self._key_vaults: dict[str, Document] = {}
        self._surroundings = Surroundings(run, self.limits, self._query)
        self._unread: dict[str, str] = {}
        self._guests = {group_and_name(each): found for each, found in (run.options.get("guest_facts") or {}).items()}
        self._thresholds = thresholds.merged(run.options.get("thresholds"))
        self._wanted: dict[str, Any] = {}
        self._now = datetime.now(UTC)
        self.subscriptions = [Subscription(self._arm.of(each), self.limits) for each in locate.subscription_ids(run)]

    # Reading, the wider lists before what depends on them.

    def read(self) -> None:
        self._arm.together(self._read_vaults, *(partial(self._list_vms, each, self._own(each)) for each in self.subscriptions))
        self._note_unmatched()
        self._note_wanted()
        for each in chain.from_iterable(vault.known.get("items") or () for vault in self._vaults.values()):
            self._items[key(each["vm_id"])].append(each)
        self._arm.together(*(partial(self._read_vault, vault) for vault in self.shown_vaults()), self._read_disks, self._read_networks, *self._read_sizes())
        if self._options["details"]:
            list(self._arm.each(self._read_details, self.vms))
        if self._options["azure_checks"]:
            list(self._arm.each(self._ask, self.vms))

    def _read_vaults(self) -> None:
        """Vaults with their items: by their lists, or where they are many by Resource Graph, which takes a request for a thousand items of all."""
        self._arm.together(*(partial(each.read_ground, self._needs) for each in self.subscriptions))
        self._vaults = {key(vault.id): vault for each in self.subscriptions for vault in each.vaults}
        if len(self._vaults) <= VAULTS_BY_LIST or not self._read_items_at_once():
            self._arm.together(*(vault.read_items for vault in self._vaults.values()))

    def _read_items_at_once(self) -> bool:
        try:
            found = graph.items(self._arm, [each.id for each in self.subscriptions])
        except AzureBackupError as exc:
            self.limits.add(self._arm.subscription_id, "items", "protected VMs by Azure Resource Graph; the vaults were read one by one", exc)
            return False
        by_vault: dict[str, list[Document]] = defaultdict(list)
        for each in found:
            by_vault[key(each["id"]).partition("/backupfabrics/")[0]].append(each)
        for vault_id, vault in self._vaults.items():
            vault.known["items"] = vault.take_items(by_vault[vault_id])
        return True

    def _own(self, subscription: Subscription) -> Selection:
        """The selection in one subscription: ids of VMs in others are theirs."""
        selection = of(self._options, default_all=True)
        own = tuple(each for each in selection.vms if not is_vm_id(each) or part(each, "subscriptions").lower() == subscription.id.lower())
        return replace(selection, vms=own)

    def _list_vms(self, subscription: Subscription, selection: Selection) -> None:
        statuses = selection.all_vms and not self._options["details"] and "instance_view" in self._needs
        try:
            documents, listed = self._arm.together(
                partial(list_vms, subscription, selection), lambda: subscription.read_statuses() if statuses else None
            )
        except AzureBackupError as exc:
            if len(self.subscriptions) == 1:
                raise
            subscription.fail("vms", "list of VMs", exc)
            return
        chosen = select(selection, documents)
        subscription.unmatched = chosen.problems
        vms = [Vm(subscription, each, fetch(each, "properties.instanceView") is not None) for each in chosen.vms]
        self._read_states(subscription, [each for each in vms if not each.whole], listed)
        subscription.vms = vms
        for each in vms:
            each.facts = facts.vm_facts(each.document, each.whole)

    def _read_states(self, subscription: Subscription, vms: list[Vm], listed: dict[str, Document] | None) -> None:
        """Instance views: each VM's own where they are few or details are asked for, else those of a list, which may be there already."""
        if not vms or "instance_view" not in self._needs:
            return
        if self._options["details"] or (listed is None and len(vms) <= FEW):
            for vm, (view, reason) in zip(vms, self._arm.each(lambda each: subscription.read_instance_view(each.id), vms), strict=True):
                vm.document, vm.whole = with_status(vm.document, view), view is not None
                vm.unread = {"instance_view": reason} if reason else {}
            return
        statuses = subscription.read_statuses() if listed is None else listed
        for vm in vms:
            vm.document = with_status(vm.document, statuses.get(key(vm.id)))

    def _note_unmatched(self) -> None:
        """What of the selection matches nothing in any of the subscriptions that it is about."""
        self.vms = [vm for each in self.subscriptions for vm in each.vms]
        known = {each.id.lower() for each in self.subscriptions}
        foreign = [each for each in self._options.get("vms") or () if is_vm_id(each) and part(each, "subscriptions").lower() not in known]
        refuse([Problem("vms", f"'{each}' is in none of the subscriptions looked at; name its subscription in subscriptions") for each in foreign])
        told = [each for subscription in self.subscriptions for each in subscription.unmatched]
        asked = len([each for each in self.subscriptions if "vms" not in each.unread])
        for each in dict.fromkeys(told):
            of_one = each.value is not None and is_vm_id(each.value)
            if told.count(each) == asked or of_one:
                self.unmatched.append(each)

    def _note_wanted(self) -> None:
        options = self._options
        locate = {vault_place(each): each for each in options.get("vaults") or ()}
        found = {(part(vault_id, "resourceGroups"), name(vault_id)): vault_id for vault_id in self._vaults}
        self.unmatched += [Problem("vaults", f"there is no vault '{text}'") for place, text in locate.items() if place not in found]
        self._wanted = {
            "vaults": [found.get(place, text) for place, text in locate.items() if place],
            "policies": options.get("policies") or [],
            "access": options["access"],
            "backup_service_principal_id": options.get("backup_service_principal_id"),
            **{name: options.get(name) for name in ("policy_type", "soft_delete", "immutability")},
            **wanted_redundancy(options),
        }

    def shown_vaults(self) -> list[Vault]:
        """Those that are asked for; without any the ones near the VMs, or all where all VMs are. And whichever holds one of the VMs."""
        wanted = self._wanted["vaults"]
        regions = {vm.facts["location"] for vm in self.vms}
        holding = {key(each["vault_id"]) for vm in self.vms for each in self._items[key(vm.id)]}
        everything = not wanted and of(self._options, default_all=True).all_vms

        def is_shown(vault_id: str, vault: Vault) -> bool:
            return everything or vault_id in wanted or vault_id in holding or (not wanted and vault.listed["location"] in regions)

        return [vault for vault_id, vault in self._vaults.items() if is_shown(vault_id, vault)]

    def _read_vault(self, vault: Vault) -> None:
        vault.read_rest(self._needs)
        vault.read_storage(self._wanted.get("redundancy"))
        for job in vault.known.get("jobs") or ():
            self._jobs[(key(vault.id), *vm_of(job))].append(job)

    def _read_sizes(self) -> list[Any]:
        if "size" not in self._needs:
            return []
        regions: dict[str, set[str]] = defaultdict(set)
        for vm in self.vms:
            regions[vm.subscription.id].add(vm.facts["location"])
        return [partial(each.read_sizes, sorted(regions[each.id])) for each in self.subscriptions if regions[each.id]]

    def _read_disks(self) -> None:
        if not self._needs & {"disks", "key_vaults"}:
            return
        ids = [each["id"] for vm in self.vms for each in facts.disk_facts(vm.document, {}) if each["id"]]
        self._disks = self._query("disks", "disks", graph.disks, ids)
        named = [one for vm in self.vms if vm.facts["disk_encryption"] for one in facts.key_vaults_of(vm.document, self._disks_of(vm))]
        self._key_vaults = self._query("key_vaults", "Key Vaults", graph.key_vaults, list(dict.fromkeys(named)))

    def _read_networks(self) -> None:
        if self._options["outbound"] and "network" in self._needs and self.vms:
            self._surroundings.read([each.document for each in self.vms], self.vms[0].facts["location"])

    def _query(self, area: str, what: str, ask: Any, ids: list[str]) -> dict[str, Document]:
        try:
            return ask(self._arm, [each.id for each in self.subscriptions], ids)
        except AzureBackupError as exc:
            self._unread[area] = unread(what, exc)
            self.limits.add(self._arm.subscription_id, area, what, exc)
            return {}

    def _disks_of(self, vm: Vm) -> list[dict[str, Any]]:
        return facts.disk_facts(vm.document, self._disks)

    def _read_details(self, vm: Vm) -> None:
        item = self.item_of(vm)
        if item and item["state"] == "protected":
            self._vaults[key(item["vault_id"])].read_item(item)

    def _ask(self, vm: Vm) -> None:
        item = self.item_of(vm)
        vault_id = item["vault_id"] if item else next((vault.id for vault in self._near(vm)), None)
        vm.azure = vm.subscription.ask(vm.facts, vault_id)

    # Facts.

    def item_of(self, vm: Vm) -> dict[str, Any] | None:
        return leading(self._items.get(key(vm.id), ()))

    def _near(self, vm: Vm) -> list[Vault]:
        """The vaults that the VM may go to."""
        wanted = self._wanted["vaults"]
        return [vault for known, vault in self._vaults.items() if vault.listed["location"] == vm.facts["location"] and (not wanted or known in wanted)]

    def vm_facts(self, vm: Vm) -> Facts:
        item = self.item_of(vm)
        subscription = vm.subscription
        disks = self._disks_of(vm)
        known: Area = {
            "vm": vm.facts,
            "instance_view": {"whole": vm.whole},
            "item": item or {},
            "items": self._items.get(key(vm.id), []),
            "disks": disks,
            "key_vaults": [facts.key_vault_facts(row) for each in facts.key_vaults_of(vm.document, disks) if (row := self._key_vaults.get(key(each)))],
            "size": subscription.sizes.get((vm.facts["location"], str(vm.facts["size"]).lower()), {}),
            "vaults": [vault.listed for known, vault in self._vaults.items() if not self._wanted["vaults"] or known in self._wanted["vaults"]],
            "locks": subscription.known.get("locks", []),
            "azure": vm.azure or {},
            "network": self._surroundings.facts(vm.document, vm.facts["location"]) if self._options["outbound"] else {},
            "guest": self._guests.get(group_and_name(vm.id)) or {},
        }
        unread = {**{area: reason for area, reason in subscription.unread.items() if area in ("locks", "azure")}, **vm.unread}
        if "statuses" in subscription.unread and not vm.whole:
            unread["instance_view"] = subscription.unread["statuses"]
        if vm.facts["location"] in subscription.unread_regions:
            unread["size"] = subscription.unread_regions[vm.facts["location"]]
        unasked = {area: how for area, (option, how) in _ASK.items() if not self._options[option]}
        if not known["guest"]:
            unasked["guest"] = _GUEST
        self._add_vault(vm, item, known, unread)
        return Facts(known, {**unread, **self._unread}, unasked, self._thresholds, self._wanted, self._now)

    def _add_vault(self, vm: Vm, item: dict[str, Any] | None, known: Area, unread: dict[str, str]) -> None:
        """What its vault says of the VM, or one that it may go to; and whether it may be in a vault that could not be looked into."""
        lists = [each.unread["vaults"] for each in self.subscriptions if "vaults" in each.unread]
        if lists:
            unread["vaults"] = lists[0]
        if item is None:
            near = [vault for vault in self._vaults.values() if vault.listed["location"] == vm.facts["location"]]
            hidden = lists + [vault.unread["items"] for vault in near if "items" in vault.unread]
            if hidden:
                unread["item"] = hidden[0]
            known |= {"policies": [], "policy": self._coming_policy(vm), "jobs": []}
            return
        vault = self._vaults[key(item["vault_id"])]
        unread |= {area: vault.unread[area] for area in ("policies", "jobs") if area in vault.unread}
        if "policies" in unread:
            unread["policy"] = unread["policies"]
        known["policies"] = vault.known.get("policies", [])
        known["policy"] = next((each for each in known["policies"] if key(each["name"]) == key(item["policy"])), {})
        known["jobs"] = self._jobs.get((key(vault.id), part(vm.id, "resourceGroups").lower(), name(vm.id).lower()), [])

    def _coming_policy(self, vm: Vm) -> dict[str, Any]:
        """The policy that a VM without one would get: the first of those asked for that a vault near it has."""
        wanted = [key(each) for each in self._wanted["policies"]]
        there = {key(each["name"]): each for vault in self._near(vm) for each in vault.known.get("policies") or ()}
        return next((there[each] for each in wanted if each in there), {})

    def vault_facts(self, vault: Vault) -> Facts:
        known, hidden, unasked = dict(vault.known), dict(vault.unread), {}
        if not of(self._options, default_all=True).all_vms:
            unasked["orphans"] = "only a look at all VMs tells which are gone"
        elif "items" in known:
            known["orphans"] = self._orphans(vault)
        elif "items" in hidden:
            hidden["orphans"] = hidden["items"]
        return Facts(known, hidden, unasked, self._thresholds, self._wanted, self._now)

    def _orphans(self, vault: Vault) -> list[dict[str, Any]]:
        """The items whose VM is in none of the lists, where all VMs of its subscription were listed."""
        there = {key(each.id) for each in self.vms}
        listed = {each.id.lower() for each in self.subscriptions if "vms" not in each.unread}
        return [each for each in vault.known["items"] if key(each["vm_id"]) not in there and part(each["vm_id"], "subscriptions").lower() in listed]

    def subscription_facts(self, subscription: Subscription) -> Facts:
        return Facts(subscription.known, subscription.unread, {}, self._thresholds, self._wanted, self._now)
