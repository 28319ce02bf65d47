# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network security groups and their rules. The rules live in the document of their group."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from ..arm import not_found, page
from ..messages import Request, Response
from ..operations import operation
from ..router import GROUP, route
from ..store import Document, public
from . import references
from .network_resources import NetworkResource, child_not_found, parent_not_found, refused, register, settle_as, store_stamped, unreadable
from .regional import network_headers
from .security_rules import check_conflicts, default_rules, make_rule
from .tracked import SUCCEEDED, check_etag, make_id, normal_location

if TYPE_CHECKING:
    from ..world import World

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
_RULES = f"{GROUP}/providers/{NSG.type}/{{name}}"


def _find(rules: list[Document], name: str) -> Document | None:
    return next((rule for rule in rules if rule["name"].lower() == name.lower()), None)


def _get_part(collection: str, world: World, request: Request) -> Response:
    nsg = NSG.require(world, request)
    rule = _find(nsg["properties"][collection], request.params["rule"])
    if rule is None:
        raise child_not_found(f"{nsg['id']}/{collection}/{request.params['rule']}")
    return Response(200, rule)


def _list_parts(collection: str, world: World, request: Request) -> Response:
    return page(world, request, NSG.require(world, request)["properties"][collection])


for _collection in ("securityRules", "defaultSecurityRules"):
    route("GET", f"{_RULES}/{_collection}")(partial(_list_parts, _collection))
    route("GET", f"{_RULES}/{_collection}/{{rule}}")(partial(_get_part, _collection))


@route("PUT", f"{_RULES}/securityRules/{{rule}}")
def put_rule(world: World, request: Request) -> Response:
    nsg_id = make_id(world, request, NSG.type, request.params["name"])
    nsg = world.store.resource(nsg_id)
    if nsg is None:
        raise parent_not_found(nsg_id, "networkSecurityGroups/securityRules")
    rules = nsg["properties"]["securityRules"]
    existing = _find(rules, request.params["rule"])
    check_etag(request, existing, details=[])
    rule_id = existing["id"] if existing else f"{nsg_id}/securityRules/{request.params['rule']}"
    rule = make_rule(rule_id, request.json().get("properties") or {})
    others = [each for each in rules if each is not existing]
    check_conflicts([*others, rule])
    changed = [rule if each is existing else each for each in rules] if existing else [*rules, rule]
    stored = _store_rules(world, nsg, changed, "Updating")
    record = world.operations.begin("network write", nsg_id, RULE_SECONDS)
    answer = _find(stored["properties"]["securityRules"], rule["name"])
    return Response(200 if existing else 201, answer, network_headers(world, request, nsg["location"], record))


@route("DELETE", f"{_RULES}/securityRules/{{rule}}")
def delete_rule(world: World, request: Request) -> Response:
    nsg_id = make_id(world, request, NSG.type, request.params["name"])
    nsg = world.store.resource(nsg_id)
    if nsg is None:
        raise not_found(nsg_id)
    rule = _find(nsg["properties"]["securityRules"], request.params["rule"])
    if rule is None:
        return Response(204)
    check_etag(request, rule, details=[])
    store_stamped(world, nsg, "Updating")
    record = world.operations.begin("security rule delete", nsg_id, RULE_SECONDS, rule=rule["name"])
    return Response(202, None, network_headers(world, request, nsg["location"], record, result=True))


@operation("security rule delete", failed=partial(settle_as, "Failed"))
def _remove_rule(world: World, record: Document) -> None:
    nsg = world.store.resource(record["resource"])
    if nsg is not None:
        gone = record["args"]["rule"].lower()
        _store_rules(world, nsg, [rule for rule in nsg["properties"]["securityRules"] if rule["name"].lower() != gone], SUCCEEDED)


def _store_rules(world: World, nsg: Document, rules: list[Document], state: str) -> Document:
    return store_stamped(world, {**nsg, "properties": {**nsg["properties"], "securityRules": rules}}, state)


def build(world: World, section: list[Document]) -> None:
    """The estate's network_security_groups: {name, resource_group, location?, tags?, rules: [...]}."""
    for entry in section:
        group = f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{entry['resource_group']}"
        stored = world.store.resource(group) or {"id": group, "location": "westeurope"}
        nsg_id = f"{stored['id']}/providers/{NSG.type}/{entry['name']}"
        rules = [{"name": rule["name"], "properties": _wire(rule)} for rule in entry.get("rules") or []]
        body = {"tags": entry.get("tags"), "properties": {"securityRules": rules}}
        NSG.make(world, nsg_id, normal_location(entry.get("location") or stored["location"]), body)


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
