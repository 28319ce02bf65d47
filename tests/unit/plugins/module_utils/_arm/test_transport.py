# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again, how long it waits, and how fast requests may go."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import transport
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError
from azure.core.exceptions import HttpResponseError, IncompleteReadError, ServiceRequestError, ServiceResponseError

THROTTLED = {
    "error": {
        "code": "ResourceRequestsThrottled",
        "message": "Number of requests for action 'Microsoft.RecoveryServices/vaults/backupJobs/read' exceeded the limit of '150' for time "
        "interval '01:00:00'. Please try again after '324' seconds.",
    }
}
BUSY = {"error": {"code": "BMSUserErrorObjectLocked", "message": "Another operation is in progress on the selected item."}}
VAULT = {"id": "/v", "location": "westeurope"}


def get(arm):
    return arm.find("read vault v", arm.vaults.vaults.get, "g", "v")


def put(arm):
    return arm.send("protect", arm.backup.protected_items.begin_create_or_update, "v", "g", "Azure", "c", "i", {"properties": {}})


def post(arm):
    return arm.call("back up", arm.backup.backups.trigger, "v", "g", "Azure", "c", "i", {"properties": {}})


@pytest.mark.parametrize(
    ("call", "status", "body", "tries"),
    [
        (get, 500, None, 2),
        (get, 502, b"<html>", 2),
        (get, 503, None, 2),
        (get, 408, None, 2),
        (get, 429, None, 2),
        (get, 400, BUSY, 1),
        (get, 403, None, 1),
        (put, 429, None, 2),
        (put, 503, None, 2),
        (put, 409, BUSY, 2),
        (put, 400, BUSY, 2),
        (put, 409, {"error": {"code": "Conflict"}}, 1),
        (put, 500, None, 1),
        (put, 502, None, 1),
        (put, 504, None, 1),
        (post, 429, None, 1),
        (post, 503, None, 1),
    ],
)
def test_what_is_tried_again(arm, wire, naps, call, status, body, tries):
    wire.answer(status, body).answer(200, VAULT)
    try:
        call(arm)
    except AzureBackupError as exc:
        assert exc.status == status
    assert len(wire.seen) == tries and len(naps) == tries - 1


@pytest.mark.parametrize(
    ("call", "error", "tries"),
    [
        (get, ServiceResponseError("('Connection aborted.', ConnectionResetError(104))"), 2),
        (get, ServiceRequestError("timed out"), 2),
        (get, IncompleteReadError("IncompleteRead(10 bytes read)"), 2),
        (get, HttpResponseError("Connection broken: ConnectionResetError"), 2),
        (get, ServiceRequestError("[Errno 111] Connection refused"), 1),
        (get, ServiceRequestError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), 1),
        (get, ServiceRequestError("Failed to resolve 'x' ([Errno -2] Name or service not known)"), 1),
        (put, ServiceRequestError("timed out"), 2),
        (put, ServiceResponseError("('Connection aborted.', ConnectionResetError(104))"), 1),
        (put, HttpResponseError("Connection broken: ConnectionResetError"), 1),
        (post, ServiceRequestError("timed out"), 2),
        (post, ServiceResponseError("Read timed out."), 1),
    ],
)
def test_broken_connections(arm, wire, naps, call, error, tries):
    wire.fail(error).answer(202 if call is post else 200, VAULT)
    try:
        call(arm)
        assert tries == 2
    except AzureBackupError as exc:
        assert exc.status is None and "could not be reached" in exc.message and exc.hint and "\n" not in exc.message
        assert exc.code == ("TlsVerificationFailed" if "SSL" in str(error) else "EndpointUnreachable")
    assert len(wire.seen) == tries


def test_it_gives_up_and_waits_longer_each_time(arm, wire, naps):
    wire.answer(503)
    with pytest.raises(AzureBackupError, match="Could not read vault v"):
        get(arm)
    assert len(wire.seen) == transport.TRIES and naps == sorted(naps) and 15 < sum(naps) < 40


def test_azures_own_wait_is_kept(arm, wire, naps):
    wire.answer(503, None, Retry_After="31").answer(200, VAULT)
    get(arm)
    assert naps == [31.0]


def test_a_wait_of_most_of_an_hour_is_told_and_not_slept(arm, wire, naps):
    wire.answer(429, THROTTLED)
    with pytest.raises(AzureBackupError) as caught:
        get(arm)
    assert naps == [] and len(wire.seen) == 1
    assert "324" in caught.value.message and "quota" in caught.value.hint and caught.value.code == "ResourceRequestsThrottled"


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "Sun, 22 Nov 2026 12:00:00 GMT"])
def test_a_retry_after_that_is_no_number_of_seconds(arm, wire, naps, value):
    wire.answer(503, None, Retry_After=value).answer(200, VAULT)
    get(arm)
    assert len(naps) == 1 and 0.5 < naps[0] < 1.5


def test_requests_slow_down_when_few_tokens_are_left(arm, wire, naps):
    wire.answer(200, VAULT, x_ms_ratelimit_remaining_subscription_reads="5")
    for _round in range(4):
        get(arm)
    assert len(naps) == 3 - 1 and all(0 < nap <= 2 / transport.REFILL_PER_SECOND["reads"] for nap in naps)


def test_and_speed_up_again(arm, wire, naps):
    wire.answer(200, VAULT, x_ms_ratelimit_remaining_subscription_reads="5")
    wire.answer(200, VAULT, x_ms_ratelimit_remaining_subscription_reads="249")
    for _round in range(20):
        get(arm)
    assert max(naps) <= 2 / transport.REFILL_PER_SECOND["reads"]


def test_after_a_429_every_request_of_its_kind_waits(arm, wire, naps):
    wire.answer(429, None, Retry_After="8").answer(200, VAULT)
    get(arm)
    get(arm)
    assert naps[0] == 8.0 and len(naps) >= 2 and max(naps[1:]) > 7


def test_kinds_do_not_slow_each_other(arm, wire, naps):
    wire.answer(200, VAULT, x_ms_ratelimit_remaining_subscription_reads="0")
    get(arm)
    wire.answers = []
    wire.answer(202)
    put(arm)
    put(arm)
    assert naps == []


def test_the_pool_holds_a_connection_for_each_thread_and_is_closed():
    made = transport.make_transport(32, None)
    adapter = made.session.get_adapter("https://management.azure.com")
    assert adapter._pool_maxsize == 32 and adapter.max_retries.total == 0
    made.close()
    assert made.session is None
