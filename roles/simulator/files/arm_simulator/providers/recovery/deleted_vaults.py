# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleted vaults: they can be brought back until they are purged, an empty one at once or never (recorded traffic)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from ...core.clock import event, iso
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import route
from ...core.store import Document
from ...gateway.arm import page
from ..backup.protected_items import purge_time
from .recovery_services import ITEMS, LOCATION, PROVIDER, group_of, last, poll_headers
from .vault_document import etag

if TYPE_CHECKING:
    from ...core.world import World

KIND = f"{PROVIDER}/locations/deletedVaults"
_UNDELETE_SECONDS = 60.0


def keep(world: World, vault: Document) -> None:
    """Remember a vault that is about to go, with its children, so that it can be undeleted."""
    now = world.clock.now()
    children = list(world.store.below(vault["id"]))
    days = vault["properties"]["securitySettings"]["softDeleteSettings"]["softDeleteRetentionPeriodInDays"]
    purge = now + timedelta(days=days if any(child["type"] == ITEMS for child in children) else 0)
    name = f"{group_of(vault['id'])}_{world.new_id()}"
    subscription = "/".join(vault["id"].split("/")[:3])
    document = {
        "id": f"{subscription}/providers/{PROVIDER}/locations/{vault['location']}/deletedVaults/{name}",
        "name": name,
        "type": KIND,
        "location": vault["location"],
        "properties": {"vaultId": vault["id"], "vaultDeletionTime": iso(now), "purgeAt": iso(purge)},
        "_vault": vault,
        "_children": children,
    }
    world.store.put_resource(document)
    world.clock.at(purge + timedelta(days=1), "deleted-vault-purge", id=document["id"])


@event("deleted-vault-purge")
def _purge(world: World, args: Document) -> None:
    world.store.delete_resource(args["id"])


def _find(world: World, request: Request) -> Document:
    path = request.path.split("/operations/")[0].removesuffix("/undelete")
    document = world.store.resource(path)
    if document is None:
        raise ArmError(404, "ResourceNotFound", f"The deleted vault '{request.params['name']}' was not found.")
    return document


@route("GET", LOCATION + "/deletedVaults")
def list_deleted(world: World, request: Request) -> Response:
    location = normalise(request.params["location"])
    found = world.store.list(KIND, f"/subscriptions/{request.params['sub']}")
    return page(world, request, [document for document in found if document["location"] == location])


@route("GET", LOCATION + "/deletedVaults/{name}")
def get_deleted(world: World, request: Request) -> Response:
    document = _find(world, request)
    return Response(200, {key: value for key, value in document.items() if not key.startswith("_")})


@route("POST", LOCATION + "/deletedVaults/{name}/undelete")
def undelete(world: World, request: Request) -> Response:
    """Bring the vault back into the resource group that the body names (202; both headers give the same URL)."""
    document = _find(world, request)
    group = str((request.json().get("properties") or {}).get("recoveryResourceGroupId") or "").rstrip("/")
    if world.store.resource(group) is None or "/resourcegroups/" not in group.lower():
        raise ArmError(400, "ResourceGroupNotFound", f"Resource group '{last(group)}' could not be found.")
    target = f"{group}/providers/{PROVIDER}/vaults/{last(document['properties']['vaultId'])}"
    if world.store.resource(target) is not None:
        raise ArmError(409, "VaultAlreadyExists", f"A vault with the id '{target}' exists already.")
    record = world.operations.begin("vault-undelete", document["id"], _UNDELETE_SECONDS, target=target)
    path = f"{document['id']}/operations/{record['id']}"
    return Response(202, None, poll_headers(world, request, status=path, result=path))


@operation("vault-undelete")
def _undeleted(world: World, record: Document) -> None:
    document = world.store.resource(record["resource"])
    if document is None:
        raise ArmError(404, "ResourceNotFound", "The deleted vault has been purged.")
    old, target = document["properties"]["vaultId"], record["args"]["target"]
    vault = _moved(document["_vault"], old, target)
    properties = {**vault["properties"], "provisioningState": "Succeeded"}
    world.store.put_resource({**vault, "etag": etag(world.clock.now()), "properties": properties})
    for child in document["_children"]:
        _restore(world, _moved(child, old, target))
    world.store.delete_resource(document["id"])


def _moved(document: Document, old: str, new: str) -> Document:
    """The document with the vault's new id wherever the old one stands: in ids, in references and in URLs."""
    text = re.sub(re.escape(old) + r'(?=[/"?])', new.replace("\\", r"\\"), json.dumps(document), flags=re.IGNORECASE)
    moved: Document = json.loads(text)
    return moved


def _restore(world: World, child: Document) -> None:
    """Bring back what was below the vault, and what is to happen to it: runs of policies are planned anew, data is purged when it was to be."""
    child.pop("_run", None)
    world.store.put_resource(child)
    if child["type"] == ITEMS and child["properties"].get("isScheduledForDeferredDelete"):
        world.clock.at(max(world.clock.now(), purge_time(child)), "item-purge", id=child["id"])


@route("GET", LOCATION + "/deletedVaults/{name}/operations/{operation}")
def poll(world: World, request: Request) -> Response:
    record = world.operations.get(request.params["operation"])
    if record is None or record["kind"] != "vault-undelete":
        raise ArmError(404, "ResourceNotFound", f"The operation '{request.params['operation']}' was not found.")
    path = f"{record['resource']}/operations/{record['id']}"
    body = {"id": path, "name": record["id"], "status": record["status"]}
    if record["status"] == "InProgress":
        return Response(200, body, poll_headers(world, request, status=path))
    return Response(200, {**body, "error": record["error"]} if record["error"] else body)
