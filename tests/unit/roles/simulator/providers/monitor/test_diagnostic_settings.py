# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagnostic settings of any resource."""

from __future__ import annotations

from typing import Any

NSG = "Microsoft.Network/networkSecurityGroups/nsg"
SETTINGS = "Microsoft.Insights/diagnosticSettings"


def test_diagnostic_settings(azure: Any) -> None:
    azure.put(NSG, {"location": "westeurope"})
    path = f"{NSG}/providers/{SETTINGS}/audit"
    missing = azure.send("GET", path)
    assert (missing.status, missing.body["code"]) == (404, "ResourceNotFound")
    workspace = f"{azure.group}/providers/Microsoft.OperationalInsights/workspaces/w"
    wanted = {"workspaceId": workspace, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}
    made = azure.send("PUT", path, {"properties": wanted})
    assert made.status == 200
    assert made.body["properties"] == {
        "workspaceId": workspace,
        "metrics": [],
        "logs": [{"enabled": True, "categoryGroup": "allLogs", "retentionPolicy": {"enabled": False, "days": 0}}],
    }
    assert azure.get(f"{NSG}/providers/{SETTINGS}")["value"] == [made.body]
    assert azure.get(f"{azure.group}/providers/{SETTINGS}")["value"] == []
    assert azure.send("PUT", path, {"properties": {}}).body["code"] == "BadRequest"
    assert [azure.send("PUT", f"{path}{number}", {"properties": wanted}).status for number in range(5)] == [200] * 4 + [409]
    assert [azure.send("DELETE", path).status for _each in range(2)] == [200, 204]
