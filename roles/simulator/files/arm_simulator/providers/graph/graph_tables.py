# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of Resource Graph: what it keeps of each resource, which is not quite what the provider answers.

Types, locations and resource groups are in lower case, a text that is not there is empty, and VMs, items and jobs carry
what Resource Graph adds (https://learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ... import kql
from ...core.regions import normalise
from ...core.store import Document
from ...kql.nodes import Binary, Literal, Name, Within
from ..backup import jobs, protected_items
from ..compute.instance_view import agent_is_ready, guest_identity

if TYPE_CHECKING:
    from ...core.world import World

COLUMNS = [
    "id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy", "sku", "plan", "properties", "tags",
    "identity", "zones", "extendedLocation",
]  # fmt: skip
GROUPS = "microsoft.resources/resourcegroups"
SUBSCRIPTION = "microsoft.resources/subscriptions"
VMS = "microsoft.compute/virtualmachines"
ITEMS = "microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems"
JOBS = "microsoft.recoveryservices/vaults/backupjobs"
POLICIES = "microsoft.recoveryservices/vaults/backuppolicies"
_API = "2024-04-01"
_PROTECTION = {"Protected": "ProtectionConfigured", "IRPending": "ConfiguringProtection"}

Sees = Callable[[str, str], bool]


def table(world: World, name: str, query: kql.Query, sees: Sees) -> kql.Table:
    """A table by its lower-case name. sees(type, id) tells what the caller may read; the query's first conditions narrow the search."""
    makers = {"": _resources, "resources": _resources, "resourcecontainers": _containers, "recoveryservicesresources": _recovery}
    if name not in makers:
        raise kql.KqlError("DisallowedLogicalTableName", f"Table {name} is invalid, unsupported or disallowed.")
    return kql.Table(COLUMNS, [row for row in makers[name](world, _types(query)) if sees(row["type"], row["id"])])


def _types(query: kql.Query) -> set[str] | None:
    """The types, in lower case, that the query's leading conditions leave; None when they do not say."""
    for operator in query.operators:
        if operator.kind != "where":
            return None
        conditions = [operator.condition]
        while conditions:
            node = conditions.pop()
            if isinstance(node, Binary) and node.sign == "and":
                conditions += [node.left, node.right]
            elif isinstance(node, (Binary, Within)) and node.left == Name("type"):
                values = node.values if isinstance(node, Within) else (node.right,)
                if node.sign in ("==", "=~", "in", "in~") and all(isinstance(value, Literal) for value in values):
                    return {str(value.value).lower() for value in values}
    return None


def _row(world: World, document: Document, properties: Any = None, location: str | None = None) -> dict[str, Any]:
    parts = document["id"].split("/")
    row: dict[str, Any] = {
        "id": document["id"],
        "name": document["name"],
        "type": document["type"].lower(),
        "tenantId": world.settings.tenant_id,
        "kind": document.get("kind") or "",
        "location": normalise(document.get("location") or "" if location is None else location),
        "resourceGroup": parts[4].lower() if len(parts) > 4 else "",
        "subscriptionId": world.settings.subscription_id,
        "managedBy": document.get("managedBy") or "",
        "properties": document.get("properties") if properties is None else properties,
    }
    return {column: row[column] if column in row else document.get(column) for column in COLUMNS}


def _subscription(world: World) -> str:
    return f"/subscriptions/{world.settings.subscription_id}"


def _resources(world: World, types: set[str] | None) -> Iterator[dict[str, Any]]:
    root = _subscription(world)
    if types is None:
        documents = world.store.top_level(root)
    else:
        wanted = sorted(kind for kind in types if kind.count("/") == 1 and kind != GROUPS)
        documents = (each for kind in wanted for each in world.store.list(kind, root) if "location" in each)
    for document in documents:
        if document["type"].lower() == VMS:
            yield _row(world, document, {**document["properties"], "extended": {"instanceView": _instance_view(world, document)}})
        else:
            yield _row(world, document)


def _instance_view(world: World, vm: Document) -> Document:
    """What Resource Graph keeps of the instance view: power, and the guest's name and system while the agent reports."""
    power = vm.get("_power", "running")
    state = {"code": f"PowerState/{power}", "displayStatus": f"VM {power}", "level": "Info"}
    view: Document = {"hyperVGeneration": vm.get("_generation", "V1"), "powerState": state}
    if agent_is_ready(world, vm):
        name, version = guest_identity(vm)
        view |= {"computerName": vm["properties"].get("osProfile", {}).get("computerName", vm["name"]), "osName": name, "osVersion": version}
    return view


def _containers(world: World, types: set[str] | None) -> Iterator[dict[str, Any]]:
    root = _subscription(world)
    details = {"state": "Enabled", "managementGroupAncestorsChain": [{"name": world.settings.tenant_id, "displayName": "Tenant Root Group"}]}
    yield _row(world, {"id": root, "name": "Simulated subscription", "type": SUBSCRIPTION, "properties": details})
    for group in world.store.list(GROUPS, root):
        yield _row(world, group | {"type": f"{SUBSCRIPTION}/resourcegroups"})


def _recovery(world: World, types: set[str] | None) -> Iterator[dict[str, Any]]:
    views = {ITEMS: _item, JOBS: _job, POLICIES: _policy}
    locations: dict[str, str] = {}
    for kind, view in views.items():
        if types is not None and kind not in types:
            continue
        for document in world.store.list(kind, _subscription(world)):
            vault_id = "/".join(document["id"].split("/")[:9])
            if vault_id not in locations:
                locations[vault_id] = (world.store.resource(vault_id) or {}).get("location", "")
            yield _row(world, document, view(world, document, vault_id, locations[vault_id]), locations[vault_id])


def _item(world: World, item: Document, vault_id: str, location: str) -> Document:
    properties = protected_items.view(world, item, _API)["properties"]
    state = properties.get("protectionState", "")
    source = properties.get("sourceResourceId") or properties.get("virtualMachineId") or ""
    gone = properties.get("isScheduledForDeferredDelete")
    return {
        **properties,
        "vaultId": vault_id,
        "currentProtectionState": "SoftDeleted" if gone else _PROTECTION.get(state, state),
        "dataSourceInfo": {
            "datasourceType": "AzureIaasVM",
            "objectType": "Datasource",
            "resourceID": source,
            "resourceLocation": (world.store.resource(source) or {}).get("location", location) if source else location,
            "resourceName": source.rpartition("/")[2],
            "resourceType": "Microsoft.Compute/virtualMachines",
        },
        "policyInfo": {"name": properties.get("policyName", ""), "policyId": properties.get("policyId", "")},
    }


def _job(world: World, job: Document, vault_id: str, location: str) -> Document:
    properties = jobs.view(world, job, detail=False)["properties"]
    return {
        **properties,
        "backupInstanceId": job.get("_item", ""),
        "isUserTriggered": "true" if properties["operation"] != "Backup" else str(bool(job.get("_operation"))).lower(),
        "operationCategory": properties["operation"],
        "vaultName": vault_id.rpartition("/")[2],
    }


def _policy(world: World, policy: Document, vault_id: str, location: str) -> Document:
    return policy["properties"]
