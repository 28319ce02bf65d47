# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that decides what is written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.sync import READ_AGAIN_SECONDS, Change, decide, report, sync, sync_many, time

PRESENT = {"name": "v", "size": 1, "tags": {"a": "1"}}


class Store:
    """A resource in memory that shows a write only after so many reads, or never."""

    def __init__(self, view: dict[str, Any] | None, lag: int = 0, deaf: bool = False) -> None:
        self.view, self.lag, self.deaf = view, lag, deaf
        self.stale = view
        self.writes: list[Any] = []

    def read(self) -> dict[str, Any] | None:
        self.lag -= 1
        return self.stale if self.lag >= 0 or self.deaf else self.view

    def create(self, after: dict[str, Any]) -> None:
        self.writes.append(("create", after))
        self.view = {"filled_in": True, **after}

    def update(self, before: dict[str, Any], after: dict[str, Any], changes: dict[str, Any]) -> None:
        self.writes.append(("update", changes))
        self.view = after

    def delete(self, before: dict[str, Any]) -> None:
        self.writes.append(("delete", before))
        self.view = None


@pytest.fixture(autouse=True)
def naps(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize(
    ("before", "wanted", "changed", "diff"),
    [
        (None, None, False, ({}, {})),
        (PRESENT, {}, False, ({}, {})),
        (PRESENT, {"size": 1}, False, ({}, {})),
        (PRESENT, {"size": 2}, True, ({"size": 1}, {"size": 2})),
        (PRESENT, {"new": None}, False, ({}, {})),
        (PRESENT, {"size": 2, "tags": {"a": "1"}}, True, ({"size": 1}, {"size": 2})),
        (None, {"size": 2}, True, ({}, {"size": 2})),
        (None, {}, True, ({}, {})),
        (PRESENT, None, True, (PRESENT, {})),
    ],
)
def test_decide(before, wanted, changed, diff):
    change = decide(before, wanted)
    assert change.changed is changed
    assert (change.diff()["before"], change.diff()["after"]) == diff


def test_a_view_that_stays_is_kept_once():
    """The views of 10,000 VMs that stay as they are take no more memory for it."""
    assert decide(PRESENT, {"size": 1, "tags": {"a": "1"}}).after is PRESENT


def test_a_new_resource_has_what_is_known_of_it():
    assert decide(None, {"size": 2}, {"size": 1, "id": "/v"}).after == {"size": 2, "id": "/v"}


@pytest.mark.parametrize(("before", "wanted"), [(PRESENT, {"size": 2}), (None, {"size": 2}), (PRESENT, None)])
def test_check_mode_writes_nothing_and_predicts(before, wanted):
    store, real = Store(before), Store(before)
    predicted = sync(store, before, wanted, check_mode=True)
    done = sync(real, before, wanted, check_mode=False)
    assert store.writes == [] and len(real.writes) == 1
    assert predicted.changed == done.changed and predicted.diff() == done.diff()


def test_only_the_difference_is_written():
    store = Store(PRESENT)
    assert sync(store, PRESENT, {"size": 2, "name": "v"}, check_mode=False).after == {**PRESENT, "size": 2}
    assert store.writes == [("update", {"size": 2})]
    assert not sync(store, store.view, {"size": 2}, check_mode=False).changed and len(store.writes) == 1


def test_the_result_is_what_azure_shows():
    assert sync(Store(None), None, {"size": 2}, check_mode=False).after == {"size": 2, "filled_in": True}


def test_a_lagging_read_is_waited_for(naps):
    store = Store(PRESENT, lag=2)
    assert sync(store, PRESENT, {"size": 2}, check_mode=False).after["size"] == 2 and naps == [1, 3]


def test_a_setting_that_azure_ignores_is_an_error(naps):
    with pytest.raises(AzureBackupError, match="does not show it in: size") as caught:
        sync(Store(PRESENT, deaf=True), PRESENT, {"size": 2}, check_mode=False)
    assert caught.value.details == {"size": {"wanted": 2, "shown": 1}} and naps == list(READ_AGAIN_SECONDS)


def test_a_resource_that_is_not_there_after_its_creation():
    with pytest.raises(AzureBackupError, match="size"):
        sync(Store(None, deaf=True), None, {"size": 2}, check_mode=False)


def test_many_at_once():
    changes = {"a": decide(PRESENT, {"size": 1}), "b": decide(PRESENT, {"size": 2}), "c": decide(None, {"size": 1})}
    written: list[str] = []
    assert sync_many(changes, written.extend, check_mode=True) == ["b", "c"] and written == []
    assert sync_many(changes, written.extend, check_mode=False) == ["b", "c"] and written == ["b", "c"]
    assert sync_many({"a": changes["a"]}, pytest.fail, check_mode=False) == []


def test_reports():
    one, same, gone = decide(PRESENT, {"size": 2}), Change(PRESENT, PRESENT), decide(PRESENT, None)
    assert report({"v": one}) == {"changed": True, "diff": {"before": {"size": 1}, "after": {"size": 2}}}
    assert report({"v": same}) == {"changed": False, "diff": {"before": {}, "after": {}}}
    assert report({}) == {"changed": False, "diff": {"before": {}, "after": {}}}
    both = report({"v": one, "w": gone, "x": same})
    assert both["diff"] == {"before": {"v": {"size": 1}, "w": PRESENT}, "after": {"v": {"size": 2}, "w": {}}}
