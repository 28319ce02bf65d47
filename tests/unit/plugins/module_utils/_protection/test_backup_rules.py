# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is backed up on request, and how long the backup is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._items.view import read_item
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._protection import backup_rules

NOW = datetime(2026, 11, 21, 13, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"retain_days": 30}, []),
        ({"retain_days": 1}, []),
        ({"retain_days": 0}, ["retain_days"]),
        ({"retain_days": 36136}, ["retain_days"]),
        ({"retain_until": "soon"}, ["retain_until"]),
        ({"older_than_hours": 0}, ["older_than_hours"]),
    ],
)
def test_options_alone(options, wrong):
    assert [each.option for each in backup_rules.check(options)] == wrong


@pytest.mark.parametrize(("until", "fits"), [("2026-11-22T13:05:00Z", True), ("2026-11-22", False), ("2125-01-01", True), ("2126-01-01", False)])
def test_an_end_between_a_day_and_99_years_ahead(until, fits):
    assert (backup_rules.check_expiry({"retain_until": until, "retain_days": 30}, NOW) == []) is fits


def test_the_request():
    options = {"retain_days": 30}
    assert backup_rules.request(backup_rules.expiry(options, NOW))["properties"]["recoveryPointExpiryTimeInUTC"] == "2026-12-21T13:05:00.000Z"
    own = backup_rules.expiry({**options, "retain_until": "2027-01-01T00:00:00+02:00"}, NOW)
    assert backup_rules.request(own)["properties"]["recoveryPointExpiryTimeInUTC"] == "2026-12-31T22:00:00.000Z"


@pytest.mark.parametrize(
    ("properties", "part"),
    [
        (None, "does not protect it"),
        ({"protectionState": "ProtectionStopped"}, "stopped"),
        ({"protectionState": "ProtectionStopped", "isScheduledForDeferredDelete": True}, "soft_deleted"),
        ({"protectionState": "Protected"}, None),
    ],
)
def test_obstacles(properties, part):
    found = backup_rules.obstacle(properties and read_item({"properties": properties}), "v")
    assert found is None if part is None else part in found


@pytest.mark.parametrize(("hours", "limit", "needed"), [(5, 24, False), (25, 24, True), (5, None, True), (None, 24, True)])
def test_who_has_a_backup_that_is_young_enough(hours, limit, needed):
    latest = (NOW - timedelta(hours=hours)).isoformat() if hours is not None else None
    assert (backup_rules.recent(read_item({"properties": {"lastRecoveryPoint": latest}}), limit, NOW) is None) is needed
