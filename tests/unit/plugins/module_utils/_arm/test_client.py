# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of one task, over the real typed clients."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError

NOT_FOUND = {"error": {"code": "ResourceNotFound", "message": "The Resource 'Microsoft.RecoveryServices/vaults/v' was not found."}}
ITEM = {"id": "/a/protectedItems/1", "name": "1", "properties": {"protectedItemType": "Microsoft.Compute/virtualMachines", "unknownToTheSdk": [1]}}


def listed(arm: Any) -> list[dict[str, Any]]:
    return arm.all_pages("list the items of vault v", arm.backup.backup_protected_items.list, "v", "g", filter="x eq 'y'")


def found(arm: Any) -> Any:
    return arm.find("read vault v", arm.vaults.vaults.get, "g", "v")


def test_all_pages_gives_the_items_as_azure_wrote_them(arm, wire):
    wire.answer(200, {"value": [ITEM], "nextLink": "https://management.azure.com/next?$skipToken=a%2Bb"})
    wire.answer(200, {"value": [], "nextLink": "https://management.azure.com/next?$skipToken=c"})
    wire.answer(200, {"value": [{**ITEM, "name": "2"}]})
    assert listed(arm) == [ITEM, {**ITEM, "name": "2"}]
    assert [request.url.partition("?")[0].rsplit("/", 1)[1] for request in wire.seen] == ["backupProtectedItems", "next", "next"]
    assert "skipToken=a%2Bb" in wire.seen[1].url and all("api-version=" in request.url for request in wire.seen)


@pytest.mark.parametrize("page", [{}, {"value": None}, {"value": []}])
def test_an_empty_list(arm, wire, page):
    wire.answer(200, page)
    assert listed(arm) == []


def test_a_failing_page_fails_the_list_and_is_counted_once(arm, wire, naps):
    wire.answer(200, {"value": [ITEM], "nextLink": "https://management.azure.com/next?a=1"})
    wire.answer(503, {"error": {"code": "ServerTimeout", "message": "The request timed out."}}, Retry_After="7")
    wire.answer(200, {"value": [ITEM]})
    assert len(listed(arm)) == 2 and naps == [7.0]
    wire.answers = []
    wire.answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})
    with pytest.raises(AzureBackupError) as caught:
        listed(arm)
    assert (caught.value.status, caught.value.code) == (403, "AuthorizationFailed")


@pytest.mark.parametrize("body", [b"<html>captive portal</html>", b'{"value": [', [1, 2]])
def test_an_answer_that_is_not_azures(arm, wire, naps, body):
    wire.answer(200, body)
    with pytest.raises(AzureBackupError, match="no valid JSON"):
        listed(arm)
    if isinstance(body, bytes):
        with pytest.raises(AzureBackupError, match="no valid JSON"):
            found(arm)


def test_find_gives_the_document(arm, wire):
    wire.answer(200, {"id": "/v", "location": "westeurope", "properties": {"provisioningState": "Succeeded"}})
    assert found(arm) == {"id": "/v", "location": "westeurope", "properties": {"provisioningState": "Succeeded"}}


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound", "NotFound", "ParentResourceNotFound"])
def test_absence(arm, wire, code):
    wire.answer(404, {"error": {"code": code, "message": "gone"}})
    assert found(arm) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"code": "SubscriptionNotFound", "message": "The subscription could not be found."}}),
        (404, b"<html>404: no such page</html>"),
        (404, None),
        (401, {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}),
        (403, {"error": {"code": "AuthorizationFailed", "message": "no"}}),
        (409, {"error": {"code": "Conflict", "message": "no"}}),
        (429, {"error": {"code": "SubscriptionRequestsThrottled", "message": "no"}}),
        (500, {"error": {"code": "InternalServerError", "message": ""}}),
        (503, b"<html>gateway</html>"),
    ],
)
def test_nothing_else_is_absence(arm, wire, naps, status, body):
    wire.answer(status, body)
    with pytest.raises(AzureBackupError, match=r"^Could not read vault v: ") as caught:
        found(arm)
    assert caught.value.status == status


def test_wait_follows_the_operation(arm, wire, naps):
    wire.answer(202, None, Azure_AsyncOperation="https://management.azure.com/op?api-version=1", Retry_After="0")
    wire.answer(200, {"status": "InProgress"}, Retry_After="0")
    wire.answer(200, {"status": "Succeeded"})
    wire.answer(200, {"id": "/v"})
    arm.wait("change vault v", 30, arm.vaults.vaults.begin_update, "g", "v", {"tags": {"a": "b"}})
    assert wire.methods[0] == "PATCH" and set(wire.methods[1:]) == {"GET"}


def test_a_failed_operation_is_told_in_azures_words(arm, wire, naps):
    wire.answer(202, None, Azure_AsyncOperation="https://management.azure.com/op?api-version=1", Retry_After="0")
    wire.answer(200, {"status": "Failed", "error": {"code": "CloudDosAbsoluteLimitReached", "message": "The limit."}}, x_ms_request_id="r-1")
    with pytest.raises(AzureBackupError, match=r"Could not change vault v: The limit.") as caught:
        arm.wait("change vault v", 30, arm.vaults.vaults.begin_update, "g", "v", {})
    assert (caught.value.code, caught.value.request_id) == ("CloudDosAbsoluteLimitReached", "r-1")
    assert "24 hours" in caught.value.hint


def test_wait_ends_when_its_time_is_over(arm, wire, naps):
    wire.answer(202, None, Azure_AsyncOperation="https://management.azure.com/op?api-version=1", Retry_After="0")
    wire.answer(200, {"status": "InProgress"}, Retry_After="0")
    with pytest.raises(AzureBackupError, match=r"within 0.01 seconds") as caught:
        arm.wait("change vault v", 0.01, arm.vaults.vaults.begin_update, "g", "v", {})
    assert caught.value.code == "OperationTimeout"
    wire.answers = [(200, {"status": "Succeeded"}, {})]


def test_a_deletion_ends_when_its_operation_is_gone_too(arm, wire, naps):
    wire.answer(202, None, Azure_AsyncOperation="https://management.azure.com/op?api-version=1", Retry_After="0")
    wire.answer(404, NOT_FOUND)
    arm.wait_gone("delete vault v", 30, arm.vaults.vaults.begin_delete, "g", "v")
    assert wire.methods == ["DELETE", "GET"]


def test_send_does_not_wait(arm, wire):
    wire.answer(202, None, Azure_AsyncOperation="https://management.azure.com/vaults/v/operationsStatus/op-1?api-version=1", Retry_After="60")
    accepted = arm.send("protect", arm.backup.protected_items.begin_create_or_update, "v", "g", "Azure", "c", "i", {"properties": {}})
    assert (accepted.operation, accepted.retry_after) == ("op-1", 60.0) and len(wire.seen) == 1


def test_together_keeps_the_order_and_tells_the_first_failure(arm):
    assert arm.together(*(lambda number=number: number for number in range(50))) == list(range(50))

    def bad() -> None:
        raise AzureBackupError("no")

    with pytest.raises(AzureBackupError):
        arm.together(lambda: 1, bad)


def test_each_without_items(arm):
    assert list(arm.each(str, [])) == []


def test_close_ends_the_connections(arm, wire):
    arm.close()
    assert not wire.is_open


def test_the_token_goes_to_the_clouds_arm_only_and_requests_carry_an_id(arm, wire):
    wire.answer(404, NOT_FOUND)
    found(arm)
    (request,) = wire.seen
    assert request.url.startswith("https://management.azure.com/subscriptions/")
    assert request.headers["Authorization"] == "Bearer token" and request.headers["x-ms-client-request-id"]
    assert request.headers["User-Agent"].startswith("ansible-safeharbor-azure_backup")
