# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the VM agent of a guest, from what the role vm_agent read there. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import findings, linux, windows
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm.selection import group_and_name
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: vm_agent_judge
short_description: Judge the VM agent of a guest
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Says what keeps the VM agent of a guest from serving backups, and which steps of the role P(safeharbor.azure_backup.vm_agent#role) mend it.
  - Works on what the role read from the guest and changes nothing itself.
positional: _input
options:
  _input:
    description: What the role read from the guest. An empty dictionary checks the options alone.
    type: dict
    required: true
  options:
    description: The options of the role, without its name, and C(distribution).
    type: dict
    required: true
  table:
    description: What the agent is called in this distribution, C(packages) and C(service); none for one that is not known.
    type: dict
    default: {}
  azure:
    description: What Azure says, C(asked), C(vm) and C(answer), the result of the module M(safeharbor.azure_backup.vm_agent).
    type: dict
  changed:
    description: What the role has changed so far.
    type: list
    elements: str
    default: []
  foreseen:
    description: Whether to leave out of the result what the steps of the role would mend, for check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check the options
  ansible.builtin.debug:
    msg: "{{ {} | safeharbor.azure_backup.vm_agent_judge({'minimum_version': {'linux': '2.7.0.6'}}) }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:refusals) lists in sentences what forbids to change anything.
    - RV(ignore:steps) says what the role has to do, RV(ignore:updatable) whether there is an agent that it can update.
    - RV(ignore:result) is the role's result.
  type: dict
"""

SYSTEMS = {"linux": (linux, linux.LinuxGuest), "windows": (windows, windows.WindowsGuest)}


@takes(options={"auto_update": "bool", "skip_provisioning": "bool"}, azure={"asked": "bool"}, foreseen="bool")
def vm_agent_judge(
    look: dict[str, Any],
    options: dict[str, Any],
    table: dict[str, Any] | None = None,
    azure: dict[str, Any] | None = None,
    changed: list[str] | None = None,
    foreseen: bool = False,
) -> dict[str, Any]:
    """{refusals, steps, present, vm, result}; for an empty look the refusals only."""
    refusals = findings.check_options(options)
    if refusals or not look:
        return {"refusals": refusals}
    system: Any
    read: Any
    system, read = SYSTEMS[look["system"]]
    guest = read(look, table or {}, options)
    found = system.findings(guest)
    steps = system.steps(guest, found)
    if foreseen:
        found = [each for each in found if each.step == findings.YOU]
    seen = findings.Azure(**azure) if azure else findings.Azure()
    problems = findings.by_level([*found, *seen.findings()])
    vm = options.get("azure_vm") or (look["azure"] or {}).get("resourceId") or ""
    result = {
        "ready": findings.ready(problems),
        **system.state(guest),
        "azure_vm": vm or None,
        "azure_status": seen.status,
        "changed": [*(changed or []), *(["extension_operations"] if seen.changed else [])],
        "problems": [each.shown() for each in problems],
        "errors": findings.sentences(each for each in problems if each.level == findings.ERROR),
        "guest_facts": system.facts(guest),
    }
    return {
        "refusals": findings.sentences(system.refusals(guest)),
        "steps": steps,
        "updatable": guest.updatable,
        "vm": vm,
        "vm_name": "/".join(group_and_name(vm) or ()),
        "result": result,
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"vm_agent_judge": vm_agent_judge}
