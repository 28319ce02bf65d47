# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Azure VM a host of the inventory is. Pure: lists in, a match out."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = r"""
name: guest_match
short_description: Match hosts of the inventory to Azure VMs
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - A host is the VM that a variable of it names, else the one that Azure's metadata service tells it to be, else the one VM of its name.
  - A host that is no VM of those given, a name that several VMs have, and several hosts that would be the same VM are left out, each with the reason.
positional: _input
options:
  _input:
    description:
      - Hosts, each a dictionary with C(host), the name in the inventory; C(variable), a VM's id or C(group/name) if a variable names one;
        and C(metadata), the VM's id if the metadata service told it.
    type: list
    elements: dict
    required: true
  vms:
    description: The VMs that the hosts can be, as the module M(safeharbor.azure_backup.vm_info) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Match
  ansible.builtin.set_fact:
    match: "{{ hosts | safeharbor.azure_backup.guest_match(fleet.vms) }}"
  vars:
    hosts:
      - {host: web1.example.com, variable: app/web-0001}
      - {host: web-0002}
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:vms) has the id of the VM for each host that is one.
    - RV(ignore:left_out) are dictionaries with C(host) and C(reason).
  type: dict
"""


def _key(text: Any) -> str:
    return str(text or "").strip().rstrip("/").lower()


def _place(vm_id: str) -> str:
    """group/name of an id, in lower case."""
    parts = _key(vm_id).split("/")
    return f"{parts[4]}/{parts[-1]}" if len(parts) > 5 else ""


def _find(host: dict[str, Any], by_id: dict[str, str], by_place: dict[str, str], by_name: dict[str, list[str]]) -> tuple[str, str]:
    """(id, '') of the VM that a host is, or ('', why it is none)."""
    if host.get("variable"):
        told = _key(host["variable"])
        found = by_id.get(told) or by_place.get(told)
        return (found, "") if found else ("", f"its variable names the VM {host['variable']}, which is not among those selected")
    if host.get("metadata"):
        found = by_id.get(_key(host["metadata"]))
        return (found, "") if found else ("", f"it is the VM {host['metadata']}, which is not among those selected")
    names = dict.fromkeys((_key(host["host"]), _key(host["host"]).partition(".")[0]))
    same = next((by_name[name] for name in names if name in by_name), [])
    if len(same) == 1:
        return same[0], ""
    if same:
        return "", f"several VMs have its name ({', '.join(map(_place, same))}): set prepare_guest_vm for it"
    return "", "it does not know of a VM that it is, and none of those selected has its name: set prepare_guest_vm for it"


def guest_match(hosts: list[dict[str, Any]], vms: list[dict[str, Any]]) -> dict[str, Any]:
    """{vms: {host: id}, left_out: [{host, reason}]}."""
    ids = [str(each["id"]) for each in vms]
    by_id, by_place = {_key(each): each for each in ids}, {_place(each): each for each in ids}
    by_name: dict[str, list[str]] = {}
    for each in ids:
        by_name.setdefault(_key(each).rpartition("/")[2], []).append(each)
    found = {each["host"]: _find(each, by_id, by_place, by_name) for each in hosts}
    claimed: dict[str, list[str]] = {}
    for host, (vm_id, _reason) in found.items():
        claimed.setdefault(vm_id, []).append(host)
    twice = {host: f"{' and '.join(same)} would all be the VM {_place(vm_id)}" for vm_id, same in claimed.items() if vm_id and len(same) > 1 for host in same}
    return {
        "vms": {host: vm_id for host, (vm_id, _reason) in found.items() if vm_id and host not in twice},
        "left_out": [{"host": host, "reason": twice.get(host) or reason} for host, (_id, reason) in found.items() if reason or host in twice],
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"guest_match": guest_match}
