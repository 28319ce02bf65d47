# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What speaks against a plan of the module protection: looked up by lists, only when there is something to change.

What is wrong with a VM that is named is refused, with all that is wrong at once; a VM that was found is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .._core.errors import Problem, refuse
from .._core.fields import Document, fetch
from .._core.ids import key, location
from .._items.disks import check_vm
from .._items.view import STOPPED, Item, check_step, needs_undelete
from .._policy.policy_type import is_enhanced
from .._resource_guard.rules import CHANGE_ITEM, DELETE_ITEM, STOP_ITEM
from .._task.module import Run
from .._vault import locks
from . import assign, rules
from .plan import Plan, PlannedVm, policies_of
from .policy_types import types_of
from .surroundings import Held, ProtectingVault, Surroundings, look_around


def examine(run: Run, plan: Plan) -> None:
    """Refuse the plan, leave VMs out of it, or complete it: where VMs go and what a write needs."""
    if plan.pending() or plan.without_item():
        _Examination(run, plan).run_all()


class _Examination:
    def __init__(self, run: Run, plan: Plan) -> None:
        self._run = run
        self._plan = plan
        self._options = run.options
        self._protects: bool = run.options["state"] == "protected"
        self._around = Surroundings()
        self._reasons: dict[str, list[str]] = {}
        self._limits = assign.Limits(run.options["max_vms_per_vault"], run.options["max_vms_per_policy"])

    def run_all(self) -> None:
        self._around = self._look()
        unknown = self._unknown()
        self._each(self._learn)
        problems = self._check_policies()
        self._each(self._owner)
        self._assign()
        self._each(self._lowered)
        self._each(self._deletion)
        problems += self._check_vaults()
        refuse(problems + rules.of_vms(self._reasons))
        for each in rules.of_vms(unknown):
            self._run.warn(f"{each.option}: {each.text}")

    def _look(self) -> Surroundings:
        pending = self._plan.pending().values()
        new = [vm for vm in pending if self._protects and not rules.as_protected(vm.present)]
        disks = self._protects and (self._options.get("disks") or {}).get("mode") == "include"
        unread = [vm.vm_id for vm in pending if not vm.document and (disks or (self._protects and vm.item is None))]
        unread += [vm.vm_id for vm in self._plan.without_item().values() if not vm.document]
        return look_around(self._run, self._plan.places, unread, policies=self._protects, others=bool(new))

    def _each(self, rule: Callable[[str, PlannedVm], str | None]) -> None:
        """Apply a rule to the VMs that nothing speaks against yet; it gives the reason that does."""
        for vm_key, vm in self._plan.pending().items():
            self._keep_back(vm, rule(vm_key, vm))

    def _keep_back(self, vm: PlannedVm, reason: str | None) -> None:
        if reason:
            vm.left_out, vm.elsewhere, vm.note = reason, None, None
            if vm.named:
                self._reasons.setdefault(reason, []).append(vm.vm_id)

    def _unknown(self) -> dict[str, list[str]]:
        """VMs whose backups are to end that neither exist nor have backups: refused where data is to be deleted, and else noted, as VMs do go.

        The reason with the ids of those that are noted.
        """
        without = self._plan.without_item()
        unknown = [vm for vm_key, vm in without.items() if not vm.document and vm_key not in self._around.vms]
        reason = rules.unknown_vm([place.name for place in self._plan.places])
        for vm in unknown:
            if vm.target.delete:
                self._keep_back(vm, reason)
            else:
                vm.note = reason
        return {reason: noted} if (noted := [vm.vm_id for vm in unknown if vm.note]) else {}

    # Rules of single VMs.

    def _learn(self, vm_key: str, vm: PlannedVm) -> str | None:
        if not vm.document and vm_key in self._around.vms:
            spelled, vm.document = self._around.vms[vm_key]
            if spelled != vm.vm_id:  # where it is the same, the text of the task stays: a fleet holds each once
                vm.vm_id = spelled
        return check_step(vm.target, vm.present) or check_vm(vm.target.disks, vm.document)

    def _owner(self, vm_key: str, vm: PlannedVm) -> str | None:
        """Where the VM is new: its region, and who else has it. It is moved from there when that is asked for."""
        if not self._protects or rules.as_protected(vm.present):
            return None
        held = self._around.held.get(vm_key)
        if held and vm.item is not None and held.item.state in STOPPED:
            held = None  # resumed here; what another vault keeps does not matter
        reason = rules.check_owner(held.item if held else None, self._options["move"])
        if vm.item is None:
            regions = [each.region for each in self._plan.places]
            reason = rules.check_vm(vm.document, regions) or reason
        if held and not reason:
            vm.elsewhere = held
            vm.target = replace(vm.target, disks=vm.target.disks or held.item.view["disks"])
            vm.note = rules.moved_note(held.item)
        return reason

    def _lowered(self, _vm_key: str, vm: PlannedVm) -> str | None:
        """A policy that keeps less: what an immutable vault refuses, and what a Resource Guard may want approved."""
        if not self._protects or vm.item is None or not rules.as_protected(vm.item.view):
            return None
        present = vm.item.view["policy"]
        lost = rules.lost_by(vm.place.policies.get(key(present)), vm.place.policies.get(key(vm.target.policy)))
        if lost:
            vm.critical = (CHANGE_ITEM,)
        return rules.check_lowering(lost, vm.place.document, vm.target, present) if lost else None

    def _deletion(self, _vm_key: str, vm: PlannedVm) -> str | None:
        if vm.target.protects or vm.item is None:
            return None
        vm.critical = (STOP_ITEM,)
        if not vm.target.delete:
            return None
        vm.critical = (DELETE_ITEM,)
        vm.note = rules.deletion_note(vm.place.document)
        vm.plan(soft_delete=bool(rules.soft_delete_days(vm.place.document)))
        return rules.check_deletion(vm.item, vm.place.document)

    # Where VMs go.

    def _assign(self) -> None:
        """Give every VM that needs one a policy, and a vault when it is new; within the limits of both."""
        pending = {vm_key: vm for vm_key, vm in self._plan.pending().items() if self._protects}
        wishes = {vm_key: self._wish(vm_key, vm) for vm_key, vm in pending.items() if self._needs_policy(vm)}
        by_key = {place.key: place for place in self._plan.places}
        found = assign.spread(wishes.values(), {each.key: self._held(each) for each in self._plan.places}, self._slots(), self._limits)
        for vm_key, vm in pending.items():
            slot = found.get(vm_key)
            if slot:
                vm.place = by_key[slot[0]]
                vm.target = replace(vm.target, policy=slot[1])
            elif vm_key in wishes and self._slots():
                self._keep_back(vm, assign.full(self._limits))
                continue
            vm.target = replace(vm.target, policy_id=self._policy_id(vm))
            vm.plan()
        self._warn_of_registrations([vm for vm_key, vm in pending.items() if vm_key in wishes and wishes[vm_key].joins and vm.left_out is None])

    def _needs_policy(self, vm: PlannedVm) -> bool:
        if vm.target.policy is None:
            return False
        return vm.item is None or key(vm.item.view["policy"]) != key(vm.target.policy)

    def _wish(self, vm_key: str, vm: PlannedVm) -> assign.Wish:
        if vm.item is not None:
            return assign.Wish(vm_key, (vm.place.key,), joins=needs_undelete(vm.item.view))
        region = location(fetch(vm.document, "location"))
        return assign.Wish(vm_key, tuple(each.key for each in self._plan.places if each.region in ("", region)))

    def _slots(self) -> dict[assign.Slot, int]:
        """How many VMs have each policy. A policy that is still to be created has none."""
        slots = {}
        for place in self._plan.places:
            for policy in policies_of(self._options):
                document = place.policies.get(key(policy))
                if document is not None or self._run.assume_created:
                    slots[(place.key, policy)] = int(fetch(document, "properties.protectedItemsCount") or 0)
        return slots

    @staticmethod
    def _held(place: ProtectingVault) -> int:
        """VMs of a vault: those that are listed, or, when only a few were read, those that its policies tell of."""
        listed = sum(not needs_undelete(item.view) for item in (place.items or {}).values())
        return max(listed, sum(int(fetch(each, "properties.protectedItemsCount") or 0) for each in place.policies.values()))

    def _policy_id(self, vm: PlannedVm) -> str | None:
        name = vm.target.policy or (vm.item.view["policy"] if vm.item else None)
        document = vm.place.policies.get(key(name))
        return document["id"] if document else None

    def _warn_of_registrations(self, joining: list[PlannedVm]) -> None:
        for place in self._plan.places:
            count = sum(vm.place is place for vm in joining)
            if count > assign.REGISTRATIONS_PER_DAY:
                self._run.warn(
                    f"{count} VMs are new to vault {place.name}. Azure documents {assign.REGISTRATIONS_PER_DAY} as the most that come into a vault in a day; "
                    "the next run goes on with those that it refuses."
                )

    # Rules of vaults and policies.

    def _check_policies(self) -> list[Problem]:
        """The policies of the task are there, in each of its vaults."""
        if not self._protects or self._run.assume_created:
            return []
        problems = []
        for place in self._plan.places:
            for policy in policies_of(self._options):
                if key(policy) not in place.policies:
                    known = ", ".join(sorted(each["name"] for each in place.policies.values())) or "none"
                    option = "policy" if key(policy) == key(self._options["policy"]) else "spread.policies"
                    problems.append(Problem(option, f"there is no policy '{policy}' in vault '{place.name}'; it has: {known}"))
        return problems

    def _check_vaults(self) -> list[Problem]:
        problems = []
        for place in self._plan.places:
            vms = [vm for vm in self._plan.pending().values() if vm.place is place]
            problems += self._check_types(place, vms)
            problems += place.guard.missing({each for vm in vms for each in vm.critical})
            if vms and self._options["state"] == "suspended":
                problems += rules.check_suspension(place.document, place.name)
            problems += self._check_deletions(place, [vm.item for vm in vms if vm.target.delete and vm.item])
        for place in {id(vm.elsewhere.place): vm.elsewhere.place for vm in self._plan.pending().values() if vm.elsewhere}.values():
            problems += place.guard.missing([STOP_ITEM])
        return problems

    def _check_deletions(self, place: ProtectingVault, items: list[Item]) -> list[Problem]:
        if not items:
            return []
        problems = rules.check_final_deletion(place.document, place.name, len(items), self._options["accept_irreversible"])
        return problems + rules.check_locks(locks.over_group(self._run.arm, place.vault.group), items, place.name)

    def _check_types(self, place: ProtectingVault, vms: list[PlannedVm]) -> list[Problem]:
        """Standard or Enhanced: what the policies are against what the VMs have or had, here and in the vault that they leave."""
        problems = []
        for policy in dict.fromkeys(vm.target.policy for vm in vms if self._protects and vm.target.policy):
            document: Document | None = place.policies.get(key(policy))
            if document is None:
                continue  # still to be created, as far as this task knows
            held = {each.item.id: (vm, each) for vm in vms if vm.target.policy == policy for each in self._bound(vm)}
            types = types_of(self._run, [each for _vm, each in held.values()])
            for vm in [vm for item_id, (vm, _held) in held.items() if types[item_id] is None]:
                vm.note = vm.note or "it has no recovery points, and Azure does not say of which type its policy was"
            kinds = [(each.item.name, kind) for item_id, (_vm, each) in held.items() if (kind := types[item_id])]
            problems += rules.check_policy_move(policy, is_enhanced(document), kinds, self._options["accept_irreversible"])
        return problems

    def _bound(self, vm: PlannedVm) -> list[Held]:
        """The items of a VM whose type its new policy has to suit."""
        own = [Held(vm.place, vm.item)] if vm.item and self._needs_policy(vm) else []
        return [*own, vm.elsewhere] if vm.elsewhere else own
