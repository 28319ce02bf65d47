# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup policies: the three of a new vault, those made by PUT, and what an edit does to the items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.messages import ArmError, Request, Response
from ...core.operations import operation
from ...core.router import route
from ...core.store import Document, public
from ...gateway import odata
from ...gateway.arm import page
from ..recovery import vault_guard
from ..recovery.recovery_services import POLICIES, VAULT, find_vault, poll_headers, service_error, vault_of, vm_items
from . import jobs, policy_rules, schedules

if TYPE_CHECKING:
    from ...core.world import World

_EDIT_SECONDS = 2.0
"""How long one item takes to follow an edited policy (recorded traffic, for a change of policy)."""
_OPERATION_SECONDS = 20.0


def policy_id(vault: Document, name: str) -> str:
    return f"{vault['id']}/backupPolicies/{name}"


def add_defaults(world: World, vault: Document) -> None:
    """The policies that every new vault has (recorded traffic). Their times lie in the past, as the service asks of others."""
    start = f"{policy_rules.last_occurrence(world.clock.now(), 16, 30):%Y-%m-%dT%H:%M:00Z}"
    window = f"{policy_rules.last_occurrence(world.clock.now(), 8, 0):%Y-%m-%dT%H:%M:00Z}"
    daily = {"schedulePolicyType": "SimpleSchedulePolicy", "scheduleRunFrequency": "Daily", "scheduleRunTimes": [start], "scheduleWeeklyFrequency": 0}
    hourly = {"interval": 4, "scheduleWindowStartTime": window, "scheduleWindowDuration": 12}
    machine = {"backupManagementType": "AzureIaasVM"}
    rest = {"instantRpRetentionRangeInDays": 2, "timeZone": "UTC"}
    log = {
        "policyType": "Log",
        "schedulePolicy": {"schedulePolicyType": "LogSchedulePolicy", "scheduleFrequencyInMins": 60},
        "retentionPolicy": {"retentionPolicyType": "SimpleRetentionPolicy", "retentionDuration": {"count": 30, "durationType": "Days"}},
    }
    workload = {
        "backupManagementType": "AzureWorkload",
        "workLoadType": "SQLDataBase",
        "settings": {"timeZone": "UTC", "issqlcompression": False, "isCompression": False},
        "subProtectionPolicy": [{"policyType": "Full", "schedulePolicy": daily, "retentionPolicy": _thirty_days(start)}, log],
    }
    standard = {**machine, "instantRPDetails": {}, "schedulePolicy": daily, "retentionPolicy": _thirty_days(start), **rest}
    enhanced = {
        **machine,
        "policyType": "V2",
        "instantRPDetails": {},
        "schedulePolicy": {"schedulePolicyType": "SimpleSchedulePolicyV2", "scheduleRunFrequency": "Hourly", "hourlySchedule": hourly},
        "retentionPolicy": _thirty_days(window),
        **rest,
    }
    for name, properties in (("HourlyLogBackup", workload), ("DefaultPolicy", standard), ("EnhancedPolicy", enhanced)):
        if world.store.resource(policy_id(vault, name)) is None:
            _store(world, vault, name, properties)


def _thirty_days(time: str) -> Document:
    daily = {"retentionTimes": [time], "retentionDuration": {"count": 30, "durationType": "Days"}}
    return {"retentionPolicyType": "LongTermRetentionPolicy", "dailySchedule": daily}


def _store(world: World, vault: Document, name: str, properties: Document, count: int = 0) -> Document:
    return world.store.put_resource(
        {
            "id": policy_id(vault, name),
            "name": name,
            "type": POLICIES,
            "properties": {**properties, "protectedItemsCount": count},
        }
    )


def build(world: World, vault: Document, section: list[Document]) -> None:
    """The policies of an estate; their properties go through the same checks as a PUT."""
    for entry in section:
        properties = entry.get("properties") or {}
        if properties.get("backupManagementType", "AzureIaasVM") == "AzureIaasVM":
            properties = policy_rules.normalise(properties, "2016-12-01", world.clock.now())
        _store(world, vault, entry["name"], properties)


def count(world: World, policy: str, change: int) -> None:
    """Note that items have come to a policy or left it."""
    document = world.store.resource(policy) if policy else None
    if document is not None and change:
        now = max(0, document["properties"]["protectedItemsCount"] + change)
        document = {**document, "properties": {**document["properties"], "protectedItemsCount": now}}
        world.store.put_resource(schedules.planned(world, document))


def find(world: World, vault: Document, name: str) -> Document:
    policy = world.store.resource(policy_id(vault, name))
    if policy is None:
        raise service_error(
            "BMSUserErrorPolicyObjectNotFound", "Policy not found\r\nPlease check that the policy exists in the vault and try again.", 404
        )
    return policy


@route("GET", VAULT + "/backupPolicies")
def list_policies(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    wanted = odata.parse(request.query.get("$filter", "")).values()
    policies = world.store.list(POLICIES, vault["id"])
    for field in ("backupManagementType", "workloadType"):
        value = wanted.get(field.lower())
        if value is not None:
            policies = [each for each in policies if str(_field(each, field)).lower() == str(value).lower()]
    return page(world, request, policies)


def _field(policy: Document, name: str) -> str:
    properties = policy["properties"]
    if name == "workloadType":
        return properties.get("workLoadType") or "VM"
    return properties[name]


@route("GET", VAULT + "/backupPolicies/{policy}")
def get_policy(world: World, request: Request) -> Response:
    return Response(200, public(find(world, find_vault(world, request), request.params["policy"])))


@route("PUT", VAULT + "/backupPolicies/{policy}")
def put_policy(world: World, request: Request) -> Response:
    """Create or change a policy, at once (recorded traffic), or where the estate says so by an operation, as the API allows.

    Each item that follows the policy is configured anew by a job of its own.
    """
    vault, name = find_vault(world, request), request.params["policy"]
    given = request.json().get("properties") or {}
    if not policy_rules.NAME.fullmatch(name):
        raise service_error("BMSUserErrorInvalidInput", f"The policy name '{name}' is not valid.")
    old = world.store.resource(policy_id(vault, name))
    kind = given.get("backupManagementType")
    if kind == "AzureIaasVM":
        properties = policy_rules.normalise(given, request.api_version, world.clock.now())
    else:
        policy_rules.require(kind in ("AzureWorkload", "AzureStorage", "MAB", "AzureSql", "GenericProtectionPolicy"))
        properties = {key: value for key, value in given.items() if key != "protectedItemsCount"}
    if old is None:
        return Response(200, _store(world, vault, name, properties))
    before = old["properties"]
    policy_rules.require(before["backupManagementType"] == kind and before.get("policyType") == properties.get("policyType"))
    vault_guard.check_policy(world, vault, vault_guard.CHANGE_POLICY, given, before, properties)
    if vault.get("_asynchronous_policies") and before["protectedItemsCount"]:
        return _begin(world, request, "policy-update", old["id"], properties=properties)
    return Response(200, public(_update(world, old, properties)))


def _begin(world: World, request: Request, kind: str, policy: str, **args: Any) -> Response:
    record = world.operations.begin(kind, policy, _OPERATION_SECONDS, **args)
    status, result = (f"{policy}/{name}/{record['id']}" for name in ("operations", "operationResults"))
    return Response(202, None, poll_headers(world, request, status=status, result=result))


def _update(world: World, policy: Document, properties: Document) -> Document:
    """The policy with other properties, which its items follow."""
    vault = {"id": vault_of(policy["id"])}
    document = _store(world, vault, policy["name"], properties, policy["properties"]["protectedItemsCount"])
    if document["properties"]["protectedItemsCount"]:
        document = world.store.put_resource(schedules.planned(world, document))
        _configure_items(world, vault, document)
    return document


@operation("policy-update")
def _updated(world: World, record: Document) -> None:
    policy = world.store.resource(record["resource"])
    if policy is None:
        raise ArmError(404, "BMSUserErrorPolicyObjectNotFound", "Policy not found")
    _update(world, policy, record["args"]["properties"])


def _configure_items(world: World, vault: Document, policy: Document) -> None:
    key = policy["id"].lower()
    for item in vm_items(world, vault["id"]):
        if item["properties"]["policyId"].lower() == key:
            jobs.start(
                world,
                item["id"],
                item["properties"]["friendlyName"],
                "ConfigureBackup",
                {"VM Name": item["properties"]["friendlyName"], "Policy Name": policy["name"]},
                ends_after=_EDIT_SECONDS,
            )


@route("DELETE", VAULT + "/backupPolicies/{policy}")
def delete_policy(world: World, request: Request) -> Response:
    vault = find_vault(world, request)
    policy = world.store.resource(policy_id(vault, request.params["policy"]))
    if policy is None:
        return Response(204)
    if policy["properties"]["protectedItemsCount"]:
        raise service_error(
            "BMSUserErrorPolicyObjectInUse",
            "Policy is associated with protected items and cannot be deleted\r\nPlease remove the items from the policy and try again.",
        )
    if vault.get("_asynchronous_policies"):
        return _begin(world, request, "policy-delete", policy["id"])
    world.store.delete_resource(policy["id"])
    return Response(200)


@operation("policy-delete")
def _deleted(world: World, record: Document) -> None:
    world.store.delete_resource(record["resource"])
