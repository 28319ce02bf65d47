# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows time zone ids and IANA names."""

from __future__ import annotations

import zoneinfo

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy import time_zones

# Not places people back up from, or no names at all.
WITHOUT_WINDOWS_ID = {"Antarctica/Troll", "Factory", "localtime"}


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("Pacific Standard Time", "Pacific Standard Time"),
        ("w. europe standard time", "W. Europe Standard Time"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("europe/paris", "Romance Standard Time"),
        ("America/New_York", "Eastern Standard Time"),
        ("America/Argentina/Buenos_Aires", "Argentina Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Etc/GMT+12", "Dateline Standard Time"),
        ("Berlin", None),
        ("", None),
    ],
)
def test_resolve(name, windows):
    assert time_zones.resolve(name) == windows


def test_every_iana_name_of_python_is_known():
    names = {name for name in zoneinfo.available_timezones() if not name.startswith(("posix", "right"))}
    assert {name for name in names if time_zones.resolve(name) is None} <= WITHOUT_WINDOWS_ID


def test_an_id_stands_for_itself():
    ids = time_zones.windows_ids().values()
    assert len(ids) > 130
    assert all(time_zones.resolve(each) == each for each in ids)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("W Europe Standard Time", "W. Europe Standard Time"),
        ("Pacific Time", "Pacific Standard Time"),
        ("pacific", "Pacific Standard Time"),
    ],
)
def test_near(name, meant):
    assert meant in time_zones.near(name)
    assert len(time_zones.near(name)) <= 3


def test_nothing_is_near_to_nonsense():
    assert time_zones.near("xyzzy") == []
