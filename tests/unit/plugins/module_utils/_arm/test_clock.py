# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's time as its answers tell it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import clock as clocks
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clock import FAR_OFF, Clock

NOON = datetime(2028, 2, 29, 12, tzinfo=UTC)
NOON_SAID = "Tue, 29 Feb 2028 12:00:00 GMT"
ONE = timedelta(seconds=1)
VAULT = {"id": "/v", "location": "westeurope"}


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of the monotonic clock; the controller's clock shows 13:00 when they are none."""
    now = [0.0]
    monkeypatch.setattr(clocks.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(clocks, "controller_time", lambda: NOON + timedelta(hours=1, seconds=now[0]))
    return now


def read(arm):
    return arm.find("read vault v", arm.vaults.vaults.get, "g", "v")


def test_the_time_is_that_of_azures_answers_whatever_the_controller_s_clock_shows(arm, wire):
    wire.answer(200, VAULT, Date=NOON_SAID, x_ms_request_id="r")
    read(arm)
    assert timedelta(0) <= arm.clock.now() - NOON < timedelta(minutes=1)
    assert abs(arm.of("other").clock.now() - arm.clock.now()) < ONE


def test_an_error_of_azure_tells_the_time_too(arm, wire):
    wire.answer(404, {"error": {"code": "ResourceNotFound", "message": "m"}}, Date=NOON_SAID, x_ms_correlation_request_id="c")
    read(arm)
    assert abs(arm.clock.now() - NOON) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "headers", [{"Date": NOON_SAID}, {"x_ms_request_id": "r"}, {"Date": "noon", "x_ms_request_id": "r"}, {"Date": "", "x_ms_request_id": "r"}]
)
def test_what_is_not_from_azure_or_has_no_time_says_nothing(arm, wire, headers):
    wire.answer(200, VAULT, **headers)
    read(arm)
    assert abs(arm.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_it_runs_on_between_answers_and_never_goes_back(passed):
    clock = Clock()
    clock.learn(NOON_SAID)
    passed[0] = 90.5
    assert clock.now() == NOON + timedelta(seconds=90.5)
    clock.learn("Tue, 29 Feb 2028 12:01:29 GMT")
    assert clock.now() == NOON + timedelta(seconds=90.5)
    clock.learn("Tue, 29 Feb 2028 12:01:31 GMT")
    assert clock.now() == NOON + timedelta(seconds=91)


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (timedelta(days=3), "3 days ahead of"),
        (timedelta(days=-3), "3 days behind"),
        (timedelta(hours=25), "25 hours ahead of"),
        (timedelta(minutes=-90), "90 minutes behind"),
        (FAR_OFF + ONE, "5 minutes ahead of"),
    ],
)
def test_a_clock_that_is_far_off_is_told_once(passed, monkeypatch, off, said):
    monkeypatch.setattr(clocks, "controller_time", lambda: NOON + off)
    clock, warnings = Clock(), []
    clock.warn = warnings.append
    clock.now()
    assert warnings == []
    clock.learn(NOON_SAID)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _each: clock.now(), range(100))) == {NOON}
    (warning,) = warnings
    assert said in warning and "NTP" in warning


@pytest.mark.parametrize("off", [timedelta(0), FAR_OFF, -FAR_OFF])
def test_one_that_is_nearly_right_is_not(passed, monkeypatch, off):
    monkeypatch.setattr(clocks, "controller_time", lambda: NOON + off)
    clock, warnings = Clock(), []
    clock.warn = warnings.append
    clock.learn(NOON_SAID)
    assert clock.now() == NOON and warnings == []


def test_what_was_first_asked_by_a_wrong_clock_is_asked_again(passed):
    clock, asked = Clock(), []

    def ask(now):
        asked.append(now)
        passed[0] += 900
        clock.learn("Tue, 29 Feb 2028 12:15:00 GMT")
        return len(asked)

    assert clock.by_time(ask) == 2 and asked == [NOON + timedelta(hours=1), NOON + timedelta(minutes=15)]
    assert clock.by_time(ask) == 3


def test_a_first_question_that_takes_long_is_not_asked_again_for_that(passed, monkeypatch):
    monkeypatch.setattr(clocks, "controller_time", lambda: NOON + timedelta(seconds=passed[0]))
    clock, asked = Clock(), []

    def ask(now):
        asked.append(now)
        passed[0] += 900
        clock.learn("Tue, 29 Feb 2028 12:15:00 GMT")

    clock.by_time(ask)
    assert asked == [NOON]


def test_without_any_date_the_controller_s_clock_has_to_do(passed):
    assert Clock().by_time(lambda now: now) == NOON + timedelta(hours=1)
