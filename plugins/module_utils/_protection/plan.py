# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The plan of the module protection: which VMs, what is asked of each, and what would change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._core.errors import AzureBackupError, refuse
from .._core.fields import Document
from .._core.ids import key
from .._core.names import no_vault
from .._core.sync import Change, View, decide
from .._items import disks, view
from .._items.leading import weight
from .._task.module import Run
from .._task.results import VmResult
from .._vm import selection
from .._vm.find import selected
from .._vm.view import for_backup
from .surroundings import Held, ProtectingVault


@dataclass(slots=True)
class Outcome:
    """What writing a VM has come to.

    failure, not_begun: why what was planned has not come about. refused: Azure has said for sure that it does not do what failed.
    shown: its protection as a vault showed it last.
    """

    failure: AzureBackupError | None = None
    not_begun: str | None = None
    refused: bool = False
    shown: View | None = None
    job: str | None = None

    @property
    def goes_well(self) -> bool:
        return self.failure is None and self.not_begun is None


@dataclass
class PlannedVm(VmResult):
    """place is the vault that has the VM or shall have it, and item what it is there; elsewhere is set when it is to be moved from another vault.

    critical: the operations that a Resource Guard may want approved.
    """

    place: ProtectingVault = field(kw_only=True)
    target: view.Target = field(kw_only=True)
    item: view.Item | None = None
    elsewhere: Held | None = None
    critical: tuple[str, ...] = ()
    job: str | None = None

    @property
    def present(self) -> View | None:
        """Its protection as it is now, by the vault that it is in."""
        item = self.elsewhere.item if self.elsewhere else self.item
        return item.view if item else None

    def result(self) -> dict[str, Any]:
        return {**super().result(), "job": self.job}

    def finish(self, outcome: Outcome) -> None:
        """The VM is as a vault showed it last: what was planned, or what came of it."""
        before, shown = self.change.before, outcome.shown
        differing = self.change.differing
        if not outcome.goes_well:
            shown = shown or before
            differing = tuple(each for each in shown or () if (before or {}).get(each) != (shown or {})[each])
        self.change = Change(before, shown, differing)
        self.failure, self.left_out, self.job = outcome.failure, outcome.not_begun, outcome.job

    def plan(self, soft_delete: bool = True) -> None:
        """Decide what would change. soft_delete: whether the vault keeps deleted data."""
        before, target = self.present, self.target
        if not target.protects and (before is None or view.is_there(target, before)):
            self.change = Change(before, before)
        elif target.delete and before is not None:
            after = view.deleted(before, soft_delete)
            self.change = Change(before, after, ("state", "policy") if after else ())
        else:
            wanted = view.wanted(target, before)
            if self.elsewhere:
                wanted["vault"] = self.place.name
            self.change = decide(before, wanted, view.blank(self.place.name))


@dataclass
class Plan:
    """The vaults of the task, the first of them the one that is named, and its VMs by key."""

    places: list[ProtectingVault]
    vms: dict[str, PlannedVm]

    def without_item(self) -> dict[str, PlannedVm]:
        """VMs that are named, whose backups are to end and that none of the vaults has."""
        return {vm_key: vm for vm_key, vm in self.vms.items() if vm.named and vm.item is None and not vm.target.protects}

    def pending(self) -> dict[str, PlannedVm]:
        return {vm_key: vm for vm_key, vm in self.vms.items() if vm.change.changed and vm.left_out is None}


def make(run: Run) -> Plan:
    """Read what is there by lists, and plan. What changes is to be examined closer."""
    wanted = selection.of(run.options)
    # VMs that are all named need not be read: their ids say enough until one must be written.
    named = None if wanted.filters or wanted.all_vms else selected(run)
    ids = [document["id"] for document, _named in (named or {}).values()]
    places = [ProtectingVault(run, group, vault_name, few=ids) for group, vault_name in _vaults(run.options)]
    chosen, *found = run.arm.together(lambda: named or selected(run), *(place.vault.find_items for place in places))
    for place, items in zip(places, found, strict=True):
        place.items = items
    if not run.assume_created:
        refuse([no_vault(each.vault.vault_name, each.vault.group) for each in places if each.items is None])
    vms = {vm_key: _vm(run, vm_key, document, is_named, places) for vm_key, (document, is_named) in chosen.items()}
    for vm in vms.values():
        vm.plan()
    return Plan(places, vms)


def _vm(run: Run, vm_key: str, document: Document, is_named: bool, places: list[ProtectingVault]) -> PlannedVm:
    place = _place_of(vm_key, places)
    item = (place.items or {}).get(vm_key)
    read = for_backup(document) if "location" in document else {}
    return PlannedVm(vm_id=document["id"], named=is_named, document=read, place=place, target=_target(run.options, item), item=item)


def _vaults(options: dict[str, Any]) -> list[tuple[str, str]]:
    """(group, name) of the vaults of the task, each once."""
    further = [(each["resource_group"], each["vault_name"]) for each in (options.get("spread") or {}).get("vaults") or ()]
    vaults = [(options["resource_group"], options["vault_name"]), *further]
    return list({(group.lower(), vault.lower()): (group, vault) for group, vault in reversed(vaults)}.values())[::-1]


def policies_of(options: dict[str, Any]) -> list[str]:
    """The names of the policies that the VMs may have, each once; none when policies are left alone."""
    names = [*filter(None, [options.get("policy")]), *((options.get("spread") or {}).get("policies") or ())]
    return list({each.lower(): each for each in reversed(names)}.values())[::-1]


def _place_of(vm_key: str, places: list[ProtectingVault]) -> ProtectingVault:
    """The vault that has the VM: the one that backs it up before one that did, and the first where none has it."""

    def rank(place: ProtectingVault) -> tuple[int, str, str]:
        item = (place.items or {}).get(vm_key)
        return weight(item.state, item.last_backup_time, place.key) if item else (-1, "", "")

    return max(places, key=rank)


def _target(options: dict[str, Any], item: view.Item | None) -> view.Target:
    """What is asked of a VM. With several policies, one of which it has, it keeps that; else it is assigned one later."""
    policies = policies_of(options)
    present = item.view["policy"] if item else None
    kept = next((each for each in policies if key(each) == key(present)), None)
    return view.Target(
        options["state"], kept or next(iter(policies), None), disks=disks.wanted(options.get("disks")), delete=bool(options["delete_backup_data"])
    )
