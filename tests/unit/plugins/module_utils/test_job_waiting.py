# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often jobs are looked at: Azure allows 150 reads of them in an hour."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._errors import AzureBackupError
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._tasks import jobs
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._tasks.jobs import VaultJobs, Watched


def watched(*pages: int, reads_left: int | None = None) -> list[Watched]:
    found = []
    for number in pages:
        vault = VaultJobs(None, "g", "v")
        vault.pages, vault.reads_left = number, reads_left
        found.append(Watched(vault, lambda job: True))
    return found


@pytest.mark.parametrize("pages", [(1,), (2,), (5,), (1, 1, 1), (50,)])
def test_an_hour_of_waiting_leaves_reads_to_others(pages):
    passed, looks, reads = 0.0, 0, 0
    while passed < 3600:
        reads += sum(pages)
        passed += jobs._pause(looks, passed, watched(*pages), None)
        looks += 1
    assert reads <= 100 + sum(pages)


def test_the_first_looks_come_soon():
    assert [jobs._pause(looks, 0.0, watched(1), None) for looks in range(4)] == [15, 30, 60, 60]
    assert jobs._pause(99, 7200.0, watched(1), None) == 120


def test_when_the_reads_are_spent_the_pause_is_long():
    assert jobs._pause(0, 0.0, watched(1, reads_left=9), None) == jobs.SPENT_PAUSE_SECONDS
    assert jobs._pause(0, 0.0, watched(1, reads_left=10), None) == 15
    assert jobs._pause(0, 0.0, watched(1), AzureBackupError("no", status=429)) == jobs.SPENT_PAUSE_SECONDS
    assert jobs._pause(0, 0.0, watched(1), AzureBackupError("no", status=503)) == 15
