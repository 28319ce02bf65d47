# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Finding VMs, and the module vm_info."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.fields import Document, fetch, same
from .._core.ids import VM_TYPE, key, name, part, resource_id
from .._task.module import Run
from . import selection, view
from .selection import Named, Selection

if TYPE_CHECKING:
    from .._arm.client import Arm


def check(options: dict[str, Any]) -> list[Problem]:
    return selection.check(options, required=False)


class InSubscription(Protocol):
    """What a list of VMs needs of a task: the subscription that is worked in."""

    @property
    def arm(self) -> Arm: ...


def list_vms(run: InSubscription, wanted: Selection, keep: Callable[[Document], Any] = same) -> list[Any]:
    """The VMs that a selection can mean, as Azure's documents or what keep makes of each, with the fewest calls.

    One list of the subscription, or of each group named, and a read (with its instance view) of each VM named
    outside of these. A VM or group that does not exist is not an error here: select says what of a selection
    matched nothing. Ids of another subscription are refused.
    """
    refuse(wanted.foreign(run.arm.subscription_id))
    scope = wanted.scope()
    if scope.whole:
        return run.arm.all_pages("list the VMs of the subscription", run.arm.compute.virtual_machines.list_all, keep=keep)
    reads = [*(partial(_group, run, each, keep) for each in scope.groups), *(partial(_single, run, each, keep) for each in scope.vms)]
    return list(chain.from_iterable(run.arm.together(*reads)))


def _group(run: InSubscription, group: str, keep: Callable[[Document], Any]) -> list[Any]:
    try:
        return run.arm.all_pages(f"list the VMs of resource group {group}", run.arm.compute.virtual_machines.list, group, keep=keep)
    except AzureBackupError as exc:
        if exc.is_absence:
            return []
        raise


def _single(run: InSubscription, named: Named, keep: Callable[[Document], Any]) -> list[Any]:
    group, vm = named
    doing = f"read VM {vm} in resource group {group}"
    found = run.arm.find(doing, run.arm.compute.virtual_machines.get, group, vm, expand="instanceView")
    return [keep(found)] if found else []


def selected(run: Run) -> dict[str, tuple[Document, bool]]:
    """The VMs that the options select, by key, and whether each is named. Where all are named they are not read: a document is an id then."""
    wanted = selection.of(run.options)
    named = {found: each for each in wanted.vms if (found := selection.group_and_name(each))}
    if wanted.filters or wanted.all_vms:
        documents = list_vms(run, wanted, keep=view.for_selection)
    else:
        refuse(wanted.foreign(run.arm.subscription_id))
        documents = [{"id": text if text.startswith("/") else _id_of(run, place)} for place, text in named.items()]
    chosen = selection.select(wanted, documents)
    refuse(chosen.problems)
    return {key(each["id"]): (each, selection.group_and_name(each["id"]) in named) for each in chosen.vms}


def _id_of(run: Run, named: Named) -> str:
    return resource_id(run.arm.subscription_id, named[0], VM_TYPE, named[1])


def info(run: Run) -> dict[str, Any]:
    """The VMs selected, all without a selector: their documents and, from one more list, their power states."""
    wanted = selection.of(run.options, default_all=True)
    details = run.options["details"]
    scope = wanted.scope()
    if details or not (scope.whole or scope.groups):
        documents, statuses = list_vms(run, wanted), {}
    else:
        documents, statuses = run.arm.together(partial(list_vms, run, wanted), partial(_statuses, run, scope.whole))
    chosen = selection.select(wanted, documents)

    def show(document: Document) -> dict[str, Any]:
        whole = fetch(document, "properties.instanceView") is not None
        if details and not whole:
            return view.to_view(view.with_status(document, read_instance_view(run, document["id"])), whole=True)
        return view.to_view(view.with_status(document, statuses.get(key(document["id"]))), whole=whole)

    shown = run.arm.each(show, chosen.vms) if details else map(show, chosen.vms)
    unmatched = [{"option": each.option, "message": each.text} for each in chosen.problems]
    return {"changed": False, "vms": list(shown), "unmatched": unmatched}


def _statuses(run: Run, whole: bool) -> dict[str, Document]:
    """The instance views of all VMs of the subscription by the keys of their ids; only this list of Azure has them."""
    try:
        return list_statuses(run)
    except AzureBackupError as exc:
        if exc.status != 403 or whole:
            raise
        run.warn("The power states are not known, as the principal may not list the VMs of the subscription; details: true reads them VM by VM.")
        return {}


def list_statuses(run: Run) -> dict[str, Document]:
    doing = "list the power states of the subscription's VMs"
    found = run.arm.all_pages(doing, run.arm.compute.virtual_machines.list_all, status_only="true")
    return {key(each["id"]): fetch(each, "properties.instanceView") or {} for each in found}


def read_instance_view(run: Run, vm_id: str) -> Document | None:
    group, vm = part(vm_id, "resourceGroups"), name(vm_id)
    return run.arm.find(f"read the instance view of VM {vm}", run.arm.compute.virtual_machines.instance_view, group, vm)
