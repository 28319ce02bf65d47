# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module vm_agent: the side of the VM agent that Azure Resource Manager has, for many VMs at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.fields import Document, fetch
from .._core.ids import key, location, name, part
from .._core.sync import Change, decide, sync_many
from .._items.lists import VaultItems
from .._jobs.view import key_of_vm
from .._task.module import Run
from .._task.results import VmResult, report
from .._task.scope import list_vaults
from .._vm import selection
from .._vm.find import list_vms
from .._vm.selection import group_and_name
from .._vm.view import to_view as vm_view
from .._vm.view import with_status
from . import agent, agents, scripts

check = agent.check_options

BACKUP = "backup"
ROLE_HINT = "Install the agent in the guest, for example by the role safeharbor.azure_backup.vm_agent."


@dataclass
class AgentVm(VmResult):
    """read: whether its agent was looked at; output: what the script printed that was run in it."""

    read: bool = False
    output: str | None = None

    def result(self) -> dict[str, Any]:
        shown = vm_view(self.document, whole=True)["agent"] if self.read else None
        facts = {"agent": shown, "provisioned": agent.provisioned(self.document), "output": self.output}
        return {**super().result(), **facts}


def ensure(run: Run) -> dict[str, Any]:
    vms = _choose(run)
    minimum = agent.minimum_version(run.options)
    reads = run.options["wait_ready"] or run.options["repair"] != agent.NEVER
    if reads:
        seen = {vm_key: vm.document for vm_key, vm in vms.items() if fetch(vm.document, "properties.instanceView") is not None}
        seen |= agents.look(run, [vm.document for vm_key, vm in vms.items() if vm_key not in seen])
        for vm_key, vm in vms.items():
            vm.document, vm.read = seen[vm_key], True
    refuse(_plan(run, vms, minimum if reads else None))
    _leave_out_busy(run, [vm for vm in vms.values() if "agent_well" in vm.change.differing])
    sync_many(
        {vm_key: vm.change for vm_key, vm in vms.items() if vm.left_out is None},
        lambda pending: _write(run, [vms[each] for each in pending]),
        check_mode=run.check_mode,
    )
    if reads and not run.check_mode:
        _settle(run, vms, minimum)
    for vm in vms.values():
        _judge(run, vm, minimum if reads else None)
    return report(run, vms)


def _choose(run: Run) -> dict[str, AgentVm]:
    wanted = selection.of(run.options)
    chosen = selection.select(wanted, list_vms(run, wanted))
    refuse(chosen.problems)
    named = {group_and_name(each) for each in wanted.vms}
    return {key(each["id"]): AgentVm(each["id"], group_and_name(each["id"]) in named, each) for each in chosen.vms}


def _plan(run: Run, vms: dict[str, AgentVm], minimum: dict[str, str] | None) -> list[Problem]:
    """What would change. A VM that is named and cannot be changed is a problem, one that was found is left out."""
    problems = []
    for vm in vms.values():
        found = agent.health(vm.document, minimum) if minimum is not None else None
        wish = agent.wanted(run.options, found)
        vm.change = decide(agent.to_view(vm.document, minimum), wish)
        reason = agent.check_change(vm.document, wish) if vm.change.changed else None
        if reason and vm.named:
            problems.append(Problem("vms", f"{vm.vm_id}: {reason}"))
        vm.left_out = reason
    return problems


def _leave_out_busy(run: Run, vms: list[AgentVm]) -> None:
    """An agent is not updated while a backup of its VM is running, which only the vaults of the VM's region can tell."""
    if not vms:
        return
    regions = {location(vm.document["location"]) for vm in vms}
    near = list_vaults(run.arm, regions=regions)

    def running(vault: Document) -> dict[tuple[str, str], str]:
        listed = VaultItems(run.arm, part(vault["id"], "resourceGroups"), vault["name"]).running_jobs(BACKUP)
        return {vm: f"backup job {job} of vault {vault['name']}" for vm, job in listed.items()}

    busy = {vm: text for each in run.arm.each(running, near) for vm, text in each.items()}
    for vm in vms:
        job = busy.get(key_of_vm(vm.vm_id))
        if job:
            vm.left_out = f"its agent is not touched while {job} is running; run it again afterwards"


def _write(run: Run, pending: list[AgentVm]) -> None:
    """Change every VM; one that fails stops none of the others."""

    def change(vm: AgentVm) -> None:
        wanted, done = vm.change, []
        try:
            if "allow_extension_operations" in wanted.differing:
                _patch(run, vm)
                done.append("allow_extension_operations")
            if "agent_well" in wanted.differing:
                _repair(run, vm)
                done.append("agent_well")
        except AzureBackupError as exc:
            vm.failure = exc
        vm.change = Change(vm.before, wanted.after if done else vm.before, tuple(done))

    for _done in run.arm.each(change, pending, run.options["parallel"]):
        pass


def _patch(run: Run, vm: AgentVm) -> None:
    body = agent.to_body({"allow_extension_operations": (vm.change.after or {})["allow_extension_operations"]})
    update = run.arm.compute.virtual_machines.begin_update
    result = run.arm.wait(f"update VM {name(vm.vm_id)}", run.options["wait_timeout"], update, part(vm.vm_id, "resourceGroups"), name(vm.vm_id), body)
    vm.document = with_status(result.as_dict(), fetch(vm.document, "properties.instanceView"))


def _repair(run: Run, vm: AgentVm) -> None:
    """Run the script, unless one is running that an earlier run may have begun: then the agent's state is all there is to wait for.

    So it is with an agent that does not report, as Azure never hears the end of a script that such an agent takes.
    """
    body = scripts.run_command(vm_view(vm.document)["os"] or "Linux", run.options["windows_package"])
    call = run.arm.compute.virtual_machines.begin_run_command, part(vm.vm_id, "resourceGroups"), name(vm.vm_id), body
    doing = f"run the script that installs the VM agent in VM {name(vm.vm_id)}"
    reporting = vm_view(vm.document, whole=True)["agent"]["status"] == "ready"
    try:
        result: Any = run.arm.wait(doing, run.options["wait_timeout"], *call) if reporting else run.arm.send(doing, *call)
    except AzureBackupError as exc:
        if exc.code != "Conflict":
            raise
        return
    if reporting:
        vm.output = scripts.output(result.as_dict() if hasattr(result, "as_dict") else result or {})
        reason = scripts.failure(vm.output)
        if reason:
            raise AzureBackupError(f"Could not {doing}: {reason}.", hint="The key output of the VM has what the script printed last.")


def _settle(run: Run, vms: dict[str, AgentVm], minimum: dict[str, str]) -> None:
    """Wait until the agents report, and those that were repaired are well. A VM that is off is not waited for."""
    waiting = {vm_key: vm for vm_key, vm in vms.items() if vm.failure is None and vm.left_out is None}
    repaired = {vm_key for vm_key, vm in waiting.items() if "agent_well" in vm.change.differing}
    if not run.options["wait_ready"]:
        waiting = {vm_key: waiting[vm_key] for vm_key in repaired}

    def done(vm_key: str, document: Document) -> bool:
        found = agent.health(document, minimum)
        return found.well is not False or (found.status == "ready" and vm_key not in repaired)

    seen = agents.wait(run, {vm_key: vm.document for vm_key, vm in waiting.items()}, done, run.options["ready_timeout"])
    for vm_key, vm in waiting.items():
        vm.document = seen[vm_key]


def _judge(run: Run, vm: AgentVm, minimum: dict[str, str] | None) -> None:
    """What became of the VM: whether the agent is as it was to be, and what to tell of one that is not."""
    found = agent.health(vm.document, minimum) if minimum is not None else None
    if not run.check_mode and vm.left_out is None:
        vm.change = Change(vm.before, agent.to_view(vm.document, minimum), vm.change.differing)
    if found is None or vm.failure or vm.left_out:
        return
    repaired = "agent_well" in vm.change.differing
    if run.check_mode and (repaired or run.options["ready_timeout"]):
        vm.note = None if repaired else found.reason
    elif found.well is False and (repaired or (run.options["wait_ready"] and found.status != "ready")):
        after = f" after {run.options['ready_timeout']} seconds" if run.options["ready_timeout"] else ""
        vm.failure = AzureBackupError(f"VM {name(vm.vm_id)} is not ready{after}: {found.reason}.", code="AgentNotReady", hint=_hint(vm, repaired))
    else:
        vm.note = found.reason


def _hint(vm: AgentVm, repaired: bool) -> str:
    if agent.provisioned(vm.document) is False and not repaired:
        return f"It was created without an agent. {ROLE_HINT}"
    if repaired:
        return f"Run command is carried by the agent itself, and cannot reach one that is missing or stopped. {ROLE_HINT}"
    return f"Check that the agent runs and reaches 168.63.129.16. {ROLE_HINT}"
