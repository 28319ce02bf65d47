# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vault and virtual machines to protect with it."""

from __future__ import annotations

from typing import Any

import pytest
from arm_simulator.core.messages import Response

VMS = "Microsoft.Compute/virtualMachines"
NEW, OLD = "2026-08-01", "2024-04-01"


class Vault:
    """Requests to the vault 'safe' of group 'app', with a path below it or a VM's name."""

    def __init__(self, azure: Any) -> None:
        self.azure = azure
        self.world = azure.world
        self.id = azure.id("Microsoft.RecoveryServices/vaults/safe")

    def send(self, method: str, path: str = "", body: Any = None, api: str = OLD, **query: str) -> Response:
        return self.azure.send(method, self.id + path, body, **{"api-version": api}, **query)

    def get(self, path: str = "", api: str = OLD, **query: str) -> Any:
        answer = self.send("GET", path, api=api, **query)
        assert answer.status == 200, answer.body
        return answer.body

    def names(self, path: str, condition: str = "") -> list[str]:
        """The friendly names, or else the names, of a list."""
        found = self.get(path, **({"_filter": condition} if condition else {}))["value"]
        return [each["properties"].get("friendlyName", each["name"]) for each in found]

    def create(self, **properties: Any) -> Any:
        return self.azure.put(self.id, {"location": "westeurope", "sku": {"name": "Standard"}, "properties": properties})

    def patch(self, body: Any, api: str = OLD) -> Response:
        """PATCH the vault and wait; the PATCH's own answer."""
        answer = self.send("PATCH", "", body, api)
        self.world.clock.jump(60)
        return answer

    def vm(self, name: str, **entry: Any) -> str:
        """A running VM with a ready agent; its id."""
        self.azure.load({"vms": [{"name": name, "resource_group": "app", **entry}]})
        return self.azure.id(f"{VMS}/{name}")

    @staticmethod
    def item(name: str) -> str:
        native = f"iaasvmcontainerv2;app;{name}"
        return f"/backupFabrics/Azure/protectionContainers/iaasvmcontainer;{native}/protectedItems/vm;{native}"

    def wish(self, name: str, policy: str = "DefaultPolicy", **properties: Any) -> dict[str, Any]:
        policy_id = f"{self.id}/backupPolicies/{policy}" if policy else ""
        source = self.azure.id(f"{VMS}/{name}")
        return {"properties": {"protectedItemType": VMS, "sourceResourceId": source, "policyId": policy_id, **properties}}

    def operation(self, answer: Response, seconds: float = 3600) -> Any:
        """Let time pass, and the state of the operation that an answer began, as the vault gives it."""
        assert answer.status == 202, answer.body
        self.world.clock.jump(seconds)
        return self.get("/backupOperations/" + answer.headers["Azure-AsyncOperation"].split("?")[0].rpartition("/")[2])

    def job(self, state: Any) -> Any:
        return self.get("/backupJobs/" + state["properties"]["jobId"])["properties"]

    def protect(self, name: str, policy: str = "DefaultPolicy", **properties: Any) -> Any:
        """PUT an item and wait; the state of the operation."""
        return self.operation(self.send("PUT", self.item(name), self.wish(name, policy, **properties)), 10)

    def stop(self, name: str) -> Any:
        return self.protect(name, "", protectionState="ProtectionStopped")

    def protected(self, name: str, **query: str) -> Any:
        return self.get(self.item(name), **query)["properties"]

    def soft_delete(self, state: str) -> None:
        settings = {"enhancedSecurityState": "Enabled", "softDeleteFeatureState": state}
        answer = self.send("PATCH", "/backupconfig/vaultconfig", {"properties": settings})
        assert answer.status == 200, answer.body


@pytest.fixture
def bare(azure: Any) -> Vault:
    """The vault before it is created."""
    return Vault(azure)


@pytest.fixture
def vault(bare: Vault) -> Vault:
    bare.create()
    return bare
