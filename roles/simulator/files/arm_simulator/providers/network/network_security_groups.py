# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network security groups and their rules. The rules live in the document of their group."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ...core.regions import normalise
from ...core.store import Document, public
from . import references
from .child_resources import Parts, WritableParts
from .network_resources import NetworkResource, refused, register, unreadable
from .security_rules import check_conflicts, default_rules, make_rule

if TYPE_CHECKING:
    from ...core.world import World

RULE_SECONDS = 8
"""A rule PUT was done by the second poll, 10 s later."""


class NetworkSecurityGroup(NetworkResource):
    name = "networkSecurityGroups"

    def properties(self, world: World, resource_id: str, body: Document, existing: Document | None) -> Document:
        asked = body.get("properties") or {}
        rules = []
        for rule in asked.get("securityRules") or []:
            if not rule.get("name"):
                raise unreadable("Required property 'name' not found in JSON. Path 'properties.securityRules[0]'.")
            rules.append(make_rule(f"{resource_id}/securityRules/{rule['name']}", rule.get("properties") or {}))
        check_conflicts(rules)
        result = {"resourceGuid": self.guid(world, existing), "securityRules": rules, "defaultSecurityRules": default_rules(resource_id)}
        if "flushConnection" in asked:
            result["flushConnection"] = asked["flushConnection"]
        return result

    def shown(self, world: World, document: Document) -> Document:
        used = references.users(world, document["id"])
        parts = {
            "networkInterfaces": [{"id": each} for each in used if "/networkinterfaces/" in each.lower()],
            "subnets": [{"id": each} for each in used if "/subnets/" in each.lower()],
        }
        return {**public(document), "properties": {**document["properties"], **{key: ids for key, ids in parts.items() if ids}}}

    def check_unused(self, world: World, document: Document) -> None:
        used = references.users(world, document["id"])
        if used:
            raise refused(
                "InUseNetworkSecurityGroupCannotBeDeleted",
                f"Network security group {document['id']} cannot be deleted because it is in use by the following resources: "
                f"{', '.join(used)}. In order to delete the Network security group, remove the association with the resource(s). "
                "To learn how to do this, see aka.ms/deletensg.",
            )


NSG = register(NetworkSecurityGroup())
DEFAULT_RULES = Parts(NSG, "defaultSecurityRules", "rule")
RULES = WritableParts(NSG, "securityRules", "rule", make_rule, RULE_SECONDS, check=check_conflicts)


def build(world: World, section: list[Document]) -> None:
    """The estate's network_security_groups: {name, resource_group, location?, tags?, rules: [...]}."""
    for entry in section:
        group = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{entry['resource_group']}"
        stored = world.store.resource(group) or {"id": group, "location": "westeurope"}
        nsg_id = f"{stored['id']}/providers/{NSG.type}/{entry['name']}"
        rules = [{"name": rule["name"], "properties": _wire(rule)} for rule in entry.get("rules") or []]
        body = {"tags": entry.get("tags"), "properties": {"securityRules": rules}}
        NSG.make(world, nsg_id, normalise(entry.get("location") or stored["location"]), body)


def _wire(rule: Document) -> Document:
    """An estate's rule as ARM has it: a list becomes the plural field, what is left out is any."""
    properties: Document = {
        "priority": rule["priority"],
        "direction": rule.get("direction", "Inbound"),
        "access": rule.get("access", "Allow"),
        "protocol": rule.get("protocol", "*"),
        "description": rule.get("description"),
    }
    for option, single, many in (
        ("source", "sourceAddressPrefix", "sourceAddressPrefixes"),
        ("source_port", "sourcePortRange", "sourcePortRanges"),
        ("destination", "destinationAddressPrefix", "destinationAddressPrefixes"),
        ("destination_port", "destinationPortRange", "destinationPortRanges"),
    ):
        value: Any = rule.get(option, "*")
        properties[many if isinstance(value, list) else single] = copy.copy(value) if isinstance(value, list) else str(value)
    return properties
