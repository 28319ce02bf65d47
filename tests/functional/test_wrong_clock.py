# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller whose clock is wrong: ages and time windows are judged by Azure's clock, and a warning says so."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from harness import Azure

pytestmark = pytest.mark.usefixtures("evening")
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms:
  - {name: web, count: 12, resource_group: app}
  - {name: quiet, resource_group: app, agent: {status: Ready, minutes_ago: 600}}
vaults:
  - name: vault-we
    resource_group: backup
    location: westeurope
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 5}
      - {vm: app/web-0002, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 80}
      - {vm: app/quiet, policy: DefaultPolicy, state: Protected, last_backup_hours_ago: 5}
"""
VAULT = {"vault_name": "vault-we", "resource_group": "backup"}
ERRORS = [timedelta(days=3), timedelta(days=-3), timedelta(days=-400), timedelta(hours=30)]


@pytest.fixture(params=ERRORS, ids=str)
def wrong(azure: Azure, request: pytest.FixtureRequest) -> Azure:
    """Azure, and a controller whose clock is off by so much."""
    azure.estate(ESTATE)
    azure.controller_error = request.param
    return azure


def clock_warnings(result: dict[str, Any]) -> list[str]:
    return [text for each in result.get("warnings", []) if "Azure's clock" in (text := json.dumps(each))]


def assert_warned_once(azure: Azure, result: dict[str, Any]) -> None:
    (warning,) = clock_warnings(result)
    size = {3: "3 days", 400: "400 days"}.get(abs(azure.controller_error).days, "30 hours")
    assert f"{size} {'behind' if azure.controller_error < timedelta(0) else 'ahead of'}" in warning and "NTP" in warning


def by_name(result: dict[str, Any], key: str = "status") -> dict[str, Any]:
    return {each["name"]: each[key] for each in result["vms"]}


def back_up(azure: Azure, *vms: str) -> None:
    """Let somebody else have started backups of these VMs."""
    place = f"{azure.id('backup', 'Microsoft.RecoveryServices/vaults', 'vault-we')}/backupFabrics/Azure"
    for vm in vms:
        item = f"{place}/protectionContainers/IaasVMContainer;iaasvmcontainerv2;app;{vm}/protectedItems/VM;iaasvmcontainerv2;app;{vm}"
        azure.send("POST", f"{item}/backup", {"properties": {"objectType": "IaasVMBackupRequest"}})


def azure_time(azure: Azure) -> datetime:
    return datetime.fromisoformat(azure.control("GET", "clock")["now"])


def test_the_age_of_a_backup(wrong: Azure) -> None:
    options = {**VAULT, "vms": ["app/web-0001", "app/web-0002"], "older_than_hours": 24}
    predicted = wrong.module("backup", check=True, **options)
    done = wrong.module("backup", **options)
    assert by_name(done) == by_name(predicted) == {"web-0001": "unchanged", "web-0002": "changed"}
    (write,) = wrong.requests(writes="true")
    kept = datetime.fromisoformat(write["body"]["properties"]["recoveryPointExpiryTimeInUTC"]) - azure_time(wrong)
    assert timedelta(days=29.9) < kept < timedelta(days=30.1)
    assert_warned_once(wrong, done)


@pytest.mark.parametrize(("hours", "accepted"), [(20, False), (28, True)])
def test_a_recovery_point_is_kept_for_a_day_at_least(wrong: Azure, hours: int, accepted: bool) -> None:
    until = f"{azure_time(wrong) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    result = wrong.module("backup", **VAULT, vms=["app/web-0001"], retain_until=until)
    assert bool(wrong.writes()) == accepted == (not result.get("failed")), result


def test_readiness(wrong: Azure) -> None:
    result = wrong.module("readiness_info", vms=["app/web-0001", "app/web-0002", "app/quiet"], rules=["ITEM-BACKUP-AGE", "AGENT-SILENT"])
    failed = {each["name"]: [finding["id"] for finding in each["findings"]] for each in result["vms"]}
    assert failed == {"web-0001": [], "web-0002": ["ITEM-BACKUP-AGE"], "quiet": ["AGENT-SILENT"]}
    assert by_name(result, "coverage") == {"web-0001": "protected", "web-0002": "stale", "quiet": "protected"}
    assert abs(datetime.fromisoformat(result["time"]) - azure_time(wrong)) < timedelta(minutes=2)
    assert_warned_once(wrong, result)


def test_jobs_of_the_last_day(wrong: Azure) -> None:
    back_up(wrong, "web-0001")
    wrong.jump(30 * 3600)
    back_up(wrong, "web-0002")
    for options in (VAULT, {}):  # of one vault, whose list is the first request, and of all
        result = wrong.module("job_info", **options, operations=["backup"])
        assert {"app/web-0002"} <= {each["vm"] for each in result["jobs"]}
        assert min(datetime.fromisoformat(each["start_time"]) for each in result["jobs"]) > azure_time(wrong) - timedelta(hours=25)
        assert_warned_once(wrong, result)


def test_many_jobs_by_name(wrong: Azure) -> None:
    """So many are looked for in a list of thirty days."""
    for _each in range(9):
        back_up(wrong, "web-0001")
        wrong.jump(7200)
    jobs = [each["name"] for each in wrong.module("job_info", **VAULT)["jobs"]]
    assert len(jobs) >= 9 and [each["name"] for each in wrong.module("job_info", **VAULT, jobs=jobs)["jobs"]] == jobs


def test_recovery_points_of_the_last_days(wrong: Azure) -> None:
    back_up(wrong, "web-0001")
    wrong.jump(7200)
    result = wrong.module("protection_info", **VAULT, vms=["app/web-0001"], recovery_points_days=1)
    ((point, *_older),) = (each["recovery_points"] for each in result["protected_items"])
    assert azure_time(wrong) - datetime.fromisoformat(point["time"]) < timedelta(hours=3)
    assert_warned_once(wrong, result)


def test_the_end_of_a_backup_is_found(wrong: Azure) -> None:
    wrong.settings(speed=600)
    result = wrong.module("backup", **VAULT, vms=["app/web-0001"], wait=True, wait_timeout=90)
    assert by_name(result, "job_status") == {"web-0001": "completed"}
    assert_warned_once(wrong, result)


@pytest.mark.parametrize("error", [timedelta(0), timedelta(minutes=4), timedelta(minutes=-4)])
def test_no_word_of_a_clock_that_is_nearly_right_and_no_request_more(azure: Azure, error: timedelta) -> None:
    azure.estate(ESTATE)
    azure.controller_error = error
    back_up(azure, "web-0001")
    azure.clear_ledger()
    assert clock_warnings(azure.module("job_info", **VAULT)) == [] and len(azure.requests(kind="arm")) == 1
    assert clock_warnings(azure.module("backup", check=True, **VAULT, vms=["app/web-0001"], older_than_hours=24)) == []


@pytest.mark.parametrize("days", [3, -3])
def test_a_module_in_a_process_of_its_own(azure: Azure, days: int) -> None:
    """Nothing is put in the place of its clock, which is days away from Azure's."""
    azure.control("POST", "reset", json={"clock_at": (datetime.now(UTC) + timedelta(days=days)).isoformat()})
    azure.estate(ESTATE)
    with azure.start("backup", **VAULT, vms=["app/web-0001", "app/web-0002"], older_than_hours=24) as process:
        result = json.loads(process.stdout.read() if process.stdout else "")
    assert by_name(result) == {"web-0001": "unchanged", "web-0002": "changed"}
    (warning,) = clock_warnings(result)
    assert f"3 days {'behind' if days > 0 else 'ahead of'}" in warning


def test_sign_in_with_a_certificate_points_to_the_clock(azure: Azure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is Entra ID that compares the times, so all that helps is to set the clock."""
    azure.estate(ESTATE)
    key, name, now = rsa.generate_private_key(65537, 2048), x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    public = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "client.pem").write_bytes(private + public.public_bytes(serialization.Encoding.PEM))
    options = {"resource_group": "backup", "client_secret": None, "certificate_path": str(tmp_path / "client.pem")}
    assert not azure.module("vault_info", **options).get("failed")
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() - 86400)
    refused = azure.module("vault_info", **options)
    assert refused["error"]["code"] == "AADSTS700024" and "clock" in refused["error"]["hint"]
