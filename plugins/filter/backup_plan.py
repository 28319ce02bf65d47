# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VMs go into which vault, and which are left out and why. Pure: lists in, a plan out."""

from __future__ import annotations

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: backup_plan
short_description: Plan which VMs are protected by which vault
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Groups VMs by region, since a vault protects VMs of its own region only, and names the vault of each region.
  - Leaves out the VMs that cannot be protected as they are, that another vault has, or that somebody took out of protection, each with the reason.
positional: _input
options:
  _input:
    description: VMs, as the module M(safeharbor.azure_backup.vm_info) returns them.
    type: list
    elements: dict
    required: true
  items:
    description: What is protected already, as the module M(safeharbor.azure_backup.protection_info) returns it for all vaults.
    type: list
    elements: dict
    default: []
  readiness:
    description:
      - The VMs that are not protected yet, as the module M(safeharbor.azure_backup.readiness_info) returns them.
      - One that fails a rule of severity error is left out, unless preparing it does what the rule asks for.
    type: list
    elements: dict
    default: []
  resource_group:
    description: The resource group of vaults that O(vaults) does not name.
    type: str
    required: true
  prefix:
    description: Vaults that O(vaults) does not name are called by this and the region, V(vault-westeurope).
    type: str
    default: vault
  vaults:
    description: The vault of a region, by region, as a dictionary with C(name) and if it is another one C(resource_group).
    type: dict
    default: {}
  resume_stopped:
    description: Whether VMs whose protection was stopped or deleted are protected again.
    type: bool
    default: false
  allow_extensions:
    description: Whether VMs that only lack the permission for extensions are prepared, and named for it to be given.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan
  ansible.builtin.set_fact:
    plan: "{{ fleet.vms | safeharbor.azure_backup.backup_plan(items=protected.protected_items, resource_group='backup') }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:regions) is a list of dictionaries with C(location), C(vault_name), C(vault_resource_group),
      C(vms), the ids to protect there, and their C(count).
    - RV(ignore:left_out) is a list of dictionaries with C(vm), C(name) and C(reason).
    - RV(ignore:allow_extensions) is a list of the ids of the VMs to permit extensions on.
  type: dict
"""

# Rules that fail before VMs are prepared because they are not: what they ask for is done, or judged by what the vaults hold.
DONE_BY_PREPARE = ("VM-VAULT-REGION", "VM-ONE-VAULT")
EXTENSIONS = "VM-EXTENSIONS-ALLOWED"
HALTED = {"stopped": "its protection was stopped", "soft_deleted": "its backup data was deleted", "suspended": "its backups are suspended"}


def _key(text: Any) -> str:
    return str(text or "").rstrip("/").lower()


def _failures(vm: dict[str, Any]) -> list[dict[str, Any]]:
    """What keeps the VM from backups, of all that the rules of readiness found."""
    found = [each for each in vm.get("findings") or [] if each["severity"] == "error" and each["status"] == "fail"]
    return [each for each in found if each["id"] not in DONE_BY_PREPARE]


def _defect(failures: list[dict[str, Any]]) -> str | None:
    """Why a VM cannot be protected as it is, and what mends it; None when nothing is known against it."""
    return " ".join(f"{each['evidence']} {each['fix']}".strip() for each in failures) or None


def _obstacle(vm: dict[str, Any], held: list[dict[str, Any]], vault: dict[str, str], resume_stopped: bool) -> str | None:
    """Why a VM is left out because of what the vaults hold of it."""
    for item in held:
        here = (_key(item["vault_name"]), _key(item["vault_resource_group"])) == (_key(vault["name"]), _key(vault["resource_group"]))
        if not here and item["state"] != "soft_deleted":
            return f"vault {item['vault_name']} " + ("protects it already" if item["state"] == "protected" else f"has its backups ({item['state']})")
        if here and item["state"] != "protected" and not resume_stopped:
            return f"{HALTED.get(item['state'], item['state'])}, and that is left so"
    return None


@takes(resume_stopped="bool", allow_extensions="bool")
def backup_plan(
    vms: list[dict[str, Any]],
    resource_group: str,
    items: list[dict[str, Any]] | None = None,
    readiness: list[dict[str, Any]] | None = None,
    prefix: str = "vault",
    vaults: dict[str, dict[str, str]] | None = None,
    resume_stopped: bool = False,
    allow_extensions: bool = False,
) -> dict[str, Any]:
    """{regions: [{location, vault_name, vault_resource_group, vms, count}], left_out: [{vm, name, reason}], allow_extensions: [id]}."""
    held: dict[str, list[dict[str, Any]]] = {}
    for item in items or []:
        held.setdefault(_key(item["vm_id"]), []).append(item)
    read = {_key(each["id"]): each for each in readiness or []}
    named = {"".join(region.split()).lower(): vault for region, vault in (vaults or {}).items()}
    regions: dict[str, dict[str, Any]] = {}
    left_out, barred = [], []
    for vm in sorted(vms, key=lambda each: _key(each["id"])):
        region = vm["location"]
        vault = {"name": f"{prefix}-{region}", "resource_group": resource_group, **named.get(region, {})}
        own = held.get(_key(vm["id"]), [])
        reason = _obstacle(vm, own, vault, resume_stopped)
        if reason is None and not own:
            failures = _failures(read.get(_key(vm["id"]), {}))
            left = [each for each in failures if not (allow_extensions and each["id"] == EXTENSIONS)]
            reason = _defect(left)
            barred += [vm["id"]] if left != failures and not left else []
        if reason:
            left_out.append({"vm": vm["id"], "name": vm["name"], "reason": reason})
            continue
        blank = {"location": region, "vault_name": vault["name"], "vault_resource_group": vault["resource_group"], "vms": []}
        regions.setdefault(region, blank)["vms"].append(vm["id"])
    chosen = [{**regions[region], "count": len(regions[region]["vms"])} for region in sorted(regions)]
    return {"regions": chosen, "left_out": left_out, "allow_extensions": barred}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"backup_plan": backup_plan}
