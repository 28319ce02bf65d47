# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Finding VMs, and the module vm_info."""

from __future__ import annotations

from itertools import chain

from .._domain.fields import Document
from .._domain.selection import Named, Selection
from .._errors import AzureBackupError, refuse
from .._module import Run


def list_vms(run: Run, selection: Selection) -> list[Document]:
    """The VMs that a selection can mean, as Azure's documents, with the fewest calls.

    One list of the subscription, or of each group named, and a read of each VM named outside of these. A VM or
    group that does not exist is not an error here: select says what of a selection matched nothing. Ids of
    another subscription are refused.
    """
    refuse(selection.foreign(run.arm.subscription_id))
    machines = run.arm.compute.virtual_machines
    scope = selection.scope()
    if scope.whole:
        return run.arm.list("list the VMs of the subscription", machines.list_all)

    def one(named: Named) -> list[Document]:
        group, name = named
        found = run.arm.find(f"read VM {name} in resource group {group}", machines.get, group, name)
        return [found] if found else []

    return list(chain.from_iterable(run.arm.together(
        *(lambda group=each: _group(run, group) for each in scope.groups),
        *(lambda named=each: one(named) for each in scope.vms),
    )))


def _group(run: Run, group: str) -> list[Document]:
    try:
        return run.arm.list(f"list the VMs of resource group {group}", run.arm.compute.virtual_machines.list, group)
    except AzureBackupError as exc:
        if exc.status == 404:
            return []
        raise
