# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module vault_upgrade_names_info on files. It needs no Azure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import run_main


def look(*paths: Path, check: bool = False, **options: Any) -> dict[str, Any]:
    return run_main("vault_upgrade_names_info", {"paths": [str(each) for each in paths], **options, "_ansible_check_mode": check})


def test_files_of_every_kind(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts"
    (scripts / ".git").mkdir(parents=True)
    (scripts / "deep").mkdir()
    (scripts / "a.ps1").write_text("Get-AzureRmBackupVault\n", encoding="utf-16")
    (scripts / "deep" / "b.yml").write_bytes(b"\xef\xbb\xbfprovider: Microsoft.Backup\n")
    (scripts / "deep" / "c.txt").write_bytes(b"\xff Get-AzureBackupItem \xfe\n")
    for passed_over in (".git/d.ps1", "e.exe", "f.ps1.off"):
        (scripts / passed_over).write_text("Get-AzureRmBackupVault")
    (scripts / "binary.ps1").write_bytes(b"\0Get-AzureRmBackupVault")
    single = tmp_path / "single.other"
    single.write_text("Get-AzureRmBackupJob")
    found = look(scripts, single, scripts / "a.ps1")
    assert [(Path(each["path"]).name, each["kind"]) for each in found["findings"]] == [
        ("a.ps1", "cmdlet"), ("b.yml", "provider"), ("c.txt", "cmdlet"), ("single.other", "cmdlet"),
    ]  # fmt: skip
    assert found["files"] == 5 and found["unread"] == [] and found["changed"] is False
    assert look(scripts, single, scripts / "a.ps1", check=True) == {**found, "invocation": look(scripts, single, scripts / "a.ps1")["invocation"]}
    assert look(scripts, patterns=["*.yml"])["files"] == 1 and look(scripts, excludes=["deep"], patterns=["*.yml"])["files"] == 0


def test_what_is_too_large_is_named(tmp_path: Path) -> None:
    (tmp_path / "huge.ps1").write_text("Get-AzureRmBackupVault\n" * 300_000)
    found = look(tmp_path)
    assert found["findings"] == [] and [Path(each["path"]).name for each in found["unread"]] == ["huge.ps1"]


def test_wrong_options_at_once(tmp_path: Path) -> None:
    refused = look(tmp_path / "no1", tmp_path / "no2", client_id="x")
    assert [each["option"] for each in refused["problems"]] == ["client_id", "paths", "paths"]
    assert "connection" not in refused["msg"]
