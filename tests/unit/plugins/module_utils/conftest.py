# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's answers in memory: everything from the typed clients down to the transport is real."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import transport
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.client import Arm
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clouds import CLOUDS
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest._requests_basic import RestRequestsTransportResponse

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"


class Wire(HttpTransport):
    """Gives the answers in their order, the last one for ever: (status, body, headers), or an exception to raise."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.seen: list[Any] = []
        self.is_open = True

    def answer(self, status: int, body: Any = None, **headers: str) -> Wire:
        self.answers.append((status, body, {name.replace("_", "-"): value for name, value in headers.items()}))
        return self

    def fail(self, error: Exception) -> Wire:
        self.answers.append(error)
        return self

    def send(self, request: Any, **_kwargs: Any) -> RestRequestsTransportResponse:
        # A redirect changes the request itself.
        sent = copy.copy(request)
        sent.headers = type(request.headers)(request.headers)
        self.seen.append(sent)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return RestRequestsTransportResponse(request=request, internal_response=_response(request.url, *answer), block_size=4096)

    @property
    def methods(self) -> list[str]:
        return [each.method for each in self.seen]

    def open(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False

    def __exit__(self, *args: object) -> None:
        self.close()


def _response(url: str, status: int, body: Any, headers: Mapping[str, str]) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer.url, answer.reason = status, url, "Reason"
    answer._content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    answer._content_consumed = True
    answer.headers.update({"Content-Type": "application/json; charset=utf-8", **headers})
    return answer


class Token:
    def get_token(self, *_scopes: str, **_kwargs: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def arm(wire: Wire) -> Arm:
    arm = Arm(SUBSCRIPTION, CLOUDS["AzureCloud"], Token(), None)
    arm._transport.close()
    arm._transport = wire
    return arm


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been slept; no time goes by."""
    slept: list[float] = []
    monkeypatch.setattr(transport.time, "sleep", slept.append)
    return slept
