# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PUT and DELETE of protected items: protect, change policy or disks, stop, resume, delete, undelete.

Each is a 202 with an operation and a job. What the request itself gives away is refused at once;
what only the machine can tell fails the operation and its job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...core.clock import event
from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import route
from ...core.store import Document
from ..recovery import file_shares, vault_guard
from ..recovery.recovery_services import (
    ITEM,
    VMS,
    find_item,
    find_vault,
    group_of,
    immutability,
    item_id,
    last,
    native_name,
    poll_headers,
    service_error,
    vault_of,
)
from . import eligibility, jobs, protected_items, recovery_points

if TYPE_CHECKING:
    from ...core.world import World

# How long these took Azure (recorded traffic), in seconds.
_PROTECT, _CHANGE, _STOP, _UNDELETE, _SOFT_DELETE, _DELETE = 40.0, 2.0, 2.0, 11.0, 11.0, 110.0


@dataclass
class _Wish:
    """What a PUT asks for: the job's kind, its property bag and how long it takes."""

    kind: str
    bag: dict[str, str]
    seconds: float


def _malformed() -> ArmError:
    return service_error(
        "BMSUserErrorInvalidConfigureProtectionRequest",
        "Input for configure protection is not in proper format\r\nPlease ensure that container exists and other parameters are in valid format",
    )


@route("PUT", ITEM)
def put_item(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    given = _properties(request)
    vm_id, identity = _target(world, vault, request, given)
    item = world.store.resource(identity)
    _check_free(world, identity)
    policy = _policy(world, vault, given)
    _check_type(world, vm_id, item, policy)
    _check_migration(world, item, policy)
    wish = _wish(vault, given, item, policy, last(vm_id))
    vault_guard.check_put(world, vault, given, item, policy)
    record = _begin(world, "protect", identity, wish, vm_id, given=given, policy=policy["id"] if policy else "", vault=vault["id"])
    path = request.path.rstrip("/")
    status, result = (f"{path}/{name}/{record['id']}" for name in ("operationsStatus", "operationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result))


def _check_type(world: World, vm_id: str, item: Document | None, policy: Document | None) -> None:
    """What an Enhanced policy has protected takes no Standard one, be it stopped since or in the vault that it leaves.

    https://learn.microsoft.com/azure/backup/backup-azure-vms-enhanced-policy
    """
    if policy is None or policy["properties"].get("policyType") == "V2":
        return
    if any(each is not None and each["_policy_type"] == "V2" for each in (item, protected_items.of_vm(world, vm_id))):
        raise service_error("BMSUserErrorPolicyTypeChangeNotSupported", "An item under an Enhanced policy cannot go back to a Standard policy.")


def _check_migration(world: World, item: Document | None, policy: Document | None) -> None:
    """To an Enhanced policy only while no job of the VM runs: https://learn.microsoft.com/azure/backup/backup-azure-vm-migrate-enhanced-policy"""
    if item is None or policy is None or (item["_policy_type"], policy["properties"].get("policyType")) != ("V1", "V2"):
        return
    if jobs.running(world, item["id"]):
        message = "Another backup job of the item is running. Its policy can be migrated when that has ended."
        raise service_error("UserErrorBackupOperationInProgress", message, 409)


def _begin(world: World, kind: str, identity: str, wish: _Wish, vm_id: str, **args: Any) -> Document:
    """The operation and the job that belong together; the item is busy until the operation ends."""
    job = world.new_id()
    record = world.operations.begin(kind, identity, wish.seconds, vm=vm_id, job=f"{vault_of(identity)}/backupJobs/{job}", **args)
    jobs.start(world, identity, last(vm_id), wish.kind, wish.bag, operation_id=record["id"], job_id=job, since=record["start"])
    record["properties"] = {"objectType": "OperationStatusJobExtendedInfo", "jobId": job}
    world.operations.update(record)
    world.store.put("busy_items", identity.lower(), {"operation": record["id"]})
    return record


def _check_free(world: World, identity: str) -> None:
    entry = world.store.get("busy_items", identity.lower())
    record = world.operations.get(entry["operation"]) if entry else None
    if record and record["status"] == "InProgress":
        raise service_error("BMSUserErrorObjectLocked", "Another operation is in progress on the selected item.", 409)


def _properties(request: Request) -> Document:
    given = request.json().get("properties")
    if not isinstance(given, dict) or given.get("protectedItemType") != VMS:
        raise _malformed()
    return given


def _target(world: World, vault: Document, request: Request, given: Document) -> tuple[str, str]:
    """(id of the VM, id of its item) that the names of the path and sourceResourceId agree on."""
    names = native_name(request.params["container"], request.params["item"])
    if names is None:
        raise _malformed()
    source = str(given.get("sourceResourceId") or "").rstrip("/")
    parts = source.split("/")
    known = world.store.resource(item_id(vault["id"], *names))
    if not source and known is not None:
        source = known["properties"]["virtualMachineId"]
    elif len(parts) != 9 or "/".join(parts[6:8]).lower() != VMS.lower() or (parts[4].lower(), parts[8].lower()) != tuple(map(str.lower, names)):
        raise _malformed()
    vm = world.store.resource(source)
    vm_id = vm["id"] if vm else source
    return vm_id, known["id"] if known else item_id(vault["id"], group_of(vm_id), last(vm_id))


def _policy(world: World, vault: Document, given: Document) -> Document | None:
    """The policy that the request names; it must be one for VMs in the same vault."""
    wanted = given.get("policyId") or ""
    if not wanted:
        return None
    policy = world.store.resource(wanted)
    if policy is None or vault_of(wanted).lower() != vault["id"].lower():
        raise service_error(
            "BMSUserErrorPolicyObjectNotFound", "Policy not found\r\nPlease check that the policy exists in the vault of the item and try again."
        )
    if policy["properties"]["backupManagementType"] != "AzureIaasVM":
        raise service_error(
            "BMSUserErrorInvalidPolicyForGivenProvider",
            "Policy is not valid for given provider type. Please choose valid policy for given provider.",
        )
    return policy


def _wish(vault: Document, given: Document, item: Document | None, policy: Document | None, name: str) -> _Wish:
    """Which of the operations a PUT is, from the request and the item's state; refuses what does not fit together."""
    state = given.get("protectionState") or ""
    deleted = item is not None and bool(item["properties"].get("isScheduledForDeferredDelete"))
    if given.get("isRehydrate"):
        if not deleted:
            raise service_error("BMSUserErrorInvalidInput", "The item is not soft-deleted, so it cannot be undeleted.")
        return _Wish("Undelete", {"VM Name": name, "Undelete flag": "True"}, _UNDELETE)
    if deleted:
        raise service_error("BMSUserErrorItemInSoftDeletedState", "The item is in soft-deleted state. Undelete it before it is configured again.")
    if state in protected_items.STOPPED:
        if item is None or policy is not None:
            raise _malformed()
        _check_suspension(vault, state)
        return _Wish("DisableBackup", {"VM Name": name, "Policy Name": ""}, _STOP)
    if policy is None:
        raise _malformed()
    exclusion(given)
    return _Wish("ConfigureBackup", {"VM Name": name, "Policy Name": policy["name"]}, _PROTECT if item is None else _CHANGE)


def _check_suspension(vault: Document, state: str) -> None:
    if state == "BackupsSuspended" and immutability(vault) == "Disabled":
        # A vault that is not immutable gets the answer of one that is: https://github.com/Azure/azure-rest-api-specs/issues/32688
        raise vault_guard.immutable()


def exclusion(given: Document) -> Document | None:
    """The disk exclusion that a request carries, its LUNs as numbers (the CLI sends them as strings)."""
    properties = (given.get("extendedProperties") or {}).get("diskExclusionProperties")
    if not properties:
        return None
    try:
        luns = [int(lun) for lun in properties.get("diskLunList") or []]
    except (TypeError, ValueError) as exc:
        raise _malformed() from exc
    if any(lun < 0 for lun in luns) or not isinstance(properties.get("isInclusionList"), bool):
        raise _malformed()
    return {"diskLunList": luns, "isInclusionList": properties["isInclusionList"]}


@operation("protect")
def _protected(world: World, record: Document) -> None:
    args = record["args"]
    vault, item = world.store.resource(args["vault"]), world.store.resource(record["resource"])
    if vault is None:
        raise ArmError(404, "ResourceNotFound", "The vault is gone.")
    given = args["given"]
    if given.get("isRehydrate"):
        _undelete(world, item)
    elif given.get("protectionState") in protected_items.STOPPED:
        _stop(world, item, given["protectionState"])
    else:
        _configure(world, vault, item, args)
    jobs.finish(world, args["job"])


def _there(item: Document | None) -> Document:
    if item is None:
        raise ArmError(404, "BMSUserErrorDataSourceObjectNotFound", "Item not found.")
    return item


def _configure(world: World, vault: Document, item: Document | None, args: Document) -> None:
    """Protect, resume, change policy or disks."""
    given, policy = args["given"], world.store.resource(args["policy"])
    block = "diskExclusionProperties" in (given.get("extendedProperties") or {})
    kept = (((item or {}).get("properties") or {}).get("extendedProperties") or {}).get("diskExclusionProperties")
    disks = exclusion(given) if block else kept
    problem = eligibility.to_protect(world, vault, args["vm"], policy, disks)
    if problem is None and policy is None:
        raise ArmError(400, "BMSUserErrorPolicyObjectNotFound", "Policy not found")
    if problem:
        jobs.finish(world, args["job"], "Failed", problem.details())
        raise problem.error()
    changed = item or protected_items.new(world, vault, args["vm"], None)
    changed = protected_items.set_policy(world, changed, policy)
    properties = _with_disks(changed["properties"], disks)
    if properties["protectionState"] in protected_items.STOPPED:
        properties["protectionState"] = "IRPending" if properties["lastBackupTime"] == protected_items.NO_BACKUP else "Protected"
    protected_items.put(world, {**changed, "properties": properties})
    protected_items.register(world, vault)


def _with_disks(properties: Document, disks: Document | None) -> Document:
    """The properties with the disk exclusion at its place, behind protectedItemDataId."""
    shown: Document = {}
    for key, value in properties.items():
        if key != "extendedProperties":
            shown[key] = value
        if key == "protectedItemDataId" and disks:
            shown["extendedProperties"] = {"diskExclusionProperties": disks}
    return shown


def _stop(world: World, item: Document | None, state: str) -> None:
    changed = protected_items.set_policy(world, _there(item), None)
    protected_items.put(world, {**changed, "properties": {**changed["properties"], "protectionState": state}})


def _undelete(world: World, item: Document | None) -> None:
    item = _there(item)
    properties = {key: value for key, value in item["properties"].items() if "deferredDelete" not in key and "DeferredDelete" not in key}
    protected_items.put(world, {**item, "properties": properties})


@route("DELETE", ITEM)
def delete_item(world: World, request: Request) -> Response:
    """Delete the backup data: softly, if the vault has soft delete on. Polled at the vault, not at the item."""
    vault = find_vault(world, request)
    share = file_shares.find(world, request)
    if share is not None:
        vault_guard.check_delete(world, vault, share)
        return file_shares.delete(world, request, share)
    item = find_item(world, request)
    if item is None:
        return Response(204)
    _check_free(world, item["id"])
    vault_guard.check_delete(world, vault, item)
    soft = vault["properties"]["securitySettings"]["softDeleteSettings"]["softDeleteState"] != "Disabled"
    points = len(recovery_points.of_item(world, item))
    wish = _Wish(
        "DeleteBackupData",
        {"VM Name": item["properties"]["friendlyName"], "Number of Recovery Points": str(points)},
        _SOFT_DELETE if soft else _DELETE,
    )
    record = _begin(world, "unprotect", item["id"], wish, item["properties"]["virtualMachineId"])
    status, result = (f"{vault['id']}/{name}/{record['id']}" for name in ("backupOperations", "backupOperationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result))


@operation("unprotect")
def _unprotected(world: World, record: Document) -> None:
    item, vault = world.store.resource(record["resource"]), world.store.resource(vault_of(record["resource"]))
    if item is not None and vault is not None:
        if immutability(vault) != "Disabled" and recovery_points.of_item(world, item):
            problem = eligibility.Problem(
                "UserErrorDeleteBackupItemOnImmutableItem", "The item cannot be deleted because it has recovery points in an immutable vault.", ""
            )
            jobs.finish(world, record["args"]["job"], "Failed", problem.details())
            raise problem.error()
        _delete(world, item, vault["properties"]["securitySettings"]["softDeleteSettings"])
    jobs.finish(world, record["args"]["job"])


def _delete(world: World, item: Document, soft: Document) -> None:
    if item["properties"].get("isScheduledForDeferredDelete"):
        return
    changed = protected_items.set_policy(world, item, None)
    if soft["softDeleteState"] == "Disabled":
        protected_items.remove(world, changed)
        return
    protected_items.put(world, protected_items.soft_deleted(world, changed, soft["softDeleteRetentionPeriodInDays"]))


@event("item-purge")
def _purge(world: World, args: Document) -> None:
    """The soft-delete retention is over: unless the item was undeleted meanwhile, its data goes for good."""
    item = world.store.resource(args["id"])
    if item is None or not item["properties"].get("isScheduledForDeferredDelete"):
        return
    if protected_items.purge_time(item) <= world.clock.now():
        protected_items.remove(world, item)
