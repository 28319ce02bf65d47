# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""What of vaults can be brought up to date today: the facts are read in lists, and each upgrade is put to them."""

from __future__ import annotations

from typing import Any

from .._core.fields import Document
from .._core.ids import key, part
from .._readiness import facts, graph
from .._readiness.index import KnownVault
from .._readiness.read import UnreadAreas, VaultReader
from .._task.module import Run
from .._vm import selection
from .._vm.find import list_vms
from . import today


def examine(run: Run, documents: list[Document]) -> dict[str, Any]:
    """findings of the vaults, and unknown: what could not be looked at. A vault that is being deleted is left out."""
    upgrades, limits = run.options["examine"], UnreadAreas()
    needs = today.needs(upgrades)
    readers = [VaultReader(run.arm, limits, each) for each in documents]

    def read(vault: VaultReader) -> None:
        if "items" in needs:
            vault.read_items()
        vault.read_rest(needs)

    list(run.arm.each(read, readers))
    _read_details(run, readers, needs)
    vaults = [each.vault for each in readers]
    disks = _disks(run, vaults) if "disks" in needs else {}
    findings, unknown = [], []
    for vault in vaults:
        known = {**vault.known, "disks": disks, "wanted_redundancy": run.options.get("redundancy")}
        found, untold = today.examine(upgrades, known, vault.unread)
        place = {"vault_id": vault.id, "vault_name": vault.name, "resource_group": vault.group}
        findings += [{**place, **each} for each in found if _is_asked_for(run, each)]
        unknown += [{**place, "reason": each} for each in untold]
    return {"findings": findings, "unknown": unknown}


def _is_asked_for(run: Run, finding: dict[str, Any]) -> bool:
    """Findings about VMs, only of those that are named."""
    named = {selection.group_and_name(each) for each in run.options.get("vms") or ()}
    return not named or not part(finding["subject"], "virtualMachines") or selection.group_and_name(finding["subject"]) in named


def _read_details(run: Run, vaults: list[VaultReader], needs: set[str]) -> None:
    """Only a read of each item tells whether it follows its policy, so name the VMs where there are many."""
    if "item_details" not in needs:
        return
    named = {selection.group_and_name(each) for each in run.options.get("vms") or ()}
    items = [(vault, item) for vault in vaults for item in vault.vault.known.get("items") or () if item["state"] == "protected"]
    chosen = [(vault, item) for vault, item in items if not named or selection.group_and_name(item["vm_id"]) in named]
    list(run.arm.each(lambda each: each[0].read_item(each[1]), chosen))


def _disks(run: Run, vaults: list[KnownVault]) -> dict[str, list[dict[str, Any]]]:
    """The disks of the VMs with a Standard policy, by VM key. Without a VM there is no entry."""
    standard = [today.standard_items(vault.known.get("items") or (), vault.known.get("policies") or ()) for vault in vaults]
    wanted = {key(item["vm_id"]) for items in standard for item in items}
    if not wanted:
        return {}
    listed = {key(each.get("id")): each for each in list_vms(run, selection.of({"all_vms": True})) if key(each.get("id")) in wanted}
    ids = [disk["id"] for each in listed.values() for disk in facts.disk_facts(each, {}) if disk["id"]]
    rows = graph.disks(run.arm, [run.arm.subscription_id], ids)
    return {vm_key: facts.disk_facts(each, rows) for vm_key, each in listed.items()}
