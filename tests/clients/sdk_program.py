# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Goes through the Python SDKs, each client with its pollers and lists, and prints what came of it as JSON: sdk_program.py sync | aio

The connection comes from the environment: AZURE_ARM_URL, AZURE_AUTHORITY_HOST and the rest of env.sh.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from contextlib import AsyncExitStack, ExitStack
from importlib import import_module
from typing import Any

from azure.core.exceptions import HttpResponseError

GROUP, VAULT, PLACE = "backup", "made", "westeurope"
ITEM = "Microsoft.Compute/virtualMachines"
CLIENTS = {
    "resource": ("azure.mgmt.resource.resources", "ResourceManagementClient"),
    "compute": ("azure.mgmt.compute", "ComputeManagementClient"),
    "network": ("azure.mgmt.network", "NetworkManagementClient"),
    "vaults": ("azure.mgmt.recoveryservices", "RecoveryServicesClient"),
    "backup": ("azure.mgmt.recoveryservicesbackup", "RecoveryServicesBackupClient"),
    "graph": ("azure.mgmt.resourcegraph", "ResourceGraphClient"),
}


async def get(value: Any) -> Any:
    """The result of a call of either kind of client."""
    return await value if inspect.isawaitable(value) else value


async def done(poller: Any) -> Any:
    """Begin an operation and wait for its end."""
    return await get((await get(poller)).result())


async def every(pages: Any) -> list[Any]:
    pages = await get(pages)
    if hasattr(pages, "__aiter__"):
        return [item async for item in pages]
    return list(pages)


async def steps(clients: dict[str, Any], seen: dict[str, Any]) -> None:
    await resources(clients["resource"], seen)
    await machines(clients["compute"], seen)
    await networks(clients["network"], seen)
    await vaults(clients["vaults"], seen)
    await backup(clients, seen)
    answer = await get(clients["graph"].resources({"query": "resources | where type =~ 'microsoft.compute/virtualmachines' | project name"}))
    seen["graph"] = sorted(row["name"] for row in answer.data)
    try:
        await done(clients["vaults"].vaults.begin_delete(GROUP, "empty"))
    except HttpResponseError as exc:
        if exc.status_code != 404:  # so the polls of a vault's deletion end at times, in Azure too
            raise
    seen["vaults left"] = sorted(vault.name for vault in await every(clients["vaults"].vaults.list_by_resource_group(GROUP)))
    await done(clients["resource"].resource_groups.begin_delete("new"))
    seen["groups left"] = sorted(group.name for group in await every(clients["resource"].resource_groups.list()))


async def resources(client: Any, seen: dict[str, Any]) -> None:
    await get(client.resource_groups.create_or_update("new", {"location": PLACE, "tags": {"env": "dev"}}))
    seen["group exists"] = await get(client.resource_groups.check_existence("new"))
    seen["provider"] = (await get(client.providers.get("Microsoft.Compute"))).registration_state
    found = await every(client.resources.list(filter="resourceType eq 'Microsoft.Compute/virtualMachines'"))
    seen["machines"] = sorted(each.name for each in found)


async def machines(client: Any, seen: dict[str, Any]) -> None:
    view = await get(client.virtual_machines.instance_view("app", "web-0001"))
    seen["agent"] = view.vm_agent.statuses[0].display_status
    await done(client.virtual_machines.begin_deallocate("app", "win"))
    seen["power"] = (await get(client.virtual_machines.instance_view("app", "win"))).statuses[1].code
    await done(client.virtual_machines.begin_start("app", "win"))
    command = {"commandId": "RunShellScript", "script": ["hostname"]}
    result = await done(client.virtual_machines.begin_run_command("app", "web-0001", command))
    seen["command"] = result.value[0].message
    resource = {"location": PLACE, "properties": {"source": {"script": "hostname"}}}
    await done(client.virtual_machine_run_commands.begin_create_or_update("app", "web-0001", "who", resource))
    shown = await get(client.virtual_machine_run_commands.get_by_virtual_machine("app", "web-0001", "who", expand="instanceView"))
    seen["output"] = shown.instance_view.output
    await done(client.virtual_machine_run_commands.begin_delete("app", "web-0001", "who"))
    disk = {"location": PLACE, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}}
    seen["disk"] = (await done(client.disks.begin_create_or_update("app", "spare", disk))).disk_size_gb
    await done(client.disks.begin_delete("app", "spare"))
    seen["sizes"] = len(await every(client.virtual_machine_sizes.list(PLACE))) > 5


async def networks(client: Any, seen: dict[str, Any]) -> None:
    rule = {"priority": 200, "direction": "Outbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": "443"}
    body = {"properties": {**rule, "sourceAddressPrefix": "*", "destinationAddressPrefix": "AzureBackup"}}
    made = await done(client.security_rules.begin_create_or_update("app", "nsg", "backup", body))
    seen["rule"] = made.provisioning_state
    await done(client.security_rules.begin_delete("app", "nsg", "backup"))
    seen["rules left"] = len(await every(client.security_rules.list("app", "nsg")))
    seen["default rules"] = len(await every(client.default_security_rules.list("app", "nsg")))
    routes = await done(client.network_interfaces.begin_get_effective_route_table("app", "web-0001VMNic"))
    seen["routes"] = sorted({each.next_hop_type for each in routes.value})
    tags = await get(client.service_tags.list(PLACE))
    seen["tags"] = "AzureBackup" in {each.name for each in tags.values_property}


async def vaults(client: Any, seen: dict[str, Any]) -> None:
    body = {"location": PLACE, "sku": {"name": "RS0", "tier": "Standard"}, "properties": {"publicNetworkAccess": "Enabled"}}
    for name in (VAULT, "empty"):
        seen[f"vault {name}"] = (await done(client.vaults.begin_create_or_update(GROUP, name, body))).properties.provisioning_state
    patch = {"properties": {"redundancySettings": {"standardTierStorageRedundancy": "LocallyRedundant"}}}
    changed = await done(client.vaults.begin_update(GROUP, VAULT, patch))
    seen["redundancy"] = changed.properties.redundancy_settings.standard_tier_storage_redundancy
    seen["vaults"] = sorted(vault.name for vault in await every(client.vaults.list_by_subscription_id()))


async def backup(clients: dict[str, Any], seen: dict[str, Any]) -> None:
    client = clients["backup"]
    vm = await get(clients["compute"].virtual_machines.get("app", "web-0001"))
    policies = {policy.name: policy for policy in await every(client.backup_policies.list(VAULT, GROUP))}
    seen["policies"] = sorted(policies)
    place = (VAULT, GROUP, "Azure", "IaasVMContainer;iaasvmcontainerv2;app;web-0001", "VM;iaasvmcontainerv2;app;web-0001")
    body = {"properties": {"protectedItemType": ITEM, "policyId": policies["DefaultPolicy"].id, "sourceResourceId": vm.id}}
    await done(client.protected_items.begin_create_or_update(*place, body))
    items = await every(client.backup_protected_items.list(VAULT, GROUP, filter="backupManagementType eq 'AzureIaasVM'"))
    seen["items"] = [each.properties["protectionState"] for each in items]
    jobs = await every(client.backup_jobs.list(VAULT, GROUP))
    seen["jobs"] = [(each.properties.operation, each.properties.status) for each in jobs]
    await get(client.backups.trigger(*place, {"properties": {"objectType": "IaasVMBackupRequest"}}))
    await get(client.protected_items.delete(*place))


def main(kind: str) -> None:
    arm, authority = os.environ["AZURE_ARM_URL"], os.environ["AZURE_AUTHORITY_HOST"]
    identity = import_module("azure.identity.aio" if kind == "aio" else "azure.identity")
    names = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
    credential = identity.ClientSecretCredential(*(os.environ[name] for name in names), authority=authority, disable_instance_discovery=True)
    settings = {"base_url": arm, "credential_scopes": [f"{arm}/.default"]}
    seen: dict[str, Any] = {}

    def client(module: str, name: str) -> Any:
        made = getattr(import_module(f"{module}.aio" if kind == "aio" else module), name)
        positional = () if name == "ResourceGraphClient" else (os.environ["AZURE_SUBSCRIPTION_ID"],)
        return made(credential, *positional, **settings)

    async def go() -> None:
        async with AsyncExitStack() as asynchronous:
            with ExitStack() as synchronous:
                clients = {key: client(*where) for key, where in CLIENTS.items()}
                for each in (credential, *clients.values()):
                    if kind == "aio":
                        await asynchronous.enter_async_context(each)
                    else:
                        synchronous.enter_context(each)
                await steps(clients, seen)

    asyncio.run(go())
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1])
