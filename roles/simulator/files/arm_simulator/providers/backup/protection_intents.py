# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection intents: kept and shown; they protect nothing, as those for VMs do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.messages import Request, Response
from ...core.router import route
from ...core.store import Document
from ...gateway.arm import page
from ..recovery.recovery_services import VAULT, VAULTS, find_vault, service_error

if TYPE_CHECKING:
    from ...core.world import World

KIND = f"{VAULTS}/backupFabrics/backupProtectionIntent"
_INTENT = VAULT + "/backupFabrics/{fabric}/backupProtectionIntent/{intent}"
_TYPES = (
    "ProtectionIntent",
    "AzureResourceItem",
    "RecoveryServiceVaultItem",
    "AzureWorkloadContainerAutoProtectionIntent",
    "AzureWorkloadAutoProtectionIntent",
    "AzureWorkloadSQLAutoProtectionIntent",
)


def _id(world: World, request: Request) -> str:
    return f"{find_vault(world, request)['id']}/backupFabrics/Azure/backupProtectionIntent/{request.params['intent']}"


@route("GET", VAULT + "/backupProtectionIntents")
def list_intents(world: World, request: Request) -> Response:
    return page(world, request, world.store.list(KIND, find_vault(world, request)["id"]))


@route("GET", _INTENT)
def get_intent(world: World, request: Request) -> Response:
    intent = world.store.resource(_id(world, request))
    if intent is None:
        raise service_error("BMSUserErrorProtectionIntentNotFound", f"The protection intent '{request.params['intent']}' was not found.", 404)
    return Response(200, intent)


@route("PUT", _INTENT)
def put_intent(world: World, request: Request) -> Response:
    given = request.json().get("properties") or {}
    if given.get("protectionIntentItemType") not in _TYPES:
        raise service_error("BMSUserErrorInvalidInput", "protectionIntentItemType is not known.")
    document: Document = {
        "id": _id(world, request),
        "name": request.params["intent"],
        "type": KIND,
        "properties": {"protectionState": "NotProtected", **given},
    }
    return Response(200, world.store.put_resource(document))


@route("DELETE", _INTENT)
def delete_intent(world: World, request: Request) -> Response:
    world.store.delete_resource(_id(world, request))
    return Response(204)
