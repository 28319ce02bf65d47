# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

ESTATE = """
resource_groups: [{name: app, location: westeurope}]
vms:
  - {name: web, count: 3, resource_group: app, tags: {env: prod}}
  - {name: quiet, resource_group: app, agent: {status: NotReady}}
  - {name: bare, resource_group: app, agent: {status: Missing}}
vaults:
  - name: vault-one
    resource_group: app
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, last_backup_hours_ago: 9}
      - {vm: app/web-0002, policy: DefaultPolicy, last_backup_hours_ago: 99}
"""


@pytest.fixture
def ready(azure):
    azure.estate(ESTATE)

    def run(**options):
        result = azure.module("readiness_info", **options)
        assert not result.get("failed"), result
        return result

    return run


def failed(subject):
    return {each["id"] for each in subject["findings"] if each["status"] == "fail"}


def by_name(result):
    return {each["name"]: each for each in result["vms"]}


def test_a_small_estate(azure, ready):
    result = ready()
    vms = by_name(result)
    assert {name: each["coverage"] for name, each in vms.items()} == {
        "web-0001": "protected", "web-0002": "stale", "web-0003": "unprotected", "quiet": "unprotected", "bare": "unprotected",
    }  # fmt: skip
    assert {name: each["verdict"] for name, each in vms.items()} == {
        "web-0001": "ready", "web-0002": "warning", "web-0003": "ready", "quiet": "blocked", "bare": "blocked",
    }  # fmt: skip
    assert failed(vms["web-0002"]) == {"ITEM-BACKUP-AGE"}
    assert failed(vms["quiet"]) == failed(vms["bare"]) == {"AGENT-READY", "ITEM-PROTECTED"}
    assert result["limits"] == [] and result["unmatched"] == []
    assert not result["changed"] and azure.writes() == []
