# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that Azure changes later: its answer is 202 and the name of an operation."""

from __future__ import annotations

import io
import json
import time
from types import SimpleNamespace

import pytest
import requests
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.client import Arm
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clouds import Cloud
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import policy, view
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._task import operation
from azure.core.credentials import AccessToken

URL = "https://arm.test"
VIEW = view.wanted({"schedule": {"frequency": "daily", "time": "22:00"}, "retention": {"daily": {"count": 30}}}, None)
OPERATION = {"Azure-AsyncOperation": f"{URL}/some/backupPolicies/nightly/operations/op-1?api-version=2026-10-01", "Retry-After": "0"}


class Wire(requests.adapters.BaseAdapter):
    """Answers requests from a list, each with status, headers and body, and notes what came."""

    def __init__(self, answers):
        super().__init__()
        self.answers = list(answers)
        self.seen = []

    def send(self, request, **kwargs):
        self.seen.append((request.method, request.path_url.split("?")[0].rsplit("/", 3)[-3:]))
        status, headers, body = self.answers.pop(0)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = status, request, request.url
        answer.headers.update({"Content-Type": "application/json", **headers})
        answer.raw = io.BytesIO(json.dumps(body).encode() if body is not None else b"")
        return answer

    def close(self):
        """Nothing is open."""


class Token:
    def get_token(self, *scopes, **kwargs):
        return AccessToken("token", int(time.time()) + 3600)


def policy_over(wire, wait_timeout=60):
    arm = Arm("s", Cloud(URL, "https://login.test", f"{URL}/.default"), Token(), None)
    arm._transport.session.mount("https://", wire)
    run = SimpleNamespace(arm=arm, options={"wait_timeout": wait_timeout})
    return policy.Policy(run, "backup", "v1", "nightly")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(operation, "LOOK_AGAIN_SECONDS", 0)


def test_the_operation_is_followed_to_its_end():
    wire = Wire([(202, OPERATION, None), (200, {}, {"status": "InProgress"}), (200, {}, {"status": "Succeeded"})])
    policy_over(wire).create(VIEW)
    assert [method for method, path in wire.seen] == ["PUT", "GET", "GET"]
    assert wire.seen[1][1] == ["nightly", "operations", "op-1"]


def test_an_answer_at_once_is_the_end():
    wire = Wire([(200, {}, {"id": "/x", "name": "nightly", "properties": {}})])
    policy_over(wire).create(VIEW)
    assert len(wire.seen) == 1


def test_a_failed_operation_is_told_in_azures_words():
    error = {"code": "BMSUserErrorInvalidPolicyInput", "message": "Input for create or update policy is not in proper format"}
    wire = Wire([(202, OPERATION, None), (200, {}, {"status": "Failed", "error": error})])
    with pytest.raises(AzureBackupError, match="not in proper format") as raised:
        policy_over(wire).create(VIEW)
    assert raised.value.code == "BMSUserErrorInvalidPolicyInput"


def test_the_time_to_wait_is_kept():
    wire = Wire([(202, OPERATION, None), (200, {}, {"status": "InProgress"})])
    with pytest.raises(AzureBackupError, match="still running"):
        policy_over(wire, wait_timeout=-1).create(VIEW)
