# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules network security groups are to have, and which of this role's own they need no more. Pure: options in, a plan out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: network_access_plan
short_description: Plan the rules that let backup traffic out
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Turns the options of the role P(safeharbor.azure_backup.network_access#role) into rules, as the module
    M(safeharbor.azure_backup.network_rule) takes them.
positional: _input
options:
  _input:
    description:
      - The options of the role without their prefix.
    type: dict
    required: true
  tags:
    description:
      - For the mode V(ip_ranges), the service tags as the module M(safeharbor.azure_backup.service_tag_info) returns them.
    type: list
    elements: dict
    default: []
  present:
    description:
      - The names of the rules that the groups have, as results of the module M(safeharbor.azure_backup.network_rule) with their C(item).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Plan
  ansible.builtin.set_fact:
    plan: "{{ options | safeharbor.azure_backup.network_access_plan(ranges.tags) }}"
  vars:
    options:
      mode: service_tags
      security_groups: [{name: lockdown, resource_group: app}]
      service_tags: [AzureBackup]
      source: [VirtualNetwork]
      priority_from: 200
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:problems) are texts on what is wrong with the options.
    - RV(ignore:rules) are dictionaries with C(network_security_group), C(resource_group) and the settings of a rule.
    - RV(ignore:unused) are dictionaries with C(network_security_group), C(resource_group) and C(name) of the rules that are there, that have the
      names of this role, and that the options do not ask for.
  type: dict
"""

PLATFORM = "platform"
TAGS = "service_tags"
RANGES = "ip_ranges"
PROXY = "proxy"
# Of rules that this role writes. They are its own by these names, so another name would leave the old rule where it is.
TAG_PREFIX = "AllowBackup"
RANGES_PREFIX = "AllowBackupRanges-"
PROXY_RULE = "AllowBackupProxy"
DENY_RULE = "DenyInternetButBackup"
KNOWN_TAGS = ("AzureBackup", "Storage", "AzureActiveDirectory")
# https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#networking-limits
GROUP_RANGES = 4000
DESCRIPTION_LENGTH = 140


def _suffix(tag: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", tag)


def _allow(name: str, source: list[str], destination: list[str], ports: str, options: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "access": "allow",
        "protocol": "tcp",
        "priority_from": options.get("priority_from", 200),
        "source": source,
        "destination": destination,
        "destination_ports": [ports],
        "description": description[:DESCRIPTION_LENGTH],
    }


def _rules(options: dict[str, Any], tags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of one group. What is denied comes last, so that a run that ends in between has closed nothing."""
    mode, source = options["mode"], options.get("source") or ["VirtualNetwork"]
    rules = []
    if mode == TAGS:
        text = "Azure Backup of this network's VMs"
        rules = [_allow(TAG_PREFIX + _suffix(each), source, [each], "443", options, text) for each in options["service_tags"]]
    elif mode == RANGES:
        text = "Azure Backup of this network's VMs, ranges of {name}, change {change_number}"
        rules = [_allow(RANGES_PREFIX + _suffix(each["name"]), source, each["ipv4"], "443", options, text.format(**each)) for each in tags if each["ipv4"]]
    elif mode == PROXY:
        rules = [_allow(PROXY_RULE, [options["proxy_address"]], ["Internet"], "80-443", options, "The proxy that carries backup traffic")]
    if options.get("deny_rest") and mode != PLATFORM:
        deny = {"access": "deny", "protocol": "any", "priority_from": options.get("deny_priority_from", 4000)}
        rules.append({**_allow(DENY_RULE, ["*"], ["Internet"], "*", options, "Only what rules before this one allow gets out"), **deny})
    return rules


def _is_own(name: str, options: dict[str, Any]) -> bool:
    """Whether a rule has one of the names that this role gives: for a service tag that is known, with or without a region."""
    tags = "|".join(re.escape(_suffix(each)) for each in (*KNOWN_TAGS, *(options.get("service_tags") or ())))
    form = rf"({TAG_PREFIX}|{RANGES_PREFIX})({tags})(-[a-z0-9]+)?|{PROXY_RULE}|{DENY_RULE}"
    return bool(re.fullmatch(form, name, re.IGNORECASE))


def _problems(options: dict[str, Any]) -> list[str]:
    mode = options["mode"]
    needed = {TAGS: ("security_groups", "service_tags"), RANGES: ("security_groups", "service_tags", "regions"), PROXY: ("security_groups", "proxy_address")}
    return [f"network_access_{each}: needed with mode {mode}" for each in needed.get(mode, ()) if not options.get(each)]


def _too_many(rules: Iterable[dict[str, Any]]) -> list[str]:
    count = sum(len(each["destination"]) for each in rules)
    text = f"network_access_service_tags: they stand for {count} ranges, and a network security group takes {GROUP_RANGES}; use mode service_tags"
    return [text] if count > GROUP_RANGES else []


@takes(options={"deny_rest": "bool", "priority_from": "int", "deny_priority_from": "int"})
def network_access_plan(
    options: dict[str, Any], tags: list[dict[str, Any]] | None = None, present: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """{problems, rules, unused}."""
    problems = _problems(options)
    if problems:
        return {"problems": problems, "rules": [], "unused": []}
    rules = _rules(options, tags or [])
    groups = [_place(each["name"], each["resource_group"]) for each in options.get("security_groups") or ()]
    kept = {each["name"].lower() for each in rules}
    return {
        "problems": _too_many(rules),
        "rules": [{**group, "direction": "outbound", **rule} for group in groups for rule in rules],
        "unused": [
            {**_place(each["item"]["name"], each["item"]["resource_group"]), "name": name}
            for each in present or ()
            for name in each.get("group_rules") or ()
            if name.lower() not in kept and _is_own(name, options)
        ],
    }


def _place(group: str, resource_group: str) -> dict[str, str]:
    return {"network_security_group": group, "resource_group": resource_group}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"network_access_plan": network_access_plan}
