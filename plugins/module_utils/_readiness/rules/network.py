# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about the way out of a VM. VM backup needs none but to the platform; disks with Write Accelerator, old agents and databases do.

https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._core.fields import Document, fetch, mapping, objects, texts
from ..._core.ids import key, name
from ..._network import path, traffic
from ..rule import Answer, Facts, Rule, fails, passes, unknown
from ..values import enumerate_some

# https://learn.microsoft.com/azure/virtual-network/service-tags-overview; that of Storage has regions.
TAGS = ("AzureBackup", "Storage", "AzureActiveDirectory")
REGIONAL = ("Storage",)
_GROUP = "network security group"


def main_interface(vm: Document) -> str:
    """The id key of the interface that is marked as primary, else of the first; '' where there is none."""
    listed = objects(fetch(vm, "properties.networkProfile.networkInterfaces"))
    main = next((each for each in listed if fetch(each, "properties.primary") is True), listed[0] if listed else {})
    return key(main.get("id"))


def networks_of(rows: dict[str, Document], tags: list[Document]) -> path.Networks:
    """What Resource Graph shows of networks, and Azure's service tags with their addresses."""
    found = path.Networks()
    for resource, row in rows.items():
        kind = str(row.get("type")).lower().rpartition("/")[2]
        if kind == "networksecuritygroups":
            found.groups[resource] = path.read_group(row)
        elif kind == "routetables":
            found.tables[resource] = path.read_routes(row)
        elif kind == "virtualnetworks":
            found.subnets |= {key(each.id): each for each in path.read_subnets(row)}
    found.tags = {str(each.get("name")).lower(): traffic.ranges(texts(fetch(each, "properties.addressPrefixes"))) for each in tags}
    return found


def flows_to(region: str, tags: path.Tags) -> list[path.Flow]:
    """What has to be reached on TCP 443 from a region."""
    named = [f"{each}.{region}" if each in REGIONAL else each for each in TAGS]
    return [path.Flow(tag, path.HTTPS, tags.get(tag.lower(), path.PUBLIC), tag) for tag in named]


def way_out(networks: path.Networks, interface: path.Interface | None, flows: list[path.Flow]) -> dict[str, Any]:
    """{interface, verdict, stopped_by, via, platform_blocks, hidden}; hidden names what lies on the way and could not be seen."""
    if interface is None:
        return {"interface": None, "verdict": None, "stopped_by": [], "via": [], "platform_blocks": [], "hidden": ["the network interface"]}
    subnet = networks.subnets.get(interface.subnet)
    on_the_way: list[tuple[str, str, Mapping[str, Any]]] = [("subnet", interface.subnet, networks.subnets), (_GROUP, interface.group, networks.groups)]
    if subnet:
        on_the_way += [(_GROUP, subnet.group, networks.groups), ("route table", subnet.table, networks.tables)]
    paths = [path.path(networks, interface, flow) for flow in flows]
    verdicts = {each["verdict"] for each in paths}
    return {
        "interface": interface.id,
        "verdict": next(each for each in (path.CLOSED, path.PARTLY, path.OPEN) if each in verdicts),
        "stopped_by": list(dict.fromkeys(f"{each['target']}: {stop['text']}" for each in paths for stop in each["stopped_by"])),
        "via": list(dict.fromkeys(each["via"] for each in paths if each["via"])),
        "platform_blocks": path.platform(networks, interface)["notes"],
        "hidden": [f"{what} {name(resource)}" for what, resource, known in on_the_way if resource and resource not in known],
    }


def _outbound(facts: Facts) -> Answer:
    found = facts.of("network")
    if found.get("verdict") in (path.CLOSED, path.PARTLY):
        return fails(f"{enumerate_some(texts(found.get('stopped_by')))}.")
    hidden = texts(found.get("hidden"))
    if hidden or found.get("verdict") != path.OPEN:
        return unknown(f"Azure Resource Graph does not show {enumerate_some(hidden) or 'the way out'}: it is too new, or the principal may not read it.")
    return passes(f"The network lets TCP 443 to {', '.join(TAGS)} out.")


def _appliance(facts: Facts) -> Answer:
    found = facts.of("network")
    via = texts(found.get("via"))
    if via:
        return fails(f"The way out leads through {enumerate_some(via)}.")
    return unknown("The route table of the subnet could not be seen.") if texts(found.get("hidden")) else passes("No route leads the way out elsewhere.")


def _platform(facts: Facts) -> Answer:
    found = facts.of("network")
    blocks = texts(found.get("platform_blocks"))
    if blocks:
        return fails(f"{enumerate_some(blocks)}.")
    return unknown("A network security group could not be seen.") if mapping(found) and texts(found.get("hidden")) else passes("No rule blocks the platform.")


_MATRIX = "https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas"
RULES = (
    Rule(
        "NETWORK-OUTBOUND", "warning", "vm", "The network lets outbound traffic to Azure Backup through",
        "Allow TCP 443 to the service tags AzureBackup, Storage and AzureActiveDirectory before the rule that stops it; the role network_access does that.",
        "https://learn.microsoft.com/azure/virtual-network/service-tags-overview", _outbound, ("network",),
    ),
    Rule(
        "NETWORK-ROUTE", "warning", "vm", "Outbound traffic does not depend on an appliance",
        "Make sure that the appliance lets TCP 443 to AzureBackup, Storage and AzureActiveDirectory through, or add routes past it.",
        "https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview", _appliance, ("network",),
    ),
    Rule(
        "NETWORK-PLATFORM-RULES", "warning", "vm", "No security rule blocks services of the platform",
        "Remove the rule: the names that Azure's services have are resolved at 168.63.129.16.",
        "https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16", _platform, ("network",),
    ),
)  # fmt: skip
