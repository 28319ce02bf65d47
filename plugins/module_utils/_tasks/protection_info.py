# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module protection_info."""

from __future__ import annotations

from typing import Any

from .._domain.ids import key
from .._domain.selection import check_vms, group_and_name
from .._errors import AzureBackupError, Problem, refuse
from .._module import Run
from . import places
from .items import VaultItems
from .places import Place


def check(options: dict[str, Any]) -> list[Problem]:
    return places.check(options) + check_vms(options.get("vms"))


def info(run: Run) -> dict[str, Any]:
    """Protected VMs of one vault, of a group's vaults or of all vaults of the subscription; soft-deleted ones too."""
    options = run.options
    wanted = {group_and_name(each) for each in options.get("vms") or ()}
    found = [each for vault_items in run.arm.each(lambda place: _items(run, place), places.vaults_of(run)) for each in vault_items]
    chosen = [
        each
        for each in found
        if (not wanted or group_and_name(each["vm_id"]) in wanted) and (not options["states"] or each["state"] in options["states"])
    ]
    return {"changed": False, "items": sorted(chosen, key=lambda each: (key(each["vm_id"]), each["vault_name"]))}


def _items(run: Run, place: Place) -> list[dict[str, Any]]:
    try:
        items = VaultItems(run.arm, place.group, place.name).items()
    except AzureBackupError as exc:
        if exc.is_absence and place.named:
            refuse([places.missing(place)])
        raise
    return [{**item.facts, "vault_name": place.name, "vault_resource_group": place.group, "vault_id": place.id} for item in items.values()]
