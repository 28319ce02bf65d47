# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The upgrade of a classic Backup vault to a Recovery Services vault: prerequisites, start, result, and what comes of it.

The codes of the prerequisites are the simulator's own: those of Azure are not recorded.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from ...core.clock import iso, parse
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import classic_router
from ...core.store import Document
from ...gateway.classic import read, xml
from ..backup import jobs, policies, protected_items
from ..recovery import hybrid, vault_document
from ..recovery.recovery_services import VAULT_SOFT_DELETE_API, VAULTS, item_id
from . import classic_vaults

if TYPE_CHECKING:
    from ...core.world import World

_VAULT = "/{sub}/cloudservices/{service}/resources/{namespace}/~/{type}/{vault}"
_TARGET = re.compile(rf"(/subscriptions/[^/]+/resourceGroups/[^/]+)/providers/{re.escape(VAULTS)}/([^/]+)", re.IGNORECASE)
OLDEST_AGENT = (2, 0, 9083, 0)
_FOREVER = "9999-12-31T23:59:59.9999999"
_MINUTES, _MOST_MINUTES, _SECONDS_FOR_EACH = 15, 90, 30
"""15 to 20 minutes for a small vault, at most 90 for a large one."""


def _find(world: World, request: Request) -> Document:
    params = request.params
    vault = world.store.resource(classic_vaults.vault_id(world, params["service"], params["vault"]))
    if vault is None or params["type"].lower() != classic_vaults.RESOURCE_TYPE.lower():
        raise ArmError(404, "ResourceNotFound", f"The resource '{params['vault']}' of type '{params['type']}' does not exist.")
    return vault


def _target(world: World, request: Request) -> str:
    """The id of the vault to be made, in a resource group that is there."""
    wanted = read(request.body, "ResourceUpgradeInput").get("NewResourcePath", "")
    found = _TARGET.fullmatch(wanted)
    if not found or not vault_document.NAME.fullmatch(found[2]):
        raise ArmError(400, "InvalidInput", f"The new resource path '{wanted}' is not the id of a Recovery Services vault.")
    group = world.store.resource(found[1])
    if group is None:
        raise ArmError(400, "ResourceGroupNotFound", f"The target resource group of '{wanted}' does not exist.")
    return f"{group['id']}/providers/{VAULTS}/{found[2]}"


@classic_router.route("POST", _VAULT + "/checkPrereqsForUpgrade")
def check(world: World, request: Request) -> Response:
    """200 and a nil error when nothing stands against the upgrade, else 400 with every reason. Changes nothing."""
    vault = _find(world, request)
    read(request.body, "ResourceUpgradeInput")
    _refuse(_errors(vault) + _warnings(vault))
    return Response(200, xml("Error", None))


def _refuse(problems: list[Document]) -> None:
    if problems:
        details = [("ErrorDetails", each) for each in problems]
        raise ArmError(400, "PrerequisitesCheckFailed", "The prerequisites of the upgrade are not met.", details=details)


def _problem(category: str, code: str, kind: str, message: str, action: str) -> Document:
    return {"Category": category, "Code": code, "Message": message, "Properties": None, "RecommendedAction": action, "Type": kind}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")) if re.fullmatch(r"\d+(\.\d+)*", text) else ()


def _errors(vault: Document) -> list[Document]:
    classic = vault["_classic"]
    found = []
    old = [each for each in classic["servers"] if _version(each["agent_version"]) < OLDEST_AGENT]
    if old:
        rows = ["Server;Agent version", *(f"{each['name']};{each['agent_version']}" for each in old)]
        action = "Update the Microsoft Azure Recovery Services agent of these servers to version 2.0.9083.0 or later."
        found.append(_problem("AgentVersion", "MinimumAgentVersionNotMet", "Error", "|".join(rows), action))
    if classic["configuring"]:
        rows = ["Item", *classic["configuring"]]
        action = "Wait until these configurations and registrations are done."
        found.append(_problem("ConfigurationJobs", "ConfigurationInProgress", "Error", "|".join(rows), action))
    return found


def _warnings(vault: Document) -> list[Document]:
    if vault["_classic"]["billing"] != "Storage":
        return []
    message = "The vault uses the storage-based billing model, which Recovery Services vaults do not have."
    action = "Go on to let the upgrade convert the vault to the instance-based billing model."
    return [_problem("BillingModel", "StorageBasedBillingModel", "Warning", message, action)]


@classic_router.route("POST", _VAULT + "/upgrade")
def upgrade(world: World, request: Request) -> Response:
    vault, target = _find(world, request), _target(world, request)
    if classic_vaults.upgrading(world, vault):
        raise ArmError(409, "UpgradeInProgress", f"An upgrade of the vault '{vault['name']}' is in progress.")
    _refuse(_errors(vault))
    other = world.store.resource(target)
    if other is not None and other["properties"].get("upgradeDetails", {}).get("status") != "Failed":
        raise ArmError(409, "ResourceAlreadyExists", f"A Recovery Services vault '{other['name']}' exists in the target resource group.")
    operation_id = request.headers.get("x-ms-client-request-id") or world.new_id()
    classic = vault["_classic"]
    size = len(classic["servers"]) + len(classic["items"])
    seconds = min(_MINUTES * 60 + size * _SECONDS_FOR_EACH, _MOST_MINUTES * 60)
    record = world.operations.begin("classic-upgrade", target, seconds, operation_id=operation_id, vault=vault["id"])
    world.store.put(classic_vaults.UPGRADES, vault["id"].lower(), {"operation": record["id"]})
    details = {
        "operationId": record["id"],
        "startTimeUtc": record["start"],
        "lastUpdatedTimeUtc": record["start"],
        "status": "InProgress",
        "message": "",
        "triggerType": "UserTriggered",
        "upgradedResourceId": target,
        "previousResourceId": vault["id"],
    }
    _put_vault(world, vault, target, details, "Provisioning", record["id"])
    return Response(200, xml("ResourceUpgradeDetails", _shown(details)))


def _shown(details: Document) -> Document:
    return {
        "EndTimeUtc": details.get("endTimeUtc", _FOREVER),
        "LastUpdatedTimeUtc": details["lastUpdatedTimeUtc"],
        "Message": details["message"],
        "OperationId": details["operationId"],
        "PreviousResourceId": None,
        "StartTimeUtc": details["startTimeUtc"],
        "Status": details["status"],
        "TriggerType": details["triggerType"],
        "UpgradedResourceId": details["upgradedResourceId"],
    }


@classic_router.route("GET", _VAULT + "/upgradeOperationResult")
def result(world: World, request: Request) -> Response:
    """How the vault's last upgrade stands; still there when the vault has gone."""
    params = request.params
    entry = world.store.get(classic_vaults.UPGRADES, classic_vaults.vault_id(world, params["service"], params["vault"]).lower())
    record = world.operations.get(entry["operation"]) if entry else None
    if record is None:
        raise ArmError(404, "ResourceNotFound", f"No upgrade of the resource '{params['vault']}' is known.")
    error = record["error"] or {}
    shown = {
        "ErrorCode": error.get("code", ""),
        "JobSteps": None,
        "Jobs": None,
        "Message": error.get("message", ""),
        "OperationResult": "" if record["status"] == "InProgress" else record["status"],
        "OperationStatus": "InProgress" if record["status"] == "InProgress" else "Completed",
    }
    return Response(200, xml("OperationInfo", shown))


# What the upgrade leaves behind.


def _put_vault(world: World, classic: Document, target: str, details: Document, state: str, operation_id: str | None) -> Document:
    """The Recovery Services vault as it is while the upgrade goes on, and after it."""
    body = {"location": classic["location"], "sku": {"name": "Standard"}, "properties": {}}
    document = vault_document.new(target, body, VAULT_SOFT_DELETE_API, world.clock.now(), world.settings.tenant_id)
    properties = document["properties"]
    properties["provisioningState"] = state
    properties["upgradeDetails"] = details
    properties["redundancySettings"]["standardTierStorageRedundancy"] = classic["_classic"]["redundancy"]
    properties["monitoringSettings"] = {
        "azureMonitorAlertSettings": {"alertsForAllJobFailures": "Disabled"},
        "classicAlertSettings": {"alertsForCriticalOperations": "Enabled"},
    }
    return world.store.put_resource({**document, "_operation": operation_id, "_asynchronous_policies": False})


def _ended(world: World, record: Document, status: str, message: str) -> Document:
    vault = world.store.resource(record["resource"])
    assert vault is not None
    now = iso(world.clock.now())
    return {**vault["properties"]["upgradeDetails"], "status": status, "message": message, "lastUpdatedTimeUtc": now, "endTimeUtc": now}


def _failed(world: World, record: Document) -> None:
    """The classic vault stays as it was; the vault that was begun stays too, as a failure."""
    classic = world.store.resource(record["args"]["vault"])
    if classic is not None:
        details = _ended(world, record, "Failed", record["error"]["message"])
        _put_vault(world, classic, record["resource"], details, "Failed", None)


@operation("classic-upgrade", failed=_failed)
def _upgraded(world: World, record: Document) -> None:
    classic = world.store.resource(record["args"]["vault"])
    if classic is None:
        raise ArmError(200, "VaultNotFound", "The vault that was being upgraded is gone.")
    document = _put_vault(world, classic, record["resource"], _ended(world, record, "Upgraded", ""), "Succeeded", None)
    content = classic["_classic"]
    policies.add_defaults(world, document)
    policies.build(world, document, content["policies"])
    _forget_zones(world, document)
    protected_items.build(world, document, content["items"])
    hybrid.build(world, world.store.resource(document["id"]) or document, content["servers"], [])
    _carry_jobs(world, document, content["backups_running"], record["start"])
    world.store.delete_resource(classic["id"])


def _forget_zones(world: World, vault: Document) -> None:
    """Classic policies knew no time zone."""
    for policy in world.store.list(f"{VAULTS}/backupPolicies", vault["id"]):
        if policy["properties"]["backupManagementType"] == "AzureIaasVM" and policy["properties"].get("policyType") != "V2":
            properties = {key: value for key, value in policy["properties"].items() if key != "timeZone"}
            world.store.put_resource({**policy, "properties": properties})


def _carry_jobs(world: World, vault: Document, running: list[str], begun: str) -> None:
    """Backups that ran when the upgrade began have gone on: they show up in the new vault and end there."""
    for place in running:
        group, _slash, name = place.partition("/")
        since = iso(parse(begun) - timedelta(minutes=10))
        identity = item_id(vault["id"], group, name)
        jobs.start(world, identity, name, "Backup", {"VM Name": name}, ends_after=1800.0, since=since)
