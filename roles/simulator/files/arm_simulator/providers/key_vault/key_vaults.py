# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft.KeyVault: vaults of an estate, who may read them and by what model. They are shown and hold nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.regions import normalise
from ...core.router import GROUP, route
from ...core.store import Document
from ...gateway.arm import not_found, page
from ..common.tracked import make_id

if TYPE_CHECKING:
    from ...core.world import World

TYPE = "Microsoft.KeyVault/vaults"


def key_vault_id(world: World, group: str, name: str) -> str:
    return f"/subscriptions/{world.settings.subscription_id}/resourceGroups/{group}/providers/{TYPE}/{name}"


def build(world: World, section: list[Document]) -> None:
    for entry in section:
        policies = [
            {
                "tenantId": world.settings.tenant_id,
                "objectId": each["object_id"],
                "permissions": {"keys": each.get("keys") or [], "secrets": each.get("secrets") or [], "certificates": []},
            }
            for each in entry.get("access_policies") or []
        ]
        document: Document = {
            "id": key_vault_id(world, entry["resource_group"], entry["name"]),
            "name": entry["name"],
            "type": TYPE,
            "location": normalise(entry["location"]),
            "tags": entry.get("tags") or {},
            "properties": {
                "sku": {"family": "A", "name": "standard"},
                "tenantId": world.settings.tenant_id,
                "accessPolicies": policies,
                "enabledForDiskEncryption": True,
                "enableSoftDelete": True,
                "softDeleteRetentionInDays": 90,
                "enableRbacAuthorization": entry.get("rbac", False),
                "vaultUri": f"https://{entry['name']}.vault.azure.net/",
                "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled",
            },
        }
        world.store.put_resource(document)


@route("GET", f"{GROUP}/providers/{TYPE}")
@route("GET", f"/subscriptions/{{sub}}/providers/{TYPE}")
def list_vaults(world: World, request: Request) -> Response:
    scope = request.path[: request.path.lower().index("/providers/")]
    return page(world, request, world.store.list(TYPE, scope))


@route("GET", f"{GROUP}/providers/{TYPE}/{{name}}")
def get_vault(world: World, request: Request) -> Response:
    vault_id = make_id(world, request, TYPE, request.params["name"])
    vault = world.store.resource(vault_id)
    if vault is None:
        raise not_found(vault_id)
    return Response(200, vault)
