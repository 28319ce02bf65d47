# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Services vaults: create, replace, change, delete, list, and the operations these start."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.regions import normalise
from ...core.router import GROUP, route
from ...core.store import Document
from ...gateway.arm import not_found, page
from ..backup import policies
from . import deleted_vaults, hybrid, private_endpoints, vault_document, vault_guard
from .recovery_services import (
    PROVIDER,
    VAULT,
    VAULT_SOFT_DELETE_API,
    VAULTS,
    find_vault,
    invalid,
    newer,
    poll_headers,
    service_error,
    vault_id,
    vm_items,
)

if TYPE_CHECKING:
    from ...core.world import World

# What the number in an operation's id says (recorded traffic).
_CREATE, _UPDATE, _DELETE = 2047, 4095, 1023
_SECONDS = 2.0
"""Creating, changing and deleting an empty vault took Azure about this long (recorded traffic)."""


def _begin(world: World, request: Request, kind: str, number: int, **args: Any) -> tuple[Document, dict[str, str]]:
    """Start an operation on the request's vault and give it with the headers that announce it."""
    path = vault_id(request)
    name = base64.b64encode(f"{number};{world.new_id()}".encode()).decode()
    record = world.operations.begin(kind, path, _SECONDS, operation_id=name, **args)
    vault = world.store.resource(path)
    assert vault is not None
    world.store.put_resource({**vault, "_operation": name})
    result = None if kind == "vault-create" else f"{path}/operationResults/{name}"
    return record, poll_headers(world, request, status=f"{path}/operationStatus/{name}", result=result)


def _check_free(world: World, vault: Document) -> None:
    """One operation at a time changes a vault."""
    record = world.operations.get(vault.get("_operation") or "")
    if record and record["status"] == "InProgress":
        raise service_error(
            "RSVaultUpdateErrorConflictingOperationInProgress", "Another operation is in progress on the vault. Please retry later.", 409
        )


def _check_body(resource_id: str, body: Document) -> None:
    name = resource_id.rpartition("/")[2]
    if not vault_document.NAME.fullmatch(name):
        raise service_error(
            "InvalidResourceName",
            f"The vault name '{name}' is not valid. It must have 2 to 50 characters, begin with a letter, and hold only letters, digits and hyphens.",
        )
    if not isinstance(body.get("location"), str) or not body["location"].strip():
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if (body.get("sku") or {}).get("name") not in ("Standard", "RS0"):
        raise invalid("sku")


@route("PUT", VAULT)
def put_vault(world: World, request: Request) -> Response:
    """Create a vault (201 and an operation), or replace one at once (200): what the body does not carry is reset."""
    body, resource_id = request.json(), vault_id(request)
    _check_body(resource_id, body)
    old = world.store.resource(resource_id)
    if old is not None:
        return _replace(world, request, old, body)
    document = vault_document.new(resource_id, body, request.api_version, world.clock.now(), world.settings.tenant_id)
    answer = vault_document.provisioning(document, body, request.api_version)
    document["properties"]["provisioningState"] = "Provisioning"
    world.store.put_resource(document)
    _record, headers = _begin(world, request, "vault-create", _CREATE)
    return Response(201, answer, headers)


def _replace(world: World, request: Request, old: Document, body: Document) -> Response:
    _check_free(world, old)
    if normalise(body["location"]) != old["location"]:
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{old['name']}' already exists in location '{old['location']}' in resource group '{request.params['rg']}'. "
            f"A resource with the same name cannot be created in location '{body['location']}'. Please select a new resource name.",
            gateway=True,
        )
    document = vault_document.reset(old, body, request.api_version, world.clock.now(), world.settings.tenant_id)
    vault_guard.check_vault(world, old, document, body.get("properties") or {})
    world.store.put_resource(document)
    return Response(200, vault_document.view(document, request.api_version))


def _not_created(world: World, record: Document) -> None:
    vault = world.store.resource(record["resource"])
    if vault is not None:
        world.store.put_resource({**vault, "properties": {**vault["properties"], "provisioningState": "Failed"}})


@operation("vault-create", failed=_not_created)
def _created(world: World, record: Document) -> None:
    vault = _still_there(world, record)
    properties = {**vault["properties"], "provisioningState": "Succeeded"}
    document = {**vault, "properties": properties, "etag": vault_document.etag(world.clock.now())}
    world.store.put_resource(document)
    policies.add_defaults(world, document)


def _still_there(world: World, record: Document) -> Document:
    vault = world.store.resource(record["resource"])
    if vault is None:
        raise not_found(record["resource"])
    return vault


@route("PATCH", VAULT)
def patch_vault(world: World, request: Request) -> Response:
    """Change what the body carries: by an operation, or at once when it is only a simple identity (recorded traffic)."""
    vault, body = find_vault(world, request), request.json()
    _check_free(world, vault)
    document = copy.deepcopy(vault)
    vault_document.change(document, body, request.api_version, world.clock.now(), world.settings.tenant_id)
    vault_guard.check_vault(world, vault, document, body.get("properties") or {})
    kind = str((body.get("identity") or {}).get("type", "")).lower()
    if set(body) == {"identity"} and kind in ("none", "systemassigned"):
        world.store.put_resource(document)
        return Response(200, vault_document.view(document, request.api_version))
    _record, headers = _begin(world, request, "vault-update", _UPDATE, body=body, api_version=request.api_version)
    return Response(202, None, headers)


@operation("vault-update")
def _updated(world: World, record: Document) -> None:
    document = copy.deepcopy(_still_there(world, record))
    vault_document.change(document, record["args"]["body"], record["args"]["api_version"], world.clock.now(), world.settings.tenant_id)
    if document["properties"]["provisioningState"] == "Failed":
        document["properties"]["provisioningState"] = "Succeeded"
        policies.add_defaults(world, document)
    world.store.put_resource(document)


@route("GET", VAULT)
def get_vault(world: World, request: Request) -> Response:
    return Response(200, vault_document.view(find_vault(world, request), request.api_version))


@route("DELETE", VAULT)
def delete_vault(world: World, request: Request) -> Response:
    vault = world.store.resource(vault_id(request))
    if vault is None:
        return Response(204)
    _check_free(world, vault)
    _check_empty(world, vault, request.api_version)
    world.store.put_resource({**vault, "properties": {**vault["properties"], "provisioningState": "Deleting"}})
    _record, headers = _begin(world, request, "vault-delete", _DELETE)
    return Response(202, None, headers)


def _check_empty(world: World, vault: Document, api_version: str) -> None:
    items = vm_items(world, vault["id"])
    held = [item["properties"]["friendlyName"] for item in items if not item["properties"].get("isScheduledForDeferredDelete")]
    held += hybrid.names(world, vault)
    if held:
        raise service_error(
            "ServiceResourceNotEmptyWithContainerDetails",
            "Vault cannot be deleted as there are existing resources within the vault. Please ensure there are no backup items, protected "
            "servers or backup management servers associated with this vault. Unregister the following containers associated with this "
            f"vault before proceeding for deletion : {','.join(held[:10])}",
        )
    if world.store.count(private_endpoints.KIND, vault["id"]):
        raise service_error(
            "BMSUserErrorVaultDeletionNotAllowed",
            "Vault cannot be deleted as there are existing resources within the vault. Its private endpoint connections have to be removed first.",
        )
    if items and not newer(api_version, VAULT_SOFT_DELETE_API):
        raise service_error(
            "BMSUserErrorVaultDeletionNotAllowed",
            "Vault cannot be deleted as there are existing resources within the vault. Soft-deleted items keep it until their retention ends.",
        )


@operation("vault-delete")
def _deleted(world: World, record: Document) -> None:
    vault = world.store.resource(record["resource"])
    if vault is not None:
        deleted_vaults.keep(world, vault)
        world.store.delete_resource(vault["id"])


@route("GET", VAULT + "/operationStatus/{operation}")
def operation_status(world: World, request: Request) -> Response:
    """The state of an operation. After a delete this ends in Succeeded once, then in the 404 of the vault, as recorded."""
    record = _find_operation(world, request)
    path, name = vault_id(request), record["id"]
    body: Document = {"id": f"{path}/operationStatus/{name}", "name": name, "status": record["status"]}
    if record["status"] == "InProgress":
        world.operations.update({**record, "polled": True})
        short = record["kind"] == "vault-create" and newer(request.api_version, VAULT_SOFT_DELETE_API)
        result = None if short else f"{path}/operationResults/{name}"
        return Response(200, body, poll_headers(world, request, status=f"{path}/operationStatus/{name}", result=result))
    if record["kind"] == "vault-delete" and record["status"] == "Succeeded":
        if record.get("polled"):
            raise not_found(path)
        world.operations.update({**record, "polled": True})
    if record["error"]:
        body["error"] = record["error"]
    return Response(200, body)


@route("GET", VAULT + "/operationResults/{operation}")
def operation_results(world: World, request: Request) -> Response:
    record = _find_operation(world, request)
    path = vault_id(request)
    if record["status"] == "InProgress":
        return Response(202, None, poll_headers(world, request, result=f"{path}/operationResults/{record['id']}"))
    if record["error"]:
        return Response(200, {"error": record["error"]})
    vault = world.store.resource(path)
    return Response(204) if vault is None else Response(200, vault_document.view(vault, request.api_version))


def _find_operation(world: World, request: Request) -> Document:
    record = world.operations.get(request.params["operation"])
    if record is None or record["resource"].lower() != vault_id(request).lower():
        find_vault(world, request)
        raise ArmError(404, "ResourceNotFound", f"The operation '{request.params['operation']}' was not found.")
    if record["kind"] != "vault-delete":
        find_vault(world, request)
    return record


@route("GET", GROUP + f"/providers/{VAULTS}")
def list_by_group(world: World, request: Request) -> Response:
    scope = f"/subscriptions/{request.params['sub']}/resourceGroups/{request.params['rg']}"
    return page(world, request, world.store.list(VAULTS, scope), view=vault_document.list_view)


@route("GET", f"/subscriptions/{{sub}}/providers/{VAULTS}")
def list_by_subscription(world: World, request: Request) -> Response:
    return page(world, request, world.store.list(VAULTS, f"/subscriptions/{request.params['sub']}"), view=vault_document.list_view)


@route("POST", GROUP + f"/providers/{PROVIDER}/locations/{{location}}/checkNameAvailability")
def check_name(world: World, request: Request) -> Response:
    name = str(request.json().get("name", ""))
    if not vault_document.NAME.fullmatch(name):
        return Response(200, {"nameAvailable": False, "reason": "Invalid", "message": f"The vault name '{name}' is not valid."})
    params = request.params
    taken = world.store.resource(f"/subscriptions/{params['sub']}/resourceGroups/{params['rg']}/providers/{VAULTS}/{name}")
    if taken is not None:
        return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": f"The vault name '{name}' is already in use."})
    return Response(200, {"nameAvailable": True})
