# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose backups are to be stopped, and in which vault. Pure: lists in, a plan out."""

from __future__ import annotations

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.leading import leading

DOCUMENTATION = r"""
name: retire_plan
short_description: Plan whose backups are stopped in which vault
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Finds the vaults that back up the selected VMs, and those that were backed up once.
  - A VM that is named is found by its backups too when the VM itself is gone.
positional: _input
options:
  _input:
    description: What the vaults hold, as the module M(safeharbor.azure_backup.protection_info) returns it.
    type: list
    elements: dict
    required: true
  vms:
    description: The selected VMs that exist, as the module M(safeharbor.azure_backup.vm_info) returns them.
    type: list
    elements: dict
    default: []
  named:
    description: VMs that may be gone, by id or as C(group/name).
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Plan
  ansible.builtin.set_fact:
    plan: "{{ protected.protected_items | safeharbor.azure_backup.retire_plan(vms=found.vms, named=['app/web-0001']) }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:vaults) is a list of dictionaries with C(vault_name), C(vault_resource_group), C(vms), the ids of VMs that are backed up there,
      and their C(count).
    - RV(ignore:left_out) is a list of dictionaries with C(vm), C(name) and C(reason).
    - RV(ignore:unknown) are the named VMs that neither exist nor have backups.
  type: dict
"""

ENDED = {"stopped": "its backups are stopped already", "suspended": "its backups are suspended already", "soft_deleted": "its backup data was deleted"}


def _key(text: Any) -> str:
    return str(text or "").strip().rstrip("/").lower()


def _place(text: Any) -> str:
    """'group/name' of an id or of such a text."""
    parts = _key(text).split("/")
    return f"{parts[4]}/{parts[-1]}" if len(parts) > 5 else "/".join(parts)


def _means(text: str, vm_key: str) -> bool:
    return vm_key == _key(text) or ("subscriptions" not in _key(text) and _place(vm_key) == _place(text))


def retire_plan(items: list[dict[str, Any]], vms: list[dict[str, Any]] | None = None, named: list[str] | None = None) -> dict[str, Any]:
    """{vaults: [{vault_name, vault_resource_group, vms, count}], left_out: [{vm, name, reason}], unknown: [text]}."""
    held: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        held.setdefault(_key(item["vm_id"]), []).append(item)
    found = {_key(each["id"]): {"vm": each["id"], "name": each["name"]} for each in vms or []}
    unknown = []
    for text in named or []:
        if not any(_means(text, vm_key) for vm_key in found):
            gone = {vm_key: {"vm": own[0]["vm_id"], "name": own[0]["name"]} for vm_key, own in held.items() if _means(text, vm_key)}
            found.update(gone)
            unknown += [] if gone else [text]
    vaults: dict[tuple[str, str], dict[str, Any]] = {}
    left_out = []
    for vm_key, vm in sorted(found.items()):
        if vm_key not in held:
            left_out.append({**vm, "reason": "no vault backs it up"})
            continue
        item = leading(held[vm_key]) or {}
        if item["state"] in ENDED:
            left_out.append({**vm, "reason": f"{ENDED[item['state']]}, in vault {item['vault_name']}"})
            continue
        blank = {"vault_name": item["vault_name"], "vault_resource_group": item["vault_resource_group"], "vms": []}
        vaults.setdefault((_key(item["vault_name"]), _key(item["vault_resource_group"])), blank)["vms"].append(vm["vm"])
    return {"vaults": [{**vaults[each], "count": len(vaults[each]["vms"])} for each in sorted(vaults)], "left_out": left_out, "unknown": unknown}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"retire_plan": retire_plan}
