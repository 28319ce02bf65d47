# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""One rule of a network security group: its options, its ARM document and its rules. Nothing here talks to Azure.

Limits: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview and
https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/create-or-update
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, Field, body, choice, fetch, mapping, objects, view
from .._core.ids import part
from .._core.names import check_group
from . import traffic

NAME = re.compile(r"[a-zA-Z0-9]([\w.-]{0,78}\w)?", re.ASCII)
PRIORITIES = range(100, 4097)
FIRST_PRIORITY = 200
DESCRIPTION_LENGTH = 140
PROTOCOLS = ("tcp", "udp", "icmp", "esp", "ah", "any")
DIRECTIONS = ("outbound", "inbound")
ACCESS = ("allow", "deny")
# Azure's service raised it from 1 to 10: https://github.com/hashicorp/terraform-provider-azurerm/pull/9884
GROUPS_PER_RULE = 10
_GROUP_ID = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/[^/\s]+/providers/Microsoft\.Network/applicationSecurityGroups/[^/\s]+", re.IGNORECASE)

SIDES = ("source", "destination")
_read_direction, _write_direction = choice(("inbound", "Inbound"), ("outbound", "Outbound"))
_read_access, _write_access = choice(("allow", "Allow"), ("deny", "Deny"))
_read_protocol, _write_protocol = choice(*((each, each.capitalize()) for each in PROTOCOLS[:-1]), ("any", "*"))

SETTINGS = (
    Field("direction", "properties.direction", _read_direction, _write_direction),
    Field("access", "properties.access", _read_access, _write_access),
    Field("protocol", "properties.protocol", _read_protocol, _write_protocol),
    Field("priority", "properties.priority"),
    Field("description", "properties.description", lambda value: value or ""),
)
FACTS = (
    Field("id", "id"),
    Field("name", "name"),
    Field("provisioning_state", "properties.provisioningState"),
)
# Written by Azure alone, or written anew with every change: the rest of a rule's properties is kept as it is.
_NOT_KEPT = re.compile(r"(provisioningState|(source|destination)(AddressPrefix|AddressPrefixes|PortRange|PortRanges|ApplicationSecurityGroups))")


def groups_option(side: str) -> str:
    return f"{side}_application_security_groups"


def to_view(document: Document) -> dict[str, Any]:
    """A rule in the words of the module. Of each pair of singular and plural fields Azure fills one."""
    properties = mapping(document.get("properties"))
    shown = view((*FACTS, *SETTINGS), document)
    for side in SIDES:
        shown[side] = traffic.addresses(_both(properties, f"{side}AddressPrefix", "es"))
        shown[f"{side}_ports"] = traffic.ports(_both(properties, f"{side}PortRange", "s"))
        shown[groups_option(side)] = _group_ids(str(each.get("id")) for each in objects(properties.get(f"{side}ApplicationSecurityGroups")))
    rule_id = document.get("id") or ""
    return {
        **shown,
        "network_security_group": part(rule_id, "networkSecurityGroups"),
        "resource_group": part(rule_id, "resourceGroups"),
    }


def _both(properties: Document, single: str, plural: str) -> list[str]:
    several = properties.get(single + plural)
    found = [properties.get(single), *(several if isinstance(several, list) else [])]
    return [str(each) for each in found if each]


def _group_ids(ids: Iterable[str]) -> list[str]:
    return sorted({each.lower().rstrip("/") for each in ids})


def blank(rule_id: str, name: str) -> dict[str, Any]:
    """The view that a rule would have, as far as that is known before it exists."""
    return to_view({"id": rule_id, "name": name})


def to_body(after: dict[str, Any], present: Document | None) -> Document:
    """The whole document of the rule: a PUT replaces it. What present has beyond the options stays."""
    kept = {name: value for name, value in ((present or {}).get("properties") or {}).items() if not _NOT_KEPT.fullmatch(name)}
    document = body(SETTINGS, after)
    properties = {**kept, **document["properties"]}
    for side in SIDES:
        properties |= _one_or_many(f"{side}PortRange", "s", after[f"{side}_ports"])
        properties |= _one_or_many(f"{side}AddressPrefix", "es", after[side])
        if after[groups_option(side)]:
            properties[f"{side}ApplicationSecurityGroups"] = [{"id": each} for each in after[groups_option(side)]]
    return {"name": after["name"], "properties": properties}


def _one_or_many(single: str, plural: str, values: list[str]) -> Document:
    return {single: values[0], single + plural: []} if len(values) == 1 else {single + plural: values}


def check_name(name: str | None, option: str) -> list[Problem]:
    if name is None or NAME.fullmatch(name):
        return []
    return [Problem(option, f"'{name}' is no name: 1 to 80 letters, digits, '.', '_' and '-', the first a letter or digit, the last one of these or '_'")]


def check_options(options: dict[str, Any]) -> list[Problem]:
    """What is wrong with the options alone."""
    problems = check_name(options.get("name"), "name") + check_name(options.get("network_security_group"), "network_security_group")
    problems += check_group(options.get("resource_group"))
    if options.get("state") == "absent":
        return problems
    for option in ("priority", "priority_from"):
        value = options.get(option)
        if value is not None and value not in PRIORITIES:
            problems.append(Problem(option, f"{value} is outside {PRIORITIES.start} to {PRIORITIES.stop - 1}"))
    if len(options.get("description") or "") > DESCRIPTION_LENGTH:
        problems.append(Problem("description", f"has {len(options['description'])} characters, Azure takes {DESCRIPTION_LENGTH}"))
    for side in SIDES:
        problems += _check_side(side, options)
    return problems


def _check_side(side: str, options: dict[str, Any]) -> list[Problem]:
    problems = traffic.check_ports(f"{side}_ports", options.get(f"{side}_ports")) + traffic.check_addresses(side, options.get(side))
    option = groups_option(side)
    groups, given = options.get(option), options.get(side)
    odd = [each for each in groups or () if not _GROUP_ID.fullmatch(each.rstrip("/"))]
    problems += [Problem(option, f"'{each}' is not the id of an application security group") for each in odd]
    if len(groups or ()) > GROUPS_PER_RULE:
        problems.append(Problem(option, f"a rule takes {GROUPS_PER_RULE} application security groups, {len(groups or ())} are given"))
    if groups and given:
        problems.append(Problem(side, f"cannot be used together with {option}"))
    elif (given is not None or groups is not None) and not groups and not given:
        problems.append(Problem(side, f"is empty; * stands for every address, or set {option}"))
    tags = [each for each in map(traffic.address, given or ()) if each in traffic.DENY_ONLY]
    if tags and options.get("access") != "deny":
        problems.append(Problem(side, f"Azure takes {tags[0]} in rules with access deny only: it serves to block the platform's own service"))
    return problems


def check_change(wanted: dict[str, Any], before: dict[str, Any] | None, others: list[dict[str, Any]], priority_from: int) -> list[Problem]:
    """What is wrong with the wanted rule in the group as it is. others: views of the group's other rules."""
    after = {**(before or {}), **wanted}
    problems = []
    if before is None and not after.get("destination") and not after.get(groups_option("destination")):
        problems.append(Problem("destination", f"needed to create the rule, or {groups_option('destination')}"))
    if before is None and not after.get("destination_ports"):
        problems.append(Problem("destination_ports", "needed to create the rule"))
    if after["priority"] is None:
        text = f"no priority from {priority_from} to {PRIORITIES.stop - 1} is free among the {after['direction']} rules"
        problems.append(Problem("priority_from", text))
    for each in others:
        if (each["direction"], each["priority"]) == (after["direction"], after["priority"]):
            text = f"{each['priority']} is taken by the {each['direction']} rule '{each['name']}'; leave it out and the first free one is taken"
            problems.append(Problem("priority", text if before is None else f"{text.partition(';')[0]}; choose another"))
    return problems


def wanted(options: dict[str, Any], before: dict[str, Any] | None, others: list[dict[str, Any]]) -> dict[str, Any]:
    """The settings that the options ask for, in canonical form; for a new rule with what no option names."""
    settings = {field.option: options[field.option] for field in SETTINGS if options.get(field.option) is not None}
    for side in SIDES:
        settings |= _wanted_side(side, options, before)
    if before is not None:
        return settings
    protocol = settings.get("protocol", "tcp")
    defaults = {"direction": "outbound", "access": "allow", "protocol": protocol, "description": "", "source_ports": [traffic.ANY]}
    if not settings.get(groups_option("source")):
        defaults |= {"source": [traffic.ANY], groups_option("source"): []}
    if protocol in ("icmp", "esp", "ah"):
        defaults["destination_ports"] = [traffic.ANY]
    settings = {**defaults, **settings}
    settings.setdefault("priority", first_free(others, settings["direction"], options.get("priority_from") or FIRST_PRIORITY))
    return settings


def _wanted_side(side: str, options: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    """Addresses and application security groups exclude each other: naming one takes the other away."""
    settings: dict[str, Any] = {}
    if options.get(f"{side}_ports") is not None:
        settings[f"{side}_ports"] = traffic.ports(options[f"{side}_ports"])
    if options.get(side):
        settings |= {side: _spelled(traffic.addresses(options[side]), (before or {}).get(side) or []), groups_option(side): []}
    elif options.get(groups_option(side)):
        settings |= {side: [], groups_option(side): _group_ids(options[groups_option(side)])}
    return settings


def _spelled(asked: list[str], present: list[str]) -> list[str]:
    """Service tags as the rule spells them already: 'storage.westeurope' is no change of 'Storage.WestEurope'."""
    known = {each.lower(): each for each in present}
    return sorted(known.get(each.lower(), each) for each in asked)


def first_free(rules: list[dict[str, Any]], direction: str, start: int) -> int | None:
    """The lowest priority from start on that no rule of the direction has, None when there is none."""
    taken = {each["priority"] for each in rules if each["direction"] == direction}
    return next((each for each in range(start, PRIORITIES.stop) if each not in taken), None)


def shadowing(rule: dict[str, Any], others: list[dict[str, Any]]) -> list[str]:
    """Names of the rules that decide all of this rule's traffic before it and the other way, by their priority."""
    first = [each for each in others if each["direction"] == rule["direction"] and each["priority"] < rule["priority"]]
    return [each["name"] for each in sorted(first, key=lambda each: each["priority"]) if each["access"] != rule["access"] and covers(each, rule)]


def covers(large: dict[str, Any], small: dict[str, Any]) -> bool:
    """Whether a rule surely applies to all traffic that another one applies to."""
    return large["protocol"] in ("any", small["protocol"]) and all(
        traffic.ports_cover(large[f"{side}_ports"], small[f"{side}_ports"]) and _side_covers(side, large, small) for side in SIDES
    )


def _side_covers(side: str, large: dict[str, Any], small: dict[str, Any]) -> bool:
    groups = small[groups_option(side)]
    if groups:
        return set(groups) <= set(large[groups_option(side)]) or bool({traffic.ANY, traffic.VIRTUAL_NETWORK} & set(large[side]))
    return traffic.addresses_cover(large[side], small[side])


def rules_of(group: Document) -> list[Document]:
    """The documents of the rules of a network security group, those that Azure gives to every group excepted."""
    return fetch(group, "properties.securityRules") or []
