# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: views, filters, choice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import view as job

NOW = datetime(2026, 11, 21, 13, 5, 0, tzinfo=UTC)
VM = "/subscriptions/s/resourceGroups/GRP/providers/Microsoft.Compute/virtualMachines/Web1"
# The form of a job that failed, as Azure Backup answers: numbers as codes, the name in the title.
FAILED = {
    "id": "/subscriptions/s/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/v/backupJobs/j1",
    "name": "j1",
    "properties": {
        "containerName": "iaasvmcontainerv2;Grp;web1",
        "operation": "Backup",
        "status": "Failed",
        "duration": "PT1H1M15.687S",
        "startTime": "2026-11-21T01:00:00.5322387Z",
        "errorDetails": [{"errorCode": 400239, "errorTitle": "UserErrorGuestAgent", "errorString": "No agent.", "recommendations": ["Start it."]}],
        "extendedInfo": {"tasksList": [{"taskId": "Take Snapshot", "status": "Failed", "duration": "PT0S"}]},
    },
}


@pytest.mark.parametrize(
    ("azure", "ours"),
    [
        ("CompletedWithWarnings", "completed_with_warnings"),
        ("InProgress", "in_progress"),
        ("ConfigureBackup", "configure_backup"),
        ("Configure backup (Migrate policy)", "migrate_policy"),
        ("", None),
        (None, None),
    ],
)
def test_words(azure, ours):
    assert job.word(azure) == ours


def test_jobs_and_vms_meet_without_letter_case():
    assert job.vm_of(job.to_view(FAILED)) == job.key_of_vm(VM) == ("grp", "web1")
    assert job.vm_of(job.to_view({})) == ("", "") == job.vm_of(job.to_view({"properties": {"containerName": "odd"}}))


def test_the_error_has_its_name_and_its_number():
    view = job.to_view(FAILED)
    assert view["error"] == {"code": "UserErrorGuestAgent", "number": 400239, "message": "No agent.", "recommendations": ["Start it."]}
    assert view["duration_seconds"] == 3675.687
    named = job.describe(view)
    assert all(part in named for part in ("Grp/web1", "backup", "j1", "failed", "UserErrorGuestAgent", "No agent", "Take Snapshot failed", "Start it."))
    sentence = {"errorDetails": [{"errorCode": 1073871825, "errorTitle": "An internal error.", "errorString": "x"}]}
    assert job.to_view({"properties": sentence})["error"]["code"] == "1073871825"


@pytest.mark.parametrize(("text", "seconds"), [("PT0S", 0), ("P1DT2H", 93600), ("PT41M16.2122671S", 2476.212), ("PT", None), ("x", None), (None, None)])
def test_durations(text, seconds):
    assert job.seconds(text) == seconds


def test_the_filter_of_a_day():
    """Times on a 12-hour clock in UTC, as Azure takes them; the window's end lies ahead so that what begins meanwhile is in it."""
    query = job.JobQuery(operations=("backup",), statuses=("completed_with_warnings",))
    assert query.filter(NOW) == (
        "backupManagementType eq 'AzureIaasVM' and operation eq 'Backup' and status eq 'CompletedWithWarnings'"
        " and startTime eq '2026-11-20 01:05:00 PM' and endTime eq '2026-11-22 01:05:00 PM'"
    )
    several = job.JobQuery(operations=("backup", "restore"), until=datetime(2026, 11, 1, tzinfo=UTC))
    assert several.filter(NOW) == "backupManagementType eq 'AzureIaasVM' and startTime eq '2026-10-31 12:00:00 AM' and endTime eq '2026-11-01 12:00:00 AM'"
    assert "Time" not in job.JobQuery(statuses=("in_progress", "cancelling")).filter(NOW)
    assert "operation" not in job.JobQuery(operations=("migrate_policy",)).filter(NOW)


def test_which_jobs_fit():
    view = job.to_view(FAILED)
    assert job.JobQuery(vms=(job.key_of_vm(VM),), operations=("backup",), names=("j1",)).fits(view)
    assert not job.JobQuery(statuses=("completed",)).fits(view) and job.JobQuery(statuses=("completed",)).is_about(view)
    assert not job.JobQuery(vms=(("grp", "web2"),)).fits(view) and not job.JobQuery(names=("j2",)).fits(view)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"since": "yesterday"}, ["since"]),
        ({"since": "2026-11-20", "until": "2026-11-20T01:00:00+02:00"}, ["since"]),
        ({"since": "2026-11-20T01:00:00+02:00", "until": "2026-11-20"}, []),
    ],
)
def test_windows(options, wrong):
    assert [each.option for each in job.check_window(options)] == wrong
