# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An item that is not named after its VM's id, as after a move to another resource group, is read where it is."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.client import Arm
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clouds import Cloud
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.lists import follows_policy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.view import read_item
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness.read import UnreadAreas, VaultReader
from azure.core.credentials import AccessToken

URL = "https://arm.test"
VAULT = "/subscriptions/s/resourceGroups/b/providers/Microsoft.RecoveryServices/vaults/v"
ODD = "iaasvmcontainerv2;oldgroup;web"
ITEM = f"{VAULT}/backupFabrics/Azure/protectionContainers/IaasVMContainer;{ODD}/protectedItems/VM;{ODD}"
DOCUMENT = {
    "id": ITEM,
    "name": f"VM;{ODD}",
    "properties": {
        "protectedItemType": "Microsoft.Compute/virtualMachines",
        "sourceResourceId": "/subscriptions/s/resourceGroups/newgroup/providers/Microsoft.Compute/virtualMachines/web",
        "protectionState": "Protected",
        "extendedInfo": {"policyInconsistent": True},
    },
}


class Wire(requests.adapters.BaseAdapter):
    """An Azure that has this one item."""

    def send(self, request: Any, **kwargs: Any) -> requests.Response:
        found = unquote(request.path_url.split("?")[0]) == ITEM
        body = DOCUMENT if found else {"error": {"code": "BMSUserErrorContainerObjectNotFound", "message": "not found"}}
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200 if found else 404, request, request.url
        answer.headers["Content-Type"] = "application/json"
        answer.raw = io.BytesIO(json.dumps(body).encode())
        return answer

    def close(self) -> None:
        """Nothing is open."""


class Token:
    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)


@pytest.fixture
def arm() -> Iterator[Arm]:
    arm = Arm("s", Cloud(URL, "https://login.test", f"{URL}/.default"), Token(), None)  # type: ignore[arg-type]
    arm._transport.session.mount("https://", Wire())
    yield arm
    arm.close()


def test_its_own_path_is_read(arm: Arm) -> None:
    assert read_item(DOCUMENT).path == (f"IaasVMContainer;{ODD}", f"VM;{ODD}")
    assert follows_policy(arm, "b", "v", ITEM, "web") is False
    assert follows_policy(arm, "b", "v", ITEM.replace("oldgroup", "newgroup"), "web") is None


def test_readiness_looks_there_too(arm: Arm) -> None:
    reader = VaultReader(arm, UnreadAreas(), {"id": VAULT, "name": "v", "location": "westeurope"})
    (item,) = reader.take_items([DOCUMENT])
    reader.read_item(item)
    assert item["policy_inconsistent"] is True and "details_unread" not in item
