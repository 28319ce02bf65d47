# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which step of the role modernize does what to which vaults and VMs. Pure: the findings of readiness in, a plan out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
name: modernize_plan
short_description: Plan what the steps of the role modernize do
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Gathers the actions that the findings of M(safeharbor.azure_backup.readiness_info) name, by step and vault, and sets apart what stands in their way.
positional: _input
options:
  _input:
    description: The result of the module M(safeharbor.azure_backup.readiness_info).
    type: dict
    required: true
  steps:
    description: The steps to plan, in their order.
    type: list
    elements: str
    required: true
  options:
    description: The options of the role, without its prefix. Those that are empty count as not set.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Plan
  ansible.builtin.set_fact:
    plan: "{{ found | safeharbor.azure_backup.modernize_plan(['alerts', 'time_zones'], {'time_zone': 'UTC'}) }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:steps) has for each step C(ready), what it does, a dictionary for each call with C(vault_name) and C(resource_group);
      C(blocked), a list of C(vault_name), C(name) and C(reason); C(needs), a list of C(option) and C(reason), the options without which it does nothing;
      and the numbers of C(vaults) and of C(things), which are of the kind C(noun).
    - RV(ignore:unknown) is a list of C(step), C(name) and C(evidence), what could not be read.
    - RV(ignore:vaults) and RV(ignore:vms) say how many were looked at.
  type: dict
"""

Entry = dict[str, Any]


def _same(one: Any, other: Any) -> bool:
    return str(one or "").lower() == str(other or "").lower()


def _place(vault_id: Any) -> tuple[str, str]:
    """(resource group, vault) of a vault's id."""
    parts = str(vault_id).split("/")
    return (parts[4], parts[8]) if len(parts) > 8 else ("", "")


def _reason(action: Entry) -> str:
    return " ".join(f"{each['evidence']} {each['fix']}".strip() for each in action["blockers"])


class _Plan:
    def __init__(self, readiness: Entry, options: Entry) -> None:
        self.options = {name: value for name, value in options.items() if value not in (None, "", [], {})}
        self.vaults = [each for each in readiness.get("vaults") or [] if self._is_meant(each["resource_group"], each["name"])]
        self.vms = [each for each in readiness.get("vms") or [] if each.get("vault")]
        self.steps_of = {each["id"]: each["step"] for each in readiness.get("rules") or []}

    def _is_meant(self, group: str, vault: str) -> bool:
        asked = (self.options.get("resource_group"), self.options.get("vault_name"))
        return all(not wish or _same(wish, present) for wish, present in zip(asked, (group, vault), strict=True))

    def of_vaults(self, step: str) -> list[tuple[Entry, Entry]]:
        """(vault, action) of each finding about a vault that the step fixes."""
        return [(vault, found["action"]) for vault in self.vaults for found in vault["findings"] if (found["action"] or {}).get("step") == step]

    def of_vms(self, step: str) -> list[tuple[Entry, Entry]]:
        """(VM, action), each VM once though several rules may ask for the same."""
        chosen: dict[str, tuple[Entry, Entry]] = {}
        for vm in self.vms:
            for found in vm["findings"]:
                action = found["action"] or {}
                if action.get("step") == step and self._is_meant(*_place(action["vault_id"])):
                    chosen.setdefault(str(vm["id"]).lower(), (vm, action))
        return list(chosen.values())

    def unknown(self, steps: list[str]) -> list[Entry]:
        """What could not be read. A VM that the step has an action for, or is kept from, needs no second word."""
        found = [(vault, each) for vault in self.vaults for each in vault["findings"]]
        for vm in self.vms:
            acted = {(each["action"] or {}).get("step") for each in vm["findings"]}
            found += [(vm, each) for each in vm["findings"] if self.steps_of.get(each["id"]) not in acted]
        return [
            {"step": step, "name": subject["name"], "evidence": each["evidence"]}
            for subject, each in found
            if each["status"] == "unknown" and each["action"] is None and (step := self.steps_of.get(each["id"])) in steps
        ]

    def need(self, name: str, reason: str) -> list[Entry]:
        """The option, when it is not set."""
        return [] if self.options.get(name) else [{"option": f"modernize_{name}", "reason": reason}]


def _target(vault: Entry, **more: Any) -> Entry:
    return {"vault_name": vault["name"], "resource_group": vault["resource_group"], **more}


def _step(ready: list[Entry], noun: str, things: int, blocked: list[Entry] | None = None, needs: list[Entry] | None = None) -> Entry:
    vaults = {(each["resource_group"].lower(), each["vault_name"].lower()) for each in ready}
    return {"ready": ready, "blocked": blocked or [], "needs": needs or [], "vaults": len(vaults), "noun": noun, "things": things}


def _each_vault(plan: _Plan, step: str) -> list[Entry]:
    targets = {str(vault["id"]).lower(): _target(vault) for vault, _action in plan.of_vaults(step)}
    return list(targets.values())


def _alerts(plan: _Plan) -> Entry:
    ready = _each_vault(plan, "alerts")
    return _step(ready, "vaults", len(ready))


def _diagnostics(plan: _Plan) -> Entry:
    ready = _each_vault(plan, "diagnostics")
    needs = plan.need("workspace_id", "the Log Analytics workspace that the logs go to") if ready else []
    return _step(ready, "vaults", len(ready), needs=needs)


SETTINGS = ("soft_delete", "soft_delete_retention_days", "immutability")
FOR_GOOD = {"soft_delete": "AlwaysON", "immutability": "Locked"}


def _security(plan: _Plan) -> Entry:
    """Only what the options name is raised; what else could be is counted when they name nothing."""
    named = {name for name in SETTINGS if plan.options.get(name)}
    ready: dict[str, Entry] = {}
    blocked = []
    for vault, action in plan.of_vaults("security"):
        settings = {name: action[name] for name in SETTINGS if name in action}
        if not named:
            ready[str(vault["id"]).lower()] = _target(vault)
        elif named & set(settings) and action["blockers"]:
            blocked.append({**_target(vault), "name": vault["name"], "reason": _reason(action)})
        elif named & set(settings):
            ready.setdefault(str(vault["id"]).lower(), _target(vault)).update(settings)
    needs = [] if named or not ready else [{"option": "modernize_soft_delete or modernize_immutability", "reason": "what the vaults shall have"}]
    one_way = [each for each in ready.values() if any(each.get(name) == final and _same(plan.options.get(name), final) for name, final in FOR_GOOD.items())]
    if one_way:
        needs += plan.need("accept_irreversible", f"{len(one_way)} vaults get AlwaysON or Locked, which cannot be taken back")
    return _step(list(ready.values()), "vaults", len(ready), blocked, needs)


def _redundancy(plan: _Plan) -> Entry:
    """A vault that protects nothing any more keeps its redundancy with the backups that it still has."""
    ready, blocked = [], []
    for vault, action in plan.of_vaults("redundancy"):
        wish = {name: action[name] for name in ("redundancy", "in_place", "vms")}
        if action["blockers"]:
            blocked.append({**_target(vault), "name": vault["name"], "reason": _reason(action)})
        elif action["in_place"] or action["vms"]:
            ready.append(_target(vault, location=vault["location"], **wish))
    moving = [each for each in ready if not each["in_place"]]
    return _step(ready, "VMs", sum(len(each["vms"]) for each in moving), blocked, _moving_needs(plan, moving))


def _moving_needs(plan: _Plan, moving: list[Entry]) -> list[Entry]:
    if not moving:
        return []
    if len(moving) > 1:
        return [{"option": "modernize_vault_name", "reason": f"{len(moving)} vaults are in use, and their VMs move to another vault one vault at a time"}]
    (one,) = moving
    new = plan.options.get("new_vault_name")
    if new and _same(new, one["vault_name"]):
        return [{"option": "modernize_new_vault_name", "reason": "it must be another name than that of the vault"}]
    text = f"vault {one['vault_name']} is in use, so its {len(one['vms'])} VMs have to be moved to another vault, where their backups begin anew"
    return plan.need("new_vault_name", text) + plan.need("accept_irreversible", f"{text}; the old backups stay, and cost what they cost until they expire")


def _by_vault(chosen: list[tuple[Entry, Entry]]) -> list[Entry]:
    """A target for each vault with the VMs of it."""
    targets: dict[tuple[str, str], Entry] = {}
    for vm, action in chosen:
        group, vault = _place(action["vault_id"])
        blank = {"vault_name": vault, "resource_group": group, "vms": []}
        targets.setdefault((group.lower(), vault.lower()), blank)["vms"].append(vm["id"])
    return list(targets.values())


def _reapply_policy(plan: _Plan) -> Entry:
    chosen = plan.of_vms("reapply_policy")
    return _step(_by_vault(chosen), "VMs", len(chosen))


def _enhanced_policy(plan: _Plan) -> Entry:
    found = plan.of_vms("enhanced_policy")
    ready = [each for each in found if not each[1]["blockers"]]
    blocked = [
        {"vault_name": vm["vault"], "name": vm["name"], "vm": vm["id"], "policy": action["policy"], "reason": _reason(action)}
        for vm, action in found
        if action["blockers"]
    ]
    needs = []
    if ready:
        text = f"{len(ready)} VMs would get an Enhanced policy, which they cannot leave for a Standard one any more, and {len(blocked)} cannot"
        needs = plan.need("policy", f"the Enhanced policy of {len(ready)} VMs") + plan.need("accept_irreversible", text)
    return _step(_by_vault(ready), "VMs", len(ready), blocked, needs)


def _time_zones(plan: _Plan) -> Entry:
    zones = plan.options.get("time_zones") or {}
    found = [(vault, policy) for vault, action in plan.of_vaults("time_zones") for policy in action["policies"]]
    bare = sorted({policy for _vault, policy in found if policy not in zones})
    needs = plan.need("time_zone", f"the zone that the times of these policies were meant in: {', '.join(bare)}") if bare else []
    ready = [_target(vault, policy=policy, time_zone=zones.get(policy) or plan.options.get("time_zone")) for vault, policy in found]
    return _step(ready, "policies", len(ready), needs=needs)


def _agents(plan: _Plan) -> Entry:
    """Azure cannot update them from outside: each server once, with the command to run there."""
    servers: dict[tuple[str, str], Entry] = {}
    for vault, action in plan.of_vaults("agents"):
        for each in action["servers"]:
            told = {**each, "installer": action["installer"], "command": action["command"]}
            servers.setdefault((str(vault["id"]).lower(), str(each["name"])), _target(vault, **told))
    return _step(list(servers.values()), "servers", len(servers))


STEPS: dict[str, Callable[[_Plan], Entry]] = {
    "time_zones": _time_zones,
    "alerts": _alerts,
    "diagnostics": _diagnostics,
    "security": _security,
    "redundancy": _redundancy,
    "reapply_policy": _reapply_policy,
    "enhanced_policy": _enhanced_policy,
    "agents": _agents,
}


def modernize_plan(readiness: Entry, steps: list[str], options: Entry | None = None) -> Entry:
    """{steps: {step: {ready, blocked, needs, vaults, noun, things}}, unknown: [{step, name, evidence}], vaults, vms}."""
    plan = _Plan(readiness, options or {})
    found = {step: STEPS[step](plan) for step in steps}
    return {"steps": found, "unknown": plan.unknown(steps), "vaults": len(plan.vaults), "vms": len(plan.vms)}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"modernize_plan": modernize_plan}
