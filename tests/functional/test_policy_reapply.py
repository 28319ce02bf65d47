# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module policy_reapply against the simulator."""

from __future__ import annotations

import pytest
from harness import Azure

PLACE = {"vault_name": "vault-we", "resource_group": "backup"}
ESTATE = """
resource_groups: [{name: backup, location: westeurope}, {name: app, location: westeurope}]
vms: [{name: web, count: 4, resource_group: app}]
vaults:
  - name: vault-we
    resource_group: backup
    items:
      - {vm: app/web-0001, policy_inconsistent: true}
      - {vm: app/web-0002}
      - {vm: app/web-0003, policy_inconsistent: true, policy: EnhancedPolicy}
      - {vm: app/web-0004, state: ProtectionStopped}
"""


@pytest.fixture
def vault(azure: Azure) -> Azure:
    azure.estate(ESTATE)
    azure.settings(speed=3600.0)
    return azure


def test_predicted_mended_and_kept(vault: Azure) -> None:
    predicted = vault.module("policy_reapply", check=True, diff=True, **PLACE)
    assert vault.writes() == [] and predicted["summary"] == {"changed": 2, "unchanged": 1, "skipped": 0, "failed": 0}
    done = vault.module("policy_reapply", diff=True, **PLACE)
    assert (done["diff"], done["vms"]) == (predicted["diff"], predicted["vms"])
    assert sorted(each.rsplit(";", 1)[1] for each in vault.writes()) == ["web-0001", "web-0003"]
    policies = [each["body"]["properties"]["policyId"].rsplit("/", 1)[1] for each in vault.requests(writes="true")]
    assert sorted(policies) == ["DefaultPolicy", "EnhancedPolicy"]
    vault.clear_ledger()
    assert not vault.module("policy_reapply", **PLACE)["changed"] and vault.writes() == []


def test_named_vms_only(vault: Azure) -> None:
    done = vault.module("policy_reapply", **PLACE, vms=["APP/web-0003", "app/web-0002"])
    assert done["summary"]["changed"] == 1 and vault.requests(path="web-0001") == []
    for check in (True, False):
        refused = vault.module("policy_reapply", check=check, **PLACE, vms=["app/none", "app/web-0004", "app/web-0001"])
        assert [each["option"] for each in refused["problems"]] == ["vms", "vms"]


def test_one_failure_stops_no_other(vault: Azure) -> None:
    vault.fault(method="PUT", path="*web-0001", fail_operation={"code": "UserErrorGuestAgentStatusUnavailable", "message": "The agent is silent."})
    failed = vault.module("policy_reapply", diff=True, **PLACE)
    told = {each["name"]: each for each in failed["vms"]}
    assert failed["failed"] and "The agent is silent." in told["web-0001"]["reason"] and told["web-0001"]["status"] == "failed"
    assert told["web-0003"]["status"] == "changed" and failed["changed"] and list(failed["diff"]["after"]) == [told["web-0003"]["vm"]]
    again = vault.module("policy_reapply", **PLACE)
    assert [each["name"] for each in again["vms"] if each["changed"]] == ["web-0001"]


def test_wrong_options_at_once(vault: Azure) -> None:
    refused = vault.module("policy_reapply", vault_name="1", resource_group="bad.", parallel=99, vms=["x"])
    assert sorted(each["option"] for each in refused["problems"]) == ["parallel", "resource_group", "vault_name", "vms"]
    assert [each["option"] for each in vault.module("policy_reapply", vault_name="none", resource_group="backup")["problems"]] == ["vault_name"]
