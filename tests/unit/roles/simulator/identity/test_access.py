# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: principals of the estate, role assignments and role definitions."""

from __future__ import annotations

from typing import Any

import pytest
from arm_simulator.core.messages import Request, Response
from arm_simulator.estate import EstateError
from arm_simulator.gateway import arm
from arm_simulator.identity import access, entra
from arm_simulator.server import app

CLIENT = "44444444-4444-4444-8444-444444444444"
OBJECT = "55555555-5555-4555-8555-555555555555"
NSG = "Microsoft.Network/networkSecurityGroups/nsg"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
GUIDS = [f"00000000-0000-4000-8000-0000000000a{number}" for number in range(5)]


def limited(azure: Any, *actions: str, **more: Any) -> None:
    azure.load({"principals": [{"client_id": CLIENT, "object_id": OBJECT, "actions": list(actions), **more}]})


def send(azure: Any, method: str, path: str, body: Any = None) -> Response:
    """A request of the limited principal."""
    import json

    token = entra.issue_token(azure.world, azure.world.settings.base_url, client_id=CLIENT)
    content = b"" if body is None else json.dumps(body).encode()
    return app.answer(azure.world, Request(method, azure.id(path), {"api-version": "2024-07-01"}, {"authorization": f"Bearer {token}"}, content))


@pytest.mark.parametrize(
    ("method", "path", "action", "scope"),
    [
        ("GET", "Microsoft.Compute/virtualMachines/vm", "Microsoft.Compute/virtualMachines/read", "{path}"),
        ("GET", "microsoft.compute/virtualmachines", "Microsoft.Compute/virtualMachines/read", "{path}"),
        ("PUT", "Microsoft.RecoveryServices/vaults/v/backupPolicies/p", "Microsoft.RecoveryServices/vaults/backupPolicies/write", "{path}"),
        ("PATCH", "Microsoft.RecoveryServices/vaults/v", "Microsoft.RecoveryServices/vaults/write", "{path}"),
        ("DELETE", NSG, "Microsoft.Network/networkSecurityGroups/delete", "{path}"),
        (
            "POST",
            "Microsoft.Compute/virtualMachines/vm/start",
            "Microsoft.Compute/virtualMachines/start/action",
            "{group}/providers/Microsoft.Compute/virtualMachines/vm",
        ),
        (
            "POST",
            "{sub}/providers/Microsoft.RecoveryServices/locations/westeurope/backupStatus",
            "Microsoft.RecoveryServices/locations/backupStatus/action",
            "{sub}/providers/Microsoft.RecoveryServices/locations/westeurope",
        ),
        ("POST", "{sub}/providers/Microsoft.Compute/register", "Microsoft.Compute/register/action", "{sub}"),
        ("GET", "{sub}/providers/Microsoft.Compute", "Microsoft.Resources/subscriptions/providers/read", "{sub}/providers/Microsoft.Compute"),
        ("PUT", "{sub}/resourceGroups/new", "Microsoft.Resources/subscriptions/resourcegroups/write", "{path}"),
        ("GET", "{sub}/resourceGroups", "Microsoft.Resources/subscriptions/resourcegroups/read", "{path}"),
        ("GET", "{group}/resources", "Microsoft.Resources/subscriptions/resourcegroups/resources/read", "{path}"),
        ("PUT", NSG + "/providers/Microsoft.Authorization/locks/l", "Microsoft.Authorization/locks/write", "{path}"),
    ],
)
def test_a_refusal_names_action_and_scope(azure: Any, method: str, path: str, action: str, scope: str) -> None:
    limited(azure, "Microsoft.Nothing/*/read")
    path = azure.id(path.format(sub=azure.subscription, group=azure.group))
    answer = send(azure, method, path)
    scope = scope.format(path=path, group=azure.group, sub=azure.subscription)
    assert (answer.status, answer.body["error"]["code"], answer.headers["x-ms-failure-cause"]) == (403, "AuthorizationFailed", "gateway")
    assert answer.body["error"]["message"] == (
        f"The client '{CLIENT}' with object id '{OBJECT}' does not have authorization to perform action '{action}' over scope '{scope}' "
        "or the scope is invalid. If access was recently granted, please refresh your credentials."
    )


def test_actions_not_actions_and_scope_are_obeyed(azure: Any) -> None:
    azure.load({"resource_groups": [{"name": "other", "location": "westeurope"}]})
    limited(azure, "microsoft.network/*", not_actions=["Microsoft.Network/*/delete"], scope="app")
    assert send(azure, "PUT", NSG, {"location": "westeurope"}).status == 201
    assert send(azure, "GET", NSG).status == 200
    assert send(azure, "DELETE", NSG).status == 403
    assert send(azure, "GET", f"{azure.subscription}/resourceGroups/other/providers/{NSG}").status == 403
    assert send(azure, "GET", f"{azure.subscription}/providers/Microsoft.Network/networkSecurityGroups").status == 403
    assert azure.send("DELETE", NSG).status == 202


def test_permissions_tell_what_the_caller_may_do(azure: Any) -> None:
    limited(azure, "Microsoft.Compute/*/read", not_actions=["Microsoft.Compute/disks/read"], scope="app")
    path = "{}/providers/Microsoft.Authorization/permissions"
    mine = {"actions": ["Microsoft.Compute/*/read"], "notActions": ["Microsoft.Compute/disks/read"], "dataActions": [], "notDataActions": []}
    assert send(azure, "GET", path.format(azure.group)).body == {"value": [mine]}
    assert send(azure, "GET", path.format(azure.subscription)).body == {"value": []}
    assert azure.get(path.format(azure.group)) == {"value": [access.EVERYTHING]}


def test_everybody_may_ask_for_tenants_and_subscriptions_but_sees_only_what_may_be_read_in_resource_graph(azure: Any) -> None:
    azure.load({"vms": [{"name": "vm", "resource_group": "app"}]})
    limited(azure, "Microsoft.Compute/virtualMachines/read")
    for path in ("/tenants", "/subscriptions", azure.subscription):
        assert send(azure, "GET", path).status == 200
    graph = "/providers/Microsoft.ResourceGraph/resources"
    assert {row["type"] for row in send(azure, "POST", graph, {"query": "resources"}).body["data"]} == {"microsoft.compute/virtualmachines"}
    assert len(azure.send("POST", graph, {"query": "resources"}).body["data"]) > 1


def test_the_estate_can_limit_the_principal_of_connection_json_too(azure: Any) -> None:
    azure.load({"principals": [{"client_id": azure.world.settings.client_id, "roles": ["Reader"]}]})
    assert azure.send("GET", azure.group).status == 200
    refused = azure.send("PUT", NSG, {"location": "westeurope"})
    assert refused.status == 403
    assert f"The client '{azure.world.settings.client_id}' with object id '{access.OBJECT_ID}'" in refused.body["error"]["message"]


def test_an_unknown_role_is_named_with_those_there_are(azure: Any) -> None:
    with pytest.raises(EstateError, match=r"'Boss' is not one of .*Backup Operator"):
        azure.load({"principals": [{"client_id": CLIENT, "roles": ["Boss"]}]})


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("Backup Reader", "Microsoft.RecoveryServices/vaults/backupJobs/read", "Microsoft.RecoveryServices/vaults/backupPolicies/write"),
        (
            "Backup Operator",
            "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/write",
            "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/delete",
        ),
        ("Backup Contributor", "Microsoft.RecoveryServices/vaults/backupPolicies/delete", "Microsoft.RecoveryServices/vaults/delete"),
        ("Contributor", "Microsoft.RecoveryServices/vaults/delete", "Microsoft.Authorization/roleAssignments/write"),
    ],
)
def test_built_in_roles(azure: Any, role: str, may: str, may_not: str) -> None:
    azure.load({"principals": [{"client_id": CLIENT, "roles": [role]}]})
    held = access.permissions(azure.world, CLIENT, azure.group)
    assert (access.allows(held, may), access.allows(held, may_not)) == (True, False)


# Role assignments


def assign(azure: Any, name: str, role: str = READER, who: str = OBJECT, scope: str = "", **more: Any) -> Any:
    path = f"{scope or azure.group}/providers/{ASSIGNMENTS}/{name}"
    return azure.send("PUT", path, {"properties": {"roleDefinitionId": f"{azure.subscription}/providers/{DEFINITIONS}/{role}", "principalId": who, **more}})


def test_an_assignment_grants_and_its_removal_takes_back(azure: Any) -> None:
    limited(azure)
    assert send(azure, "GET", azure.group).status == 403
    made = assign(azure, GUIDS[0])
    assert made.status == 201
    properties = made.body["properties"]
    assert (properties["scope"], properties["principalType"], properties["condition"]) == (azure.group, "ServicePrincipal", None)
    assert properties["updatedBy"] == access.OBJECT_ID
    assert send(azure, "GET", azure.group).status == 200
    assert azure.send("DELETE", made.body["id"]).status == 200
    assert azure.send("DELETE", made.body["id"]).status == 204
    assert send(azure, "GET", azure.group).status == 403
    assert azure.send("GET", made.body["id"]).body["error"]["code"] == "RoleAssignmentNotFound"


def test_assignment_refusals(azure: Any) -> None:
    limited(azure)
    assign(azure, GUIDS[0])
    cases = {
        "RoleAssignmentExists": (409, assign(azure, GUIDS[1])),
        "RoleAssignmentUpdateNotPermitted": (400, assign(azure, GUIDS[0], who=access.OBJECT_ID)),
        "PrincipalNotFound": (400, assign(azure, GUIDS[2], who=GUIDS[3])),
        "RoleDefinitionDoesNotExist": (400, assign(azure, GUIDS[2], role=GUIDS[3])),
    }
    for code, (status, answer) in cases.items():
        assert (answer.status, answer.body["error"]["code"]) == (status, code)
    assert cases["RoleAssignmentExists"][1].body["error"]["message"] == "The role assignment already exists."
    expected = f"Principal {GUIDS[3].replace('-', '')} does not exist in the directory {azure.world.settings.tenant_id}. "
    assert cases["PrincipalNotFound"][1].body["error"]["message"].startswith(expected)
    assert assign(azure, GUIDS[0]).status == 201
    assert assign(azure, GUIDS[2], who=GUIDS[3], principalType="ServicePrincipal").status == 201


def test_the_identity_of_a_vault_can_hold_a_role(azure: Any) -> None:
    body = {"location": "westeurope", "sku": {"name": "RS0", "tier": "Standard"}, "identity": {"type": "SystemAssigned"}, "properties": {}}
    vault = azure.put("Microsoft.RecoveryServices/vaults/vault1", body)
    assert assign(azure, GUIDS[0], who=vault["identity"]["principalId"], scope=vault["id"]).status == 201


def test_assignments_are_listed_at_above_and_below_a_scope(azure: Any) -> None:
    limited(azure)
    azure.put(NSG, {"location": "westeurope"})
    for name, scope in zip(GUIDS, (azure.subscription, azure.group, azure.id(NSG)), strict=False):
        assert assign(azure, name, scope=scope).status == 201
    listed = f"{azure.group}/providers/{ASSIGNMENTS}"

    def names(**query: str) -> list[str]:
        return sorted(each["name"] for each in azure.get(listed, **query)["value"])

    assert names() == GUIDS[:3]
    assert names(_filter="atScope()") == GUIDS[:2]
    assert names(_filter=f"atScope() and assignedTo('{OBJECT}')") == GUIDS[:2]
    assert names(_filter=f"principalId eq '{access.OBJECT_ID}'") == []


# Role definitions


def test_custom_roles(azure: Any) -> None:
    path = f"{azure.subscription}/providers/{DEFINITIONS}/{GUIDS[0]}"
    wanted = {"roleName": "Mine", "assignableScopes": [azure.subscription], "permissions": [{"actions": ["*/read"]}]}
    made = azure.send("PUT", path, {"properties": wanted})
    assert (made.status, made.body["properties"]["type"]) == (201, "CustomRole")
    assert made.body["properties"]["permissions"] == [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}]
    named = f"{azure.group}/providers/{DEFINITIONS}"
    assert [each["name"] for each in azure.get(named, _filter="roleName eq 'mine'")["value"]] == [GUIDS[0]]
    assert [each["name"] for each in azure.get(named, _filter="type eq 'CustomRole'")["value"]] == [GUIDS[0]]
    assert azure.send("PUT", path[:-1] + "9", {"properties": wanted}).body["error"]["code"] == "RoleDefinitionWithSameNameExists"
    assert azure.send("DELETE", path).status == 200
    assert azure.send("GET", path).body["error"]["code"] == "RoleDefinitionDoesNotExist"


def test_built_in_definitions_are_found_by_name_and_id(azure: Any) -> None:
    (found,) = azure.get(f"{azure.subscription}/providers/{DEFINITIONS}", _filter="roleName eq 'Reader'")["value"]
    assert (found["name"], found["properties"]["type"], found["properties"]["assignableScopes"]) == (READER, "BuiltInRole", ["/"])
    assert azure.get(f"{azure.subscription}/providers/{DEFINITIONS}/{READER}") == found
    assert azure.send("PUT", found["id"], {"properties": {}}).status == 403


def test_a_limited_request_without_sign_in_is_the_default_principals(azure: Any) -> None:
    request = Request("GET", azure.group, {"api-version": "2024-07-01"})
    assert arm.dispatch(azure.world, request).status == 200
