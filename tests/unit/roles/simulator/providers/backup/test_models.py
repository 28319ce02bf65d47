# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers to a POST hold, and operations that fail, read with Microsoft's typed models; those to a GET are in test_models.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

backup = pytest.importorskip("azure.mgmt.recoveryservicesbackup.models")

Unknown = Callable[[Any, dict[str, Any]], list[str]]


def test_answers_of_a_region(vault: Any, unknown_fields: Unknown) -> None:
    place = f"{vault.azure.subscription}/providers/Microsoft.RecoveryServices/locations/westeurope"
    body = {"resourceType": "VM", "resourceId": vault.vm("web"), "vaultId": vault.id}
    status = vault.azure.send("POST", f"{place}/backupStatus", body).body
    assert unknown_fields(backup.BackupStatusResponse(status), status) == [".objectType"]
    verdict = vault.azure.send("POST", f"{place}/backupPreValidateProtection", body).body
    assert unknown_fields(backup.PreValidateEnableBackupResponse(verdict), verdict) == []


def test_operations(vault: Any, unknown_fields: Unknown) -> None:
    vault.vm("web", agent={"status": "Missing"})
    state = vault.protect("web")
    assert unknown_fields(backup.OperationStatus(state), state) == []
