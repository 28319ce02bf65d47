# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every failure ends in one message with Azure's words, its code and request id, and what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clouds import CLOUDS
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.failures import failure
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.hints import HINTS, hint
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError, InputError, Problem, refuse
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.identity import CredentialUnavailableError

CLOUD = CLOUDS["AzureCloud"]
_FOLDER = os.environ.get("AZURE_BACKUP_RECORDINGS") or Path(__file__).resolve().parents[6] / "shared" / "wire" / "recordings"
RECORDED = Path(_FOLDER) / "errors-raw.jsonl"
# Bodies of recorded traffic and of public reports, with names made neutral: status, code, message, and a part of the hint.
KNOWN = [
    (
        403,
        "AuthorizationFailed",
        "The client 'a@b' with object id '6' does not have authorization to perform action 'Microsoft.RecoveryServices/vaults/write' over scope "
        "'/subscriptions/0/resourceGroups/g' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        "Microsoft.RecoveryServices/vaults/write on /subscriptions/0/resourceGroups/g",
    ),
    (
        409,
        "MissingSubscriptionRegistration",
        "The subscription is not registered to use namespace 'Microsoft.RecoveryServices'. See https://aka.ms/rps-not-found for how to register.",
        "register",
    ),
    (409, "ScopeLocked", "The scope '/x' cannot perform write operation because following scope(s) are locked: '/x'.", "lock"),
    (403, "RequestDisallowedByPolicy", "Resource 'v' was disallowed by policy. Policy identifiers: 'allowed locations'.", "Azure Policy"),
    (400, "StorageModelModifyError", "Storage Redundancy option is locked when the first machine is registered with the vault.", "new vault"),
    (400, "BMSUserErrorInvalidConfigureProtectionRequest", "Input for configure protection is not in proper format", "VM"),
    (400, "SecurityRuleConflict", "Security rule a conflicts with rule b. Rules cannot have the same Priority and Direction.", "priority"),
    (500, "CloudStorageUnexpectedError", "", "again"),
    (503, "ServerTimeout", "The request timed out. Diagnostic information: timestamp '20230512T045519Z'", "again"),
    (403, "SomethingNew", "No.", "Backup Contributor"),
]


def read(arm):
    with pytest.raises(AzureBackupError) as caught:
        arm.find("read vault v", arm.vaults.vaults.get, "g", "v")
    return caught.value


@pytest.mark.parametrize(("status", "code", "message", "advice"), KNOWN)
def test_azures_words_code_and_request_id(arm, wire, naps, status, code, message, advice):
    wire.answer(status, {"error": {"code": code, "message": message, "target": "t", "details": [{"code": "inner"}]}}, x_ms_request_id="r-1")
    error = read(arm)
    shown = error.result()
    assert shown["error"]["code"] == code and shown["error"]["status"] == status and shown["error"]["request_id"] == "r-1"
    assert shown["error"]["target"] == "t" and shown["error"]["details"] == [{"code": "inner"}]
    assert shown["msg"].startswith("Could not read vault v: ") and message in shown["msg"]
    assert f"code {code}" in shown["msg"] and "request id r-1" in shown["msg"] and advice in shown["error"]["hint"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", None),
        (b"<html>Bad gateway</html>", None),
        (b'{"error": null}', None),
        (b'{"error": "text"}', None),
        (b'{"error": []}', None),
        (b'"text"', None),
        (b"[]", None),
        (b'{"error": {"code": 42, "message": null}}', "42"),
        (b'{"error": {"code": null, "message": "words"}}', None),
        (b'{"code": "NotFound", "message": "bare"}', "NotFound"),
        (b'{"error": {"code": "X", "message": {"lang": "en", "value": "words"}}}', "X"),
        (b'{"error": {"code": "X", "message": "two\\r\\nlines"}}', "X"),
        (b"\xff\xfe", None),
    ],
)
def test_any_body_gives_one_line(arm, wire, naps, body, code):
    wire.answer(400, body)
    error = read(arm)
    assert error.status == 400 and error.code == code and "\n" not in error.message
    assert "HTTP 400" in error.result()["msg"] or code


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recorded traffic is not here")
def test_recorded_errors(arm, wire, naps):
    lines = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    refusals = [each for each in lines if each["status"] >= 400]
    assert len(refusals) > 50
    for each in refusals:
        body = each["body"] if isinstance(each["body"], dict) else str(each["body"]).encode()
        wire.answers = [(each["status"], body, {})]
        if each["status"] == 404 and isinstance(body, dict) and body.get("error", body)["code"] != "InvalidResourceType":
            assert arm.find("read it", arm.vaults.vaults.get, "g", "v") is None
            continue
        error = read(arm)
        assert error.status == each["status"] and "\n" not in error.message
        if isinstance(body, dict):
            told = body.get("error", body)
            assert error.code == told.get("code") and " ".join(str(told.get("message") or "").split()) in error.message


def test_a_refused_sign_in_names_entras_code_and_advice():
    text = (
        "Authentication failed: AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value. "
        "Trace ID: 11111111-1111 Correlation ID: 22222222-2222 Timestamp: 2026-11-22 12:00:00Z\nContent: {}"
    )
    error = failure("read vault v", ClientAuthenticationError(message=text), CLOUD)
    assert error.code == "AADSTS7000215" and error.hint and error.request_id
    assert error.message.startswith("Could not sign in to Azure: AADSTS7000215: Invalid client secret") and "Trace ID" not in error.message


def test_a_tenant_that_is_not_there():
    text = "Authentication failed: Unable to get authority configuration for https://login.microsoftonline.com/x. Authority would typically be"
    error = failure("read vault v", ClientAuthenticationError(message=text), CLOUD)
    assert error.code == "TenantNotFound" and CLOUD.authority_url in error.message and "tenant_id" in error.hint


def test_a_credential_that_is_not_there():
    error = failure("read vault v", CredentialUnavailableError(message="Azure CLI not found on path"), CLOUD)
    assert error.code == "SignInFailed" and "Azure CLI not found" in error.message


def test_a_network_failure_during_sign_in_names_the_authority():
    error = failure("read vault v", ClientAuthenticationError(message="Authentication failed: [Errno 111] Connection refused"), CLOUD)
    assert error.message.startswith(CLOUD.authority_url) and error.code == "EndpointUnreachable"


def test_a_network_failure_names_the_host_that_did_not_answer():
    text = "HTTPSConnectionPool(host='proxy.local', port=8443): Max retries exceeded with url: /x (Caused by ProxyError())"
    assert failure("x", ServiceRequestError(text), CLOUD).message.startswith("Could not x: https://proxy.local:8443 could not be reached")
    assert failure("x", ServiceRequestError("[Errno -2] Name or service not known"), CLOUD).message.startswith(f"Could not x: {CLOUD.arm_url}")


@pytest.mark.parametrize("said", ["certificate is not yet valid", "certificate has expired"])
def test_a_certificate_out_of_its_time_points_to_the_clock(said):
    text = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {said} (_ssl.c:1006)"
    error = failure("read vault v", ServiceRequestError(text), CLOUD)
    assert error.code == "TlsVerificationFailed" and "clock" in error.hint and "ca_file" not in error.hint


def test_a_client_assertion_out_of_its_time_points_to_the_clock():
    text = "AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-28T10:00:00.0Z, assertion valid from 2026-12-01T10:00:00Z."
    assert "clock" in failure("read vault v", ClientAuthenticationError(message=text), CLOUD).hint


@pytest.mark.parametrize("error", [AzureError("odd"), HttpResponseError(message="odd")])
def test_other_errors_of_the_libraries(error):
    assert failure("read vault v", error, CLOUD).message


def test_hints_for_multi_user_authorization_and_nothing():
    assert "approval" in hint("X", "ResourceGuard Operation requestid is either null or empty", 400)
    assert hint("X", "words", 400) is None and hint(None, "", None) is None
    assert "throttling" in hint(None, "", 429)


def test_hints_are_advice():
    assert all(text.endswith(".") and "\n" not in text for text in HINTS.values())


def test_results():
    assert AzureBackupError("No.").result() == {"msg": "No.", "error": {"message": "No."}}
    full = AzureBackupError("No.", code="C", status=409, hint="Do.", extra={"changed": True, "vms": []}).result()
    assert full["msg"] == "No. (code C)\nHint: Do." and full["changed"] is True and full["vms"] == []
    refuse([])
    with pytest.raises(InputError) as caught:
        refuse([Problem("a", "is wrong"), Problem("b", "is missing")])
    assert caught.value.result()["problems"] == [{"option": "a", "message": "is wrong"}, {"option": "b", "message": "is missing"}]
    assert caught.value.message == "2 problems with the options, nothing was written:\n- a: is wrong\n- b: is missing"


@pytest.mark.parametrize(
    ("status", "code", "absent"),
    [(404, "ResourceNotFound", True), (404, None, False), (404, "SubscriptionNotFound", False), (403, "ResourceNotFound", False), (None, None, False)],
)
def test_absence(status, code, absent):
    assert AzureBackupError("x", status=status, code=code).is_absence is absent
