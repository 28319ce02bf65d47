# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.backup_plan import FilterModule

plan = FilterModule().filters()["backup_plan"]


def vm(name: str, location: str = "westeurope", **facts: Any) -> dict[str, Any]:
    vm_id = f"/subscriptions/s/resourceGroups/App/providers/Microsoft.Compute/virtualMachines/{name}"
    return {"id": vm_id, "name": name, "location": location, "agent": {"status": "ready"}, **facts}


def item(name: str, state: str = "protected", vault: str = "vault-westeurope", group: str = "backup") -> dict[str, str]:
    return {"vm_id": vm(name)["id"].upper(), "state": state, "vault_name": vault, "vault_resource_group": group}


def reasons(result: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["reason"] for each in result["left_out"]}


def test_a_vault_for_each_region() -> None:
    result = plan([vm("b"), vm("n", "northeurope"), vm("A")], resource_group="backup", vaults={"North Europe": {"name": "rsv", "resource_group": "shared"}})
    assert result["regions"] == [
        {"location": "northeurope", "vault_name": "rsv", "vault_resource_group": "shared", "vms": [vm("n")["id"]], "count": 1},
        {"location": "westeurope", "vault_name": "vault-westeurope", "vault_resource_group": "backup", "vms": [vm("A")["id"], vm("b")["id"]], "count": 2},
    ]
    assert result["left_out"] == []
    assert plan([vm("b")], resource_group="backup", prefix="rsv")["regions"][0]["vault_name"] == "rsv-westeurope"


def test_nothing_to_plan() -> None:
    assert plan([], resource_group="backup") == {"regions": [], "left_out": [], "allow_extensions": []}


def failed(rule: str, severity: str = "error", status: str = "fail") -> dict[str, str]:
    return {"id": rule, "severity": severity, "status": status, "evidence": f"{rule} was seen.", "fix": f"Mend {rule}."}


def test_what_cannot_be_protected_as_it_is() -> None:
    readiness = [{**vm("web"), "findings": [failed("AGENT-READY"), failed("DISK-COUNT"), failed("VM-POWER", "warning")]}]
    result = plan([vm("web")], resource_group="backup", readiness=readiness)
    assert result["regions"] == []
    assert reasons(result) == {"web": "AGENT-READY was seen. Mend AGENT-READY. DISK-COUNT was seen. Mend DISK-COUNT."}
    protected = plan([vm("web")], resource_group="backup", readiness=readiness, items=[item("web")])
    assert protected["left_out"] == []


@pytest.mark.parametrize(
    "finding",
    [failed("VM-POWER", "warning"), failed("AGENT-READY", status="unknown"), failed("AGENT-READY", status="pass"), failed("VM-VAULT-REGION")],
)
def test_what_is_not_held_against_a_vm(finding: dict[str, str]) -> None:
    result = plan([vm("web")], resource_group="backup", readiness=[{**vm("web"), "findings": [finding]}])
    assert result["left_out"] == [] and result["allow_extensions"] == []


def test_extensions_are_permitted_when_asked_and_when_that_is_all() -> None:
    barred = {**vm("barred"), "findings": [failed("VM-EXTENSIONS-ALLOWED")]}
    worse = {**vm("worse"), "findings": [failed("VM-EXTENSIONS-ALLOWED"), failed("AGENT-READY")]}
    vms = [vm("barred"), vm("worse")]
    strict = plan(vms, resource_group="backup", readiness=[barred, worse])
    assert set(reasons(strict)) == {"barred", "worse"} and strict["allow_extensions"] == []
    lenient = plan(vms, resource_group="backup", readiness=[barred, worse], allow_extensions=True)
    assert reasons(lenient) == {"worse": "AGENT-READY was seen. Mend AGENT-READY."} and lenient["allow_extensions"] == [barred["id"]]
    assert lenient["regions"][0]["vms"] == [barred["id"]]


@pytest.mark.parametrize(
    ("held", "reason", "resumed"),
    [
        (item("web"), None, None),
        (item("web", vault="VAULT-WESTEUROPE", group="Backup"), None, None),
        (item("web", "stopped"), "its protection was stopped, and that is left so", None),
        (item("web", "soft_deleted"), "its backup data was deleted, and that is left so", None),
        (item("web", vault="other"), "vault other protects it already", "vault other protects it already"),
        (item("web", "stopped", group="elsewhere"), "vault vault-westeurope has its backups (stopped)", "vault vault-westeurope has its backups (stopped)"),
        (item("web", "soft_deleted", vault="other"), None, None),
    ],
)
def test_what_the_vaults_hold(held: dict[str, str], reason: str | None, resumed: str | None) -> None:
    assert reasons(plan([vm("web")], resource_group="backup", items=[held])).get("web") == reason
    assert reasons(plan([vm("web")], resource_group="backup", items=[held], resume_stopped=True)).get("web") == resumed
