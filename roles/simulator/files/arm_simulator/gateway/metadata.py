# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GET /metadata/endpoints: how a client of a cloud with its own address finds the rest of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.messages import Request, Response
from ..core.router import open_router

if TYPE_CHECKING:
    from ..core.world import World

CLOUD = "ArmSimulator"  # not AzureCloud: az gives that name Microsoft's own sign-in address


@open_router.route("GET", "/metadata/endpoints")
def endpoints(world: World, request: Request) -> Response:
    """One small object for the oldest versions, a list of clouds for 2019 to 2021, one full object since 2022."""
    version = request.api_version
    if version in ("", "1.0") or version < "2018":
        root = world.settings.base_url
        old = {"loginEndpoint": root, "audiences": [root]}
        return Response(200, {"galleryEndpoint": root, "graphEndpoint": root, "portalEndpoint": root, "authentication": old})
    cloud = _cloud(world)
    return Response(200, cloud if version >= "2022" else [cloud])


def _cloud(world: World) -> dict[str, Any]:
    root = world.settings.base_url
    host = root.removeprefix("https://")
    return {
        "name": CLOUD,
        "portal": root,
        "authentication": {
            "loginEndpoint": root,
            "audiences": [root, f"{root}/", "https://management.azure.com/", "https://management.core.windows.net/"],
            "tenant": world.settings.tenant_id,
            "identityProvider": "AAD",
        },
        "resourceManager": f"{root}/",
        "graph": f"{root}/",
        "graphAudience": f"{root}/",
        "microsoftGraphResourceId": f"{root}/",
        "gallery": f"{root}/",
        "batch": f"{root}/",
        "media": f"{root}/",
        "sqlManagement": f"{root}/",
        "vmImageAliasDoc": f"{root}/",
        "activeDirectoryDataLake": f"{root}/",
        "suffixes": {"storage": host, "keyVaultDns": host, "sqlServerHostname": host, "azureDataLakeStoreFileSystem": host, "acrLoginServer": host},
    }
