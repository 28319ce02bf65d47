# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure makes of the properties of a security rule, and what it refuses.

The refusals have the codes and texts that users have reported of Azure; those for a description that
is too long and for giving both forms of a field are our own words. Limits are those of
https://learn.microsoft.com/rest/api/virtualnetwork/security-rules/create-or-update
"""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path

from ...core.messages import ArmError
from ...core.store import Document
from .network_resources import check_name, refused, unreadable

SERVICE_TAGS = json.loads((Path(__file__).parents[2] / "data" / "service_tags.json").read_text(encoding="utf-8"))

PRIORITIES = range(100, 4097)
DESCRIPTION_LENGTH = 140
CHOICES = {
    "protocol": ("*", "Tcp", "Udp", "Icmp", "Esp", "Ah"),
    "access": ("Allow", "Deny"),
    "direction": ("Inbound", "Outbound"),
}
DENY_ONLY = ("azureplatformdns", "azureplatformimds", "azureplatformlkm")
"""Tags that exist to block the platform's own services: https://learn.microsoft.com/azure/virtual-network/service-tags-overview"""

NOT_REGIONAL = ("azurebackup", "azureactivedirectory", "internet", "virtualnetwork", "azureloadbalancer")
"""Tags without regional forms: https://learn.microsoft.com/azure/virtual-network/service-tags-overview"""

_TAGS = {name.lower() for name in SERVICE_TAGS["rule_only_tags"] + SERVICE_TAGS["tag_names"]}
_REGIONAL = re.compile(r"([a-z0-9]+)\.[a-z0-9]+")
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")

_DEFAULTS = (
    ("AllowVnetInBound", "Allow inbound traffic from all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Inbound"),
    ("AllowAzureLoadBalancerInBound", "Allow inbound traffic from azure load balancer", "AzureLoadBalancer", "*", "Allow", 65001, "Inbound"),
    ("DenyAllInBound", "Deny all inbound traffic", "*", "*", "Deny", 65500, "Inbound"),
    ("AllowVnetOutBound", "Allow outbound traffic from all VMs to all VMs in VNET", "VirtualNetwork", "VirtualNetwork", "Allow", 65000, "Outbound"),
    ("AllowInternetOutBound", "Allow outbound traffic from all VMs to Internet", "*", "Internet", "Allow", 65001, "Outbound"),
    ("DenyAllOutBound", "Deny all outbound traffic", "*", "*", "Deny", 65500, "Outbound"),
)

_LISTS = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
_GROUPS = ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups")


def default_rules(nsg_id: str) -> list[Document]:
    """The six rules of every NSG, in Azure's order."""
    return [
        part(
            f"{nsg_id}/defaultSecurityRules/{name}",
            {
                "description": description,
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
                "access": access,
                "priority": priority,
                "direction": direction,
                **{key: [] for key in _LISTS},
            },
        )
        for name, description, source, destination, access, priority, direction in _DEFAULTS
    ]


def part(rule_id: str, properties: Document) -> Document:
    """A rule as it lies in the document of its NSG; etag and state are stamped later."""
    collection, name = rule_id.split("/")[-2:]
    return {
        "name": name,
        "id": rule_id,
        "etag": "",
        "type": f"Microsoft.Network/networkSecurityGroups/{collection}",
        "properties": {"provisioningState": "", **properties},
    }


def make_rule(rule_id: str, asked: Document) -> Document:
    """The rule that a PUT of these properties makes, or Azure's refusal."""
    check_name(rule_id.rpartition("/")[2])
    properties: Document = {}
    if asked.get("description"):
        properties["description"] = _description(rule_id, str(asked["description"]))
    properties["protocol"] = _choice(asked, rule_id, "protocol", keep_case=True)
    for stem, many, group in (("PortRange", "PortRanges", ""), ("AddressPrefix", "AddressPrefixes", "ApplicationSecurityGroups")):
        for side in ("source", "destination"):
            _check_given(asked, rule_id, side, stem, many, group)
            value = asked.get(f"{side}{stem}")
            if value:
                properties[f"{side}{stem}"] = str(value)
    properties["access"] = _choice(asked, rule_id, "access")
    properties["priority"] = _priority(asked)
    properties["direction"] = _choice(asked, rule_id, "direction")
    properties.update({key: [str(value) for value in asked.get(key) or []] for key in _LISTS})
    properties.update({key: [{"id": each["id"]} for each in asked[key]] for key in _GROUPS if asked.get(key)})
    _check_ports(properties)
    _check_addresses(rule_id, properties)
    return part(rule_id, properties)


def check_conflicts(rules: list[Document]) -> None:
    """No two rules of a direction may have the same priority."""
    seen: dict[tuple[str, int], str] = {}
    for rule in rules:
        place = rule["properties"]["direction"], rule["properties"]["priority"]
        if place in seen:
            raise refused(
                "SecurityRuleConflict",
                f"Security rule {seen[place]} conflicts with rule {rule['name']}. Rules cannot have the same Priority and Direction. "
                "To learn more, see aka.ms/nsgrules.",
            )
        seen[place] = rule["name"]


def _description(rule_id: str, text: str) -> str:
    if len(text) > DESCRIPTION_LENGTH:
        raise refused(
            "SecurityRuleInvalidDescription",
            f"Security rule {rule_id} has invalid Description. It is {len(text)} characters long, the limit is {DESCRIPTION_LENGTH}.",
        )
    return text


def _choice(asked: Document, rule_id: str, field: str, *, keep_case: bool = False) -> str:
    """One of a fixed set, in any letter case; protocol comes back as it was sent."""
    value = asked.get(field)
    if value in (None, ""):
        raise _missing(rule_id, field[0].upper() + field[1:])
    for choice in CHOICES[field]:
        if choice.lower() == str(value).lower():
            return str(value) if keep_case else choice
    kind = f"Microsoft.WindowsAzure.Networking.Nrp.Frontend.Contract.Csm.Public.SecurityRule{field.capitalize()}"
    raise unreadable(f"Error converting value \"{value}\" to type '{kind}'. Path 'properties.{field}'.")


def _priority(asked: Document) -> int:
    value = asked.get("priority", 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise unreadable(f"Could not convert string to integer: {value}. Path 'properties.priority'.")
    if value not in PRIORITIES:
        raise refused("SecurityRuleInvalidPriority", f"Security rule has invalid Priority. Value provided: {value} Allowed range 100-4096.")
    return value


def _missing(rule_id: str, parameter: str) -> ArmError:
    return refused(
        "SecurityRuleParameterMissing", f"Required security rule parameter {parameter} is missing for security rule with Id: {rule_id}."
    )


def _check_given(asked: Document, rule_id: str, side: str, stem: str, many: str, group: str) -> None:
    """Exactly one of the single value, the list and (for addresses) the application security groups."""
    forms = [f"{side}{stem}", f"{side}{many}"] + ([f"{side}{group}"] if group else [])
    given = [form for form in forms if asked.get(form)]
    titles = [form[0].upper() + form[1:] for form in forms]
    if not given and not group:
        raise _missing(rule_id, titles[0])
    if not given:
        raise refused(
            "SecurityRuleParametersMissing",
            f"Required security rule parameters are missing for security rule with Id: {rule_id}. "
            f"Security rule must specify {titles[1]}, {titles[0]}, or {titles[2]}.",
        )
    if len(given) > 1:
        raise refused(
            "SecurityRuleParametersConflict",
            f"Security rule with Id {rule_id} cannot specify {' and '.join(given)} at the same time.",
        )


def _check_ports(properties: Document) -> None:
    for side in ("source", "destination"):
        single = properties.get(f"{side}PortRange")
        for value in [single] if single else properties[f"{side}PortRanges"]:
            if not (value == "*" and single) and not _is_port_range(value):
                raise refused(
                    "SecurityRuleInvalidPortRange",
                    f"Security rule has invalid Port range. Value provided: {value}. Value should be an integer OR integer range with '-' "
                    "delimiter. Valid range 0-65535.",
                )


def _is_port_range(text: str) -> bool:
    match = _PORT.fullmatch(text)
    return match is not None and int(match[1]) <= int(match[2] or match[1]) <= 65535


def _check_addresses(rule_id: str, properties: Document) -> None:
    for side in ("source", "destination"):
        single = properties.get(f"{side}AddressPrefix")
        if single and (single == "*" or is_service_tag(single)):
            _check_platform_tag(rule_id, single, properties["access"])
            continue
        for value in [single] if single else properties[f"{side}AddressPrefixes"]:
            if value == "*" or is_service_tag(value):
                field = f"{side.capitalize()}AddressPrefix"
                raise refused(
                    "SecurityRuleParameterContainsUnsupportedValue",
                    f"Security rule parameter {field} for rule with Id {rule_id} cannot specify existing VIRTUALNETWORK, INTERNET, "
                    f"AZURELOADBALANCER, '*' or system tags. Unsupported value used: {value}.",
                )
            if not is_network(value):
                raise refused("SecurityRuleInvalidAddressPrefix", f"Security rule {rule_id} has invalid Address prefix. Value provided: {value}")


def _check_platform_tag(rule_id: str, tag: str, access: str) -> None:
    if tag.lower() in DENY_ONLY and access != "Deny":
        raise refused(
            "SecurityRuleInvalidAccessType",
            f"Security rule {rule_id} has invalid Access type for {tag}. Value provided: {access}. Allowed value is Deny.",
        )


def is_service_tag(text: str) -> bool:
    """A known service tag, or the regional form of one ('Storage.WestEurope')."""
    lower = text.lower()
    regional = _REGIONAL.fullmatch(lower)
    return lower in _TAGS or bool(regional and regional[1] in _TAGS and regional[1] not in NOT_REGIONAL)


def is_network(text: str) -> bool:
    """An address or a CIDR block whose host bits are zero. A bare number is an address too, as recorded."""
    try:
        ipaddress.ip_network(int(text) if text.isdigit() else text)
    except ValueError:
        return False
    return True
