# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far long work has come."""

from __future__ import annotations

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_lines_come_seldom_and_tell_the_time_left() -> None:
    clock, said = Clock(), list[str]()
    progress = Progress(said.append, "VMs done", 1200, clock)
    for _each in range(1199):
        clock.now += 0.125
        progress.step()
    assert said == [
        "VMs done: 120 of 1,200, about 2 min left",
        "VMs done: 600 of 1,200, about 75 s left",
        "VMs done: 1,080 of 1,200, about 15 s left",
    ]


def test_short_work_and_the_end_say_nothing() -> None:
    clock, said = Clock(), list[str]()
    progress = Progress(said.append, "VMs done", 2, clock)
    progress.at(1)
    clock.now += 500
    progress.at(2)
    assert said == []


def test_before_anything_is_done_the_time_passed_is_told() -> None:
    clock, said = Clock(), list[str]()
    progress = Progress(said.append, "upgrade of vault v", 1, clock)
    for passed in (10, 10, 7200):
        clock.now += passed
        progress.at(0)
    assert said == ["upgrade of vault v: 0 of 1, for 20 s now", "upgrade of vault v: 0 of 1, for 2 h 0 min now"]
