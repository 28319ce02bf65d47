# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Resource Manager does before a provider sees a request."""

from __future__ import annotations

from typing import Any

import pytest
from arm_simulator.core.messages import Request
from arm_simulator.gateway import arm

NSG = "Microsoft.Network/networkSecurityGroups/nsg"
LOCKS = "Microsoft.Authorization/locks"


def code(answer: Any) -> tuple[int, str]:
    return answer.status, answer.body["error"]["code"]


def test_api_version_is_demanded_and_any_well_formed_one_taken(azure: Any) -> None:
    answers = [arm.dispatch(azure.world, Request("GET", azure.group, query)) for query in ({}, {"api-version": "soon"}, {"api-version": "2099-01-01-preview"})]
    assert code(answers[0]) == (400, "MissingApiVersionParameter")
    assert code(answers[1]) == (400, "InvalidApiVersionParameter")
    assert answers[2].status == 200


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/subscriptions/x/resourceGroups", (400, "InvalidSubscriptionId")),
        ("GET", "/subscriptions/00000000-0000-4000-8000-00000000ffff", (404, "SubscriptionNotFound")),
        ("GET", "{sub}/resourceGroups/none", (404, "ResourceGroupNotFound")),
        ("GET", "{sub}/resourceGroups/none/providers/Microsoft.Network/networkSecurityGroups/n", (404, "ResourceGroupNotFound")),
        ("GET", "{sub}/resourceGroups/app/providers/Microsoft.Network/networkSecurityGroups/n", (404, "ResourceNotFound")),
        ("GET", "{sub}/resourceGroups/app/providers/Microsoft.Nothing/things/n", (404, "InvalidResourceNamespace")),
        ("GET", "{sub}/resourceGroups/app/providers/Microsoft.Network/things/n", (404, "InvalidResourceType")),
        ("GET", "{sub}/nothing", (404, "NotFound")),
        ("POST", "{sub}/resourceGroups/app", (405, "MethodNotAllowed")),
    ],
)
def test_refusals(azure: Any, method: str, path: str, expected: tuple[int, str]) -> None:
    answer = azure.send(method, path.format(sub=azure.subscription))
    assert code(answer) == expected
    assert answer.headers["x-ms-failure-cause"] == "gateway"


def test_wrong_method_names_the_right_ones(azure: Any) -> None:
    assert azure.send("POST", azure.group).headers["Allow"] == "DELETE, GET, HEAD, PATCH, PUT"


def test_a_bug_is_an_internal_error_in_arms_form(azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(azure.world.store, "resource", broken)
    answer = azure.send("GET", azure.group)
    assert code(answer) == (500, "InternalServerError")
    assert "secret detail" not in str(answer.body)


# Resource groups


def test_group_life(azure: Any) -> None:
    path = f"{azure.subscription}/resourcegroups/New"
    assert azure.send("HEAD", path).status == 404
    made = azure.send("PUT", path, {"location": "West Europe", "tags": {"a": "b"}, "managedBy": "me"})
    assert made.status == 201
    assert made.body == {
        "id": f"{azure.subscription}/resourceGroups/New",
        "name": "New",
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westeurope",
        "managedBy": "me",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    }
    assert azure.send("HEAD", path).status == 204
    assert azure.send("PUT", path.lower(), {"location": "westeurope"}).status == 200
    assert azure.send("PATCH", path, {"tags": {"x": "y"}}).body["tags"] == {"x": "y"}
    assert code(azure.send("PUT", path, {"location": "eastus"})) == (409, "InvalidResourceGroupLocation")
    assert code(azure.send("PUT", path, {"location": "mars"})) == (400, "LocationNotAvailableForResourceGroup")
    assert code(azure.send("PUT", path, {})) == (400, "LocationRequired")


def test_group_is_deleted_in_time_with_what_is_in_it(azure: Any) -> None:
    azure.put(NSG, {"location": "westeurope"})
    answer = azure.send("DELETE", azure.group)
    assert (answer.status, answer.body, answer.headers["Retry-After"]) == (202, None, "1")
    assert code(azure.send("PUT", NSG, {"location": "westeurope"})) == (409, "ResourceGroupBeingDeleted")
    poll = azure.follow(answer.headers["Location"])
    assert (poll.status, poll.headers["Location"]) == (202, answer.headers["Location"])
    azure.world.clock.jump(60)
    assert azure.follow(answer.headers["Location"]).status == 200
    assert code(azure.send("GET", azure.group)) == (404, "ResourceGroupNotFound")
    assert azure.world.store.resource(azure.id(NSG)) is None


def test_a_group_whose_deletion_fails_stays(azure: Any) -> None:
    azure.world.faults.order({"method": "DELETE", "fail_operation": {"code": "Conflict", "message": "no"}})
    answer = azure.send("DELETE", azure.group)
    azure.world.clock.jump(60)
    assert code(azure.follow(answer.headers["Location"])) == (409, "Conflict")
    assert azure.get(azure.group)["properties"]["provisioningState"] == "Succeeded"


def test_groups_are_filtered_by_tag_and_paged(azure: Any) -> None:
    for number in range(5):
        azure.send("PUT", f"{azure.subscription}/resourceGroups/g{number}", {"location": "westeurope", "tags": {"n": str(number), "all": "yes"}})
    groups = f"{azure.subscription}/resourcegroups"
    assert [group["name"] for group in azure.get(groups, _filter="tagname eq 'n' and tagvalue eq '3'")["value"]] == ["g3"]
    assert azure.get(groups, _filter="tagName eq 'n' and tagValue eq 'yes'")["value"] == []
    first = azure.get(groups, _filter="tagName eq 'all'", _top="2")
    assert [group["name"] for group in first["value"]] == ["g0", "g1"]
    assert first["nextLink"].startswith(f"{azure.world.settings.base_url}{groups}?")
    assert "tagName" in first["nextLink"]
    assert code(azure.send("GET", groups, _filter="tagName is 'x'")) == (400, "InvalidFilterInQueryString")


def test_resources_of_a_group(azure: Any) -> None:
    azure.put(NSG, {"location": "westeurope", "tags": {"a": "b"}})
    (listed,) = azure.get(f"{azure.group}/resources", _filter="resourceType eq 'Microsoft.Network/networkSecurityGroups'")["value"]
    assert {key: listed[key] for key in ("name", "type", "tags")} == {
        "name": "nsg",
        "type": "Microsoft.Network/networkSecurityGroups",
        "tags": {"a": "b"},
    }
    assert "properties" not in listed
    assert [each["id"] for each in azure.get(f"{azure.subscription}/resources")["value"]] == [listed["id"]]
    assert azure.get(f"{azure.group}/resources", _filter="resourceType eq 'a/b' or tagName eq 'z'")["value"] == []


# Registration


def test_an_unregistered_provider_takes_no_writes_until_it_is_registered(azure: Any) -> None:
    provider = f"{azure.subscription}/providers/Microsoft.Network"
    assert azure.send("POST", f"{provider}/unregister").body["registrationState"] == "Unregistered"
    refused = azure.send("PUT", NSG, {"location": "westeurope"})
    assert code(refused) == (409, "MissingSubscriptionRegistration")
    assert refused.body["error"]["details"][0]["target"] == "Microsoft.Network"
    assert azure.send("POST", f"{provider}/register").body["registrationState"] == "Registering"
    azure.world.clock.jump(60)
    assert azure.get(provider)["registrationState"] == "Registered"
    assert azure.send("PUT", NSG, {"location": "westeurope"}).status == 201


def test_provider_names_its_types(azure: Any) -> None:
    types = {each["resourceType"] for each in azure.get(f"{azure.subscription}/providers/microsoft.network")["resourceTypes"]}
    assert {"networkSecurityGroups", "networkSecurityGroups/securityRules"} <= types


# Locks


def test_lock_life(azure: Any) -> None:
    path = f"{azure.group}/providers/{LOCKS}/keep"
    assert code(azure.send("GET", path)) == (404, "LockNotFound")
    made = azure.send("PUT", path, {"properties": {"level": "CanNotDelete"}})
    assert (made.status, made.body) == (201, {"properties": {"level": "CanNotDelete"}, "id": path, "type": LOCKS, "name": "keep"})
    assert azure.send("PUT", path, {"properties": {"level": "ReadOnly", "notes": "n"}}).status == 200
    assert code(azure.send("PUT", path, {"properties": {"level": "Never"}}))[0] == 400
    assert azure.get(f"{azure.subscription}/providers/{LOCKS}")["value"] == [azure.get(path)]
    assert azure.get(f"{azure.subscription}/providers/{LOCKS}", _filter="atScope()")["value"] == []
    assert azure.send("DELETE", path).status == 200
    assert azure.send("DELETE", path).status == 204


@pytest.mark.parametrize("scope", ["subscription", "group", "resource"])
@pytest.mark.parametrize(("level", "write"), [("CanNotDelete", True), ("ReadOnly", False)])
def test_locks_hold_at_their_scope_and_below(azure: Any, scope: str, level: str, write: bool) -> None:
    azure.put(NSG, {"location": "westeurope"})
    root = {"subscription": azure.subscription, "group": azure.group, "resource": azure.id(NSG)}[scope]
    azure.send("PUT", f"{root}/providers/{LOCKS}/keep", {"properties": {"level": level}})
    deleted = azure.send("DELETE", NSG)
    assert code(deleted) == (409, "ScopeLocked")
    assert deleted.body["error"]["message"] == (
        f"The scope '{azure.id(NSG)}' cannot perform delete operation because following scope(s) are locked: '{root}'. "
        "Please remove the lock and try again."
    )
    rule = {"properties": {"priority": 100, "direction": "Outbound", "access": "Allow", "protocol": "*"}}
    answer = azure.send("PUT", f"{NSG}/securityRules/r", rule)
    assert ("ScopeLocked" in str(answer.body)) is not write
    assert code(azure.send("DELETE", azure.group)) == (409, "ScopeLocked")
    azure.send("DELETE", f"{root}/providers/{LOCKS}/keep")
    assert azure.send("DELETE", NSG).status == 202


# Faults, ledger, limits


def test_faults_skip_and_count(azure: Any) -> None:
    wish = {"method": "GET", "path": "*/RESOURCEGROUPS/*", "skip": 1, "times": 2, "status": 429, "retry_after": 3, "code": "Slow", "message": "down"}
    azure.world.faults.order(wish)
    answers = [azure.send("GET", azure.group) for _each in range(4)]
    assert [answer.status for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "3"
    assert answers[1].body == {"error": {"code": "Slow", "message": "down"}}


def test_a_fault_can_cut_the_connection_before_or_after_the_work(azure: Any) -> None:
    for when, name, exists in (("before", "a", 404), ("after", "b", 200)):
        azure.world.faults.order({"path_regex": f"/{name}$", "reset": when})
        path = f"{azure.subscription}/resourceGroups/{name}"
        assert azure.send("PUT", path, {"location": "westeurope"}).reset
        assert azure.send("GET", path).status == exists


@pytest.mark.parametrize("wish", [{}, {"status": 500, "wehn": 1}, {"status": 500, "path": "x"}, {"status": 500, "path_regex": "("}])
def test_faults_that_make_no_sense_are_refused(azure: Any, wish: dict[str, Any]) -> None:
    with pytest.raises(arm.ArmError, match=r".+"):
        azure.world.faults.order(wish)


def test_ledger_tells_reads_from_writes_and_hides_secrets(azure: Any) -> None:
    body = {"location": "westeurope", "tags": {}, "adminPassword": "p4ss", "nested": [{"securityPIN": "1234", "clientSecret": None}]}
    azure.send("PUT", f"{azure.subscription}/resourceGroups/b", body)
    azure.send("GET", azure.group)
    azure.send("POST", f"{azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope/backupStatus", {"a": 1})
    (write,) = azure.world.ledger.select(writes=True)
    assert (write["method"], write["status"], write["number"]) == ("PUT", 201, 1)
    assert write["body"]["adminPassword"] == write["body"]["nested"][0]["securityPIN"] == "********"
    assert write["body"]["location"] == "westeurope"
    assert len(azure.world.ledger.select()) == 3
    assert [each["method"] for each in azure.world.ledger.select(path="BACKUPstatus")] == ["POST"]


def test_throttling_is_off_unless_wanted_and_then_counts_as_azure_does(azure: Any) -> None:
    assert not [header for header in azure.send("GET", azure.group).headers if "ratelimit" in header]
    azure.world.settings.throttling = "scaled"
    azure.world.clock.speed = 0.001
    answers = [azure.send("DELETE", f"{azure.subscription}/resourceGroups/none") for _each in range(202)]
    assert code(answers[0]) == (404, "ResourceGroupNotFound")
    assert code(answers[-1]) == (429, "SubscriptionRequestsThrottled")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert azure.send("GET", azure.group).headers["x-ms-ratelimit-remaining-subscription-reads"] == "249"


def test_recovery_services_count_per_action_and_hour(azure: Any) -> None:
    azure.world.settings.throttling = "scaled"
    path = "Microsoft.RecoveryServices/vaults/none/backupJobs"
    azure.world.clock.speed = 1.0
    for number in range(150):
        assert azure.send("GET", path if number % 2 else f"{path}/some").status == 404
    refused = azure.send("GET", path)
    assert code(refused) == (429, "ResourceRequestsThrottled")
    assert "'Microsoft.RecoveryServices/vaults/backupJobs/read' exceeded the limit of '150'" in refused.body["error"]["message"]
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    azure.world.clock.jump(3601)
    assert azure.send("GET", path).status == 404
