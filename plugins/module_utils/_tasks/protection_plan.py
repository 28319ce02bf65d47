# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The plan of the module protection: which VMs, what is asked of each, and what would change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._domain import disks as disk_rules
from .._domain import protection as rules
from .._domain import selection as choosing
from .._domain.fields import Document
from .._domain.ids import VM_TYPE, key, resource_id
from .._errors import AzureBackupError, Problem, refuse
from .._module import Run
from .._sync import Change, View, decide
from .surroundings import Held, Place
from .vm import list_vms


@dataclass
class Vm:
    """One VM of the task: what is planned, and in the end what happened.

    place is the vault that has it or shall have it, and item what it is there; elsewhere is set when it is to be moved
    from another vault. critical: the operations that a Resource Guard may want approved.
    """

    vm_id: str
    named: bool
    place: Place
    target: rules.Target
    item: rules.Item | None = None
    elsewhere: Held | None = None
    document: Document | None = None
    change: Change = field(default_factory=lambda: Change(None, None))
    critical: tuple[str, ...] = ()
    left_out: str | None = None
    failure: AzureBackupError | None = None
    note: str | None = None
    job: str | None = None

    @property
    def before(self) -> View | None:
        item = self.elsewhere.item if self.elsewhere else self.item
        return item.view if item else None

    @property
    def waits(self) -> bool:
        """Whether there is something left to do for it."""
        return self.failure is None and self.left_out is None

    def plan(self, soft_delete: bool = True) -> None:
        """Decide what would change. soft_delete: whether the vault keeps deleted data."""
        before, target = self.before, self.target
        if not target.protects and (before is None or rules.is_there(target, before)):
            self.change = Change(before, before)
        elif target.delete and before is not None:
            after = rules.deleted(before, soft_delete)
            self.change = Change(before, after, ("state", "policy") if after else ())
        else:
            wanted = rules.wanted(target, before)
            if self.elsewhere:
                wanted["vault"] = self.place.name
            self.change = decide(before, wanted, rules.blank(self.place.name))


@dataclass
class Plan:
    """The vaults of the task, the first of them the one that is named, and its VMs by key."""

    places: list[Place]
    vms: dict[str, Vm]

    def pending(self) -> dict[str, Vm]:
        return {vm_key: vm for vm_key, vm in self.vms.items() if vm.change.changed and vm.left_out is None}


def make(run: Run) -> Plan:
    """Read what is there by lists, and plan. What changes is to be examined closer."""
    named = _named(run)
    ids = [each["id"] for each in named or ()]
    places = [Place(run, group, vault_name, few=ids) for group, vault_name in _vaults(run.options)]
    documents, *found = run.arm.together(
        lambda: list_vms(run, choosing.of(run.options)) if named is None else named, *(place.vault.find_items for place in places)
    )
    for place, items in zip(places, found, strict=True):
        place.items = items
    if not run.assume_created:
        text = "there is no vault '{}' in resource group '{}'"
        refuse([Problem("vault_name", text.format(each.vault.vault_name, each.vault.group)) for each in places if each.items is None])
    plan = Plan(places, _choose(run, documents, places))
    for vm in plan.vms.values():
        vm.plan()
    return plan


def _vaults(options: dict[str, Any]) -> list[tuple[str, str]]:
    """(group, name) of the vaults of the task, each once."""
    further = [(each["resource_group"], each["vault_name"]) for each in (options.get("spread") or {}).get("vaults") or ()]
    vaults = [(options["resource_group"], options["vault_name"]), *further]
    return list({(group.lower(), vault.lower()): (group, vault) for group, vault in reversed(vaults)}.values())[::-1]


def policies_of(options: dict[str, Any]) -> list[str]:
    """The names of the policies that the VMs may have, each once; none when policies are left alone."""
    names = [*filter(None, [options.get("policy")]), *((options.get("spread") or {}).get("policies") or ())]
    return list({each.lower(): each for each in reversed(names)}.values())[::-1]


def _named(run: Run) -> list[Document] | None:
    """The VMs where all are named: they need not be read, their ids say enough until one must be written. None with other selectors."""
    selection = choosing.of(run.options)
    if selection.filters or selection.all_vms:
        return None
    refuse(selection.foreign(run.arm.subscription_id))
    named = {choosing.group_and_name(each): each for each in selection.vms}
    return [{"id": text if text.startswith("/") else _vm_id(run, place)} for place, text in named.items() if place]


def _vm_id(run: Run, place: choosing.Named) -> str:
    return resource_id(run.arm.subscription_id, place[0], VM_TYPE, place[1])


def _choose(run: Run, documents: list[Document], places: list[Place]) -> dict[str, Vm]:
    selection = choosing.of(run.options)
    chosen = choosing.select(selection, documents)
    refuse(chosen.problems)
    named = {choosing.group_and_name(each) for each in selection.vms}
    vms = {}
    for each in chosen.vms:
        vm_key = key(each["id"])
        place = _place_of(vm_key, places)
        item = (place.items or {}).get(vm_key)
        document = each if "location" in each else None
        vms[vm_key] = Vm(each["id"], choosing.group_and_name(each["id"]) in named, place, _target(run.options, item), item, document=document)
    return vms


def _place_of(vm_key: str, places: list[Place]) -> Place:
    """The vault that has the VM: the one that backs it up before one that did, and the first where none has it."""
    order = ("soft_deleted", *rules.STOPPED, "unknown", "protected")

    def rank(place: Place) -> int:
        item = (place.items or {}).get(vm_key)
        return order.index(item.state) if item else -1

    return max(places, key=rank)


def _target(options: dict[str, Any], item: rules.Item | None) -> rules.Target:
    """What is asked of a VM. With several policies, one of which it has, it keeps that; else it is assigned one later."""
    policies = policies_of(options)
    present = item.view["policy"] if item else None
    kept = next((each for each in policies if key(each) == key(present)), None)
    return rules.Target(
        options["state"], kept or next(iter(policies), None), disks=disk_rules.wanted(options.get("disks")), delete=bool(options["delete_backup_data"])
    )
