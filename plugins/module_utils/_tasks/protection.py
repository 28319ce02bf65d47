# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module protection: many VMs of one vault, by few lists and only the writes that are needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._arm.constants import THREADS
from .._domain import protection as rules
from .._domain import selection as choosing
from .._domain import vault as vault_rules
from .._domain.fields import Document
from .._domain.ids import VAULT_TYPE, VM_TYPE, key, name, resource_id
from .._domain.job import key_of_vm
from .._domain.policy_type import is_enhanced
from .._errors import AzureBackupError, Problem, refuse
from .._module import Run
from .._sync import Change, View, decide, sync_many
from .items import VaultItems
from .surroundings import look_around
from .vm import list_vms
from .watch import Begun, begun, watch

# The kind of job that Azure runs for each step (recorded traffic).
CONFIGURE, STOP, UNDELETE = "configure_backup", "disable_backup", "undelete"
FAILURES_SHOWN = 10


@dataclass
class Vm:
    """One VM of the task: what is planned, and in the end what happened."""

    vm_id: str
    named: bool
    item: rules.Item | None = None
    document: Document | None = None
    change: Change = field(default_factory=lambda: Change(None, None))
    left_out: str | None = None
    failure: AzureBackupError | None = None
    job: str | None = None

    @property
    def before(self) -> View | None:
        return self.item.view if self.item else None

    def result(self) -> dict[str, Any]:
        failed = self.failure is not None
        status = "skipped" if self.left_out else "failed" if failed else "changed" if self.change.changed else "unchanged"
        reason = self.failure.result()["msg"] if self.failure else self.left_out
        return {
            "vm": self.vm_id,
            "name": name(self.vm_id),
            "before": self.before,
            "after": self.before if self.left_out or failed else self.change.after,
            "changed": status == "changed",
            "status": status,
            "reason": reason,
            "job": self.job,
        }


def check(options: dict[str, Any]) -> list[Problem]:
    problems = vault_rules.check_name(options.get("vault_name"), "vault_name") + vault_rules.check_group(options.get("resource_group"))
    problems += choosing.check(options)
    if options.get("state") == "stopped" and options.get("policy"):
        problems.append(Problem("policy", "has no meaning with state stopped; leave it out"))
    if options.get("parallel") is not None and not 1 <= options["parallel"] <= THREADS:
        problems.append(Problem("parallel", f"{options['parallel']} is out of range: 1 to {THREADS}"))
    return problems


def ensure(run: Run) -> dict[str, Any]:
    options = run.options
    arm = run.arm
    vault_id = resource_id(arm.subscription_id, options["resource_group"], VAULT_TYPE, options["vault_name"])
    policy = options.get("policy")
    target = rules.Target(options["state"], policy, f"{vault_id}/backupPolicies/{policy}" if policy else None)
    named = _named(run)
    vault = VaultItems(arm, options["resource_group"], options["vault_name"], few=[each["id"] for each in named or ()])
    items, documents = arm.together(vault.find_items, lambda: list_vms(run, choosing.of(options)) if named is None else named)
    if items is None:
        _refuse_missing_vault(run, vault)
    vms = _choose(run, documents, items or {})
    for vm in vms.values():
        _plan(vm, target)
    if any(vm.change.changed for vm in vms.values()):
        _examine(run, vault, target, vms)
    sync_many(
        {vm_key: vm.change for vm_key, vm in vms.items() if vm.left_out is None},
        lambda pending: _write(run, vault, target, {each: vms[each] for each in pending}),
        check_mode=run.check_mode,
    )
    return _report(run, vms)


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


def _choose(run: Run, documents: list[Document], items: dict[str, rules.Item]) -> dict[str, Vm]:
    selection = choosing.of(run.options)
    chosen = choosing.select(selection, documents)
    refuse(chosen.problems)
    named = {choosing.group_and_name(each) for each in selection.vms}
    return {
        key(each["id"]): Vm(each["id"], choosing.group_and_name(each["id"]) in named, items.get(key(each["id"])), each if "location" in each else None)
        for each in chosen.vms
    }


def _plan(vm: Vm, target: rules.Target) -> None:
    if target.state == "stopped" and vm.item is None:
        return  # not protected here: there is nothing to stop
    vm.change = decide(vm.before, rules.wanted(target, vm.before))


def _refuse_missing_vault(run: Run, vault: VaultItems) -> None:
    if not run.assume_created:
        refuse([Problem("vault_name", f"there is no vault '{vault.vault_name}' in resource group '{vault.group}'")])


def _examine(run: Run, vault: VaultItems, target: rules.Target, vms: dict[str, Vm]) -> None:
    """Look closer at the VMs that would change. What is wrong with a VM that is named is refused, one that was found is left out."""
    pending = {vm_key: vm for vm_key, vm in vms.items() if vm.change.changed}
    new = [vm for vm in pending.values() if vm.item is None]
    surroundings = look_around(run, vault, [vm.vm_id for vm in new if vm.document is None], others=bool(new))
    problems = _check_policy(run, target, surroundings.policies, [vm.item for vm in pending.values() if vm.item])
    for vm_key, vm in pending.items():
        vm.document = vm.document or surroundings.vms.get(vm_key)
        vm.vm_id = vm.document["id"] if vm.document else vm.vm_id
        reason = rules.check_step(target, vm.before)
        if vm.item is None and not reason:
            reason = rules.check_vm(vm.document, surroundings.region, surroundings.owners.get(vm_key))
        if reason and vm.named:
            problems.append(Problem("vms", f"{vm.vm_id}: {reason}"))
        elif reason:
            vm.left_out = reason
    refuse(problems)


def _check_policy(run: Run, target: rules.Target, policies: dict[str, Document], items: list[rules.Item]) -> list[Problem]:
    if not target.policy or target.state != "protected":
        return []
    policy = policies.get(key(target.policy))
    if policy is None:
        if run.assume_created:
            return []
        known = ", ".join(sorted(each["name"] for each in policies.values())) or "none"
        return [Problem("policy", f"there is no policy '{target.policy}' in vault '{run.options['vault_name']}'; it has: {known}")]
    enhanced = is_enhanced(policy)
    return rules.check_policy_move(target, enhanced, items, run.options["accept_irreversible"])


def _write(run: Run, vault: VaultItems, target: rules.Target, pending: dict[str, Vm]) -> None:
    """Bring back what is soft-deleted, then give every VM its state. A VM that fails stops none of the others."""
    deleted = {vm_key: vm for vm_key, vm in pending.items() if rules.needs_undelete(vm.before)}
    if deleted:
        _step(run, vault, deleted, UNDELETE, lambda vm: rules.undelete_body(vm.vm_id), lambda vm, item: item.view["state"] == "stopped")
    left = {vm_key: vm for vm_key, vm in pending.items() if vm.failure is None}
    operation = STOP if target.state == "stopped" else CONFIGURE
    items = _step(run, vault, left, operation, lambda vm: rules.write_body(vm.vm_id, target), _is_there)
    for vm_key, vm in left.items():
        if vm.failure is None and vm_key in items:
            vm.change = Change(vm.before, items[vm_key].view, vm.change.differing)


def _is_there(vm: Vm, item: rules.Item) -> bool:
    """Whether the vault shows what was asked. Azure may leave out the policy of an item that is stopped."""
    wanted = vm.change.after or {}
    return item.view["state"] == wanted["state"] and (wanted["state"] != "protected" or key(item.view["policy"]) == key(wanted.get("policy")))


def _step(
    run: Run,
    vault: VaultItems,
    vms: dict[str, Vm],
    operation: str,
    body: Callable[[Vm], Document],
    there: Callable[[Vm, rules.Item], bool],
) -> dict[str, rules.Item]:
    """Start one change of each VM, but not where an earlier run's is still going on; then wait for all of them: the items by VM key."""
    if not vms:
        return {}
    running = vault.running_jobs(operation)

    def start(vm_key: str) -> tuple[str, Begun | None]:
        vm = vms[vm_key]
        if key_of_vm(vm.vm_id) in running:
            return vm_key, Begun(vm.vm_id)
        try:
            return vm_key, begun(vm.vm_id, vault.put(rules.path_of(vm.vm_id, vm.item), body(vm), f"change the protection of VM {name(vm.vm_id)}"))
        except AzureBackupError as exc:
            if exc.status is None and exc.code == "EndpointUnreachable":
                return vm_key, Begun(vm.vm_id, error=exc)  # Azure may have taken it before the connection broke
            vm.failure = exc
            return vm_key, None

    started = {vm_key: each for vm_key, each in run.arm.each(start, list(vms), run.options["parallel"]) if each}
    seen = watch(
        vault,
        started,
        lambda vm_key, item: item is not None and there(vms[vm_key], item),
        operation,
        run.options["wait_timeout"],
        run.arm.each,
    )
    for vm_key in started:
        vm = vms[vm_key]
        vm.job, vm.failure = seen.jobs.get(vm_key), seen.failed.get(vm_key)
    return seen.items


def _report(run: Run, vms: dict[str, Vm]) -> dict[str, Any]:
    results = [vm.result() for vm in sorted(vms.values(), key=lambda vm: key(vm.vm_id))]
    counts = {status: sum(each["status"] == status for each in results) for status in ("changed", "unchanged", "skipped", "failed")}
    moved = [each for each in results if each["changed"]]
    diff = {side: {each["vm"]: each[side] or {} for each in moved} for side in ("before", "after")}
    report = {"changed": bool(moved), "vms": results, "summary": counts, "diff": diff}
    failed = [each for each in results if each["status"] == "failed"]
    if failed:
        shown = "\n".join(f"- {each['name']}: {each['reason']}" for each in failed[:FAILURES_SHOWN])
        more = f"\n- and {len(failed) - FAILURES_SHOWN} more, see vms" if len(failed) > FAILURES_SHOWN else ""
        first = next(vm.failure for vm in vms.values() if vm.failure)
        raise AzureBackupError(
            f"{len(failed)} of {len(results)} VMs failed; the key vms has the result of each:\n{shown}{more}",
            code=first.code,
            request_id=first.request_id,
            extra=report,
        )
    return report
