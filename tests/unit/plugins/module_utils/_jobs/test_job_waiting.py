# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often jobs are looked at: Azure allows 150 reads of them in an hour."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs import lists
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._jobs.lists import VaultJobs, Watched


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
        passed += lists._pause(looks, passed, watched(*pages), None)
        looks += 1
    assert reads <= 100 + sum(pages)


def test_the_first_looks_come_soon():
    assert [lists._pause(looks, 0.0, watched(1), None) for looks in range(4)] == [15, 30, 60, 60]
    assert lists._pause(99, 7200.0, watched(1), None) == 120


def test_when_the_reads_are_spent_the_pause_is_long():
    assert lists._pause(0, 0.0, watched(1, reads_left=9), None) == lists.SPENT_PAUSE_SECONDS
    assert lists._pause(0, 0.0, watched(1, reads_left=10), None) == 15
    assert lists._pause(0, 0.0, watched(1), AzureBackupError("no", status=429)) == lists.SPENT_PAUSE_SECONDS
    assert lists._pause(0, 0.0, watched(1), AzureBackupError("no", status=503)) == 15
