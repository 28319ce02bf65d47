# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module reads and asks, what it says when it may not, and what its options do. Its rules are in test_readiness_defects."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("evening")

ESTATE = """
resource_groups: [{name: app, location: westeurope}, {name: data, location: northeurope}]
vms:
  - {name: web, count: 3, resource_group: app, tags: {env: prod}}
  - {name: quiet, resource_group: app, agent: {status: NotReady}}
  - {name: db, resource_group: data, os: Windows}
vaults:
  - name: vault-one
    resource_group: app
    items:
      - {vm: app/web-0001, policy: DefaultPolicy, last_backup_hours_ago: 9}
      - {vm: app/web-0002, policy: DefaultPolicy, last_backup_hours_ago: 99}
"""
READER = "55555555-5555-4555-8555-555555555555"
OTHER_SUBSCRIPTION = "00000000-0000-4000-8000-000000000002"


@pytest.fixture
def ready(azure):
    azure.estate(ESTATE)
    azure.clear_ledger()

    def run(**options: Any) -> dict[str, Any]:
        result = azure.module("readiness_info", **options)
        assert not result.get("failed"), result
        return result

    return run


@pytest.fixture
def principal(azure):
    """A function that adds a principal with these rights: the options to sign in as it."""

    def add(**rights: Any) -> dict[str, str]:
        azure.estate(json.dumps({"principals": [{"client_id": READER, "client_secret": "open sesame", **rights}]}))
        return {"client_id": READER, "client_secret": "open sesame"}

    return add


def found(subject, status="fail"):
    return {each["id"] for each in subject["findings"] if each["status"] == status}


def by_name(result):
    return {each["name"]: each for each in result["vms"]}


def test_a_small_estate(azure, ready):
    result = ready()
    vms = by_name(result)
    assert {name: (each["coverage"], each["verdict"]) for name, each in vms.items()} == {
        "web-0001": ("protected", "ready"),
        "web-0002": ("stale", "warning"),
        "web-0003": ("unprotected", "ready"),
        "quiet": ("unprotected", "blocked"),
        "db": ("unprotected", "blocked"),
    }
    assert found(vms["web-0002"]) == {"ITEM-BACKUP-AGE"}
    assert found(vms["quiet"]) == {"AGENT-READY", "ITEM-PROTECTED"}
    assert found(vms["db"]) == {"VM-VAULT-REGION", "ITEM-PROTECTED"}
    assert (vms["web-0001"]["vault"], vms["web-0001"]["policy"], vms["web-0003"]["vault"]) == ("vault-one", "DefaultPolicy", None)
    assert result["limits"] == [] and result["unmatched"] == []
    assert result["summary"]["requests"] == len(azure.requests())
    assert not result["changed"] and azure.writes() == []


def test_check_mode_reads_the_same(azure, ready):
    assert azure.module("readiness_info", check=True)["summary"] == ready()["summary"]
    assert azure.writes() == []


def test_few_vms_are_read_on_their_own(azure, ready):
    result = ready(vms=["app/web-0001", "DATA/db"], rules=["AGENT-*"])
    assert set(by_name(result)) == {"web-0001", "db"}
    assert sorted(each["path"].rpartition("/")[2] for each in azure.requests() if "Microsoft.Compute" in each["path"]) == ["db", "web-0001"]


def test_what_no_rule_needs_is_not_read(azure, ready):
    ready(rules=["VAULT-SOFT-DELETE"])
    few = len(azure.requests())
    azure.clear_ledger()
    ready()
    assert few <= 6 < len(azure.requests())


def test_findings_of_every_status_can_be_shown(ready):
    result = ready(vms=["app/web-0001"], statuses=["pass", "not_applicable"])
    (vm,) = result["vms"]
    assert "AGENT-READY" in found(vm, "pass") and "GUEST-PYTHON" in found(vm, "not_applicable") and not found(vm)


def test_the_service_is_asked_where_that_is_wished(azure, ready):
    result = ready(azure_checks=True, resource_groups=["app"], rules=["VM-VALIDATION", "VM-BACKUP-STATUS"], statuses=["pass", "fail", "unknown"])
    vms = by_name(result)
    assert found(vms["quiet"]) == {"VM-VALIDATION"}
    assert "UserErrorGuestAgentStatusUnavailable" in str(vms["quiet"]["findings"])
    assert found(vms["web-0001"], "pass") == found(vms["web-0003"], "pass") == {"VM-VALIDATION", "VM-BACKUP-STATUS"}
    asked = [each["path"].rpartition("/")[2] for each in azure.requests(method="POST") if "/locations/" in each["path"]]
    assert sorted(asked) == ["backupPreValidateProtection"] * 4 + ["backupStatus"] * 4


def test_facts_of_guests_reach_their_vms(azure, ready):
    given = {"app/WEB-0001": {"agent_service_running": False}, azure.vm_id("data", "db"): {"dhcp": False}}
    vms = by_name(ready(guest_facts=given, rules=["GUEST-AGENT-SERVICE", "NETWORK-DHCP"]))
    assert (found(vms["web-0001"]), found(vms["db"]), found(vms["quiet"])) == ({"GUEST-AGENT-SERVICE"}, {"NETWORK-DHCP"}, set())
    assert found(vms["web-0001"], "unknown") == {"NETWORK-DHCP"}


def test_rules_of_ones_own(ready):
    owner = {"id": "HOUSE-OWNER", "title": "VMs have an owner", "path": "vm.tags.owner", "operator": "exists", "severity": "error", "fix": "Set it."}
    soft = {"id": "HOUSE-SOFT", "title": "Long", "scope": "vault", "path": "vault.soft_delete_retention_days", "operator": "at_least", "value": 30}
    result = ready(custom_rules=[owner, soft], rules=["HOUSE-*"], skip_rules=[{"rule": "HOUSE-OWNER", "reason": "asked", "names": ["db"]}])
    assert {name for name, each in by_name(result).items() if each["verdict"] == "blocked"} == {"web-0001", "web-0002", "web-0003", "quiet"}
    assert [found(each) for each in result["vaults"]] == [{"HOUSE-SOFT"}]
    assert {each["id"] for each in result["rules"]} == {"HOUSE-OWNER", "HOUSE-SOFT"}


def test_drift_from_what_is_asked_for(ready):
    result = ready(vaults=["app/vault-one", "app/gone"], policies=["gold"], resource_groups=["app"])
    assert by_name(result)["web-0001"]["coverage"] == "wrong_policy"
    assert {"option": "vaults", "message": "there is no vault 'app/gone'"} in result["unmatched"]
    assert by_name(ready(vaults=["app/gone"]))["web-0001"]["coverage"] == "other_vault"


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"vms": ["app/gone", "app/quiet"]}, ["there is no VM 'app/gone'"]),
        ({"resource_groups": ["empty"]}, ["there is no VM in resource group 'empty'"]),
        ({"subscriptions": ["SUBSCRIPTION", OTHER_SUBSCRIPTION], "vms": ["app/quiet"]}, []),
    ],
)
def test_what_is_not_there_is_named_and_no_error(azure, ready, options, messages):
    options = {name: [each.replace("SUBSCRIPTION", azure.subscription_id) for each in value] for name, value in options.items()}
    assert [each["message"] for each in ready(**options)["unmatched"]] == messages


def test_a_subscription_that_cannot_be_read_hides_nothing_of_the_others(azure, ready):
    result = ready(subscriptions=[azure.subscription_id, OTHER_SUBSCRIPTION])
    assert len(result["vms"]) == 5
    assert {each["subscription_id"] for each in result["limits"]} == {OTHER_SUBSCRIPTION}
    assert by_name(result)["web-0001"]["coverage"] == "protected"
    assert by_name(result)["web-0003"]["coverage"] == "unknown"  # a vault over there may have it
    assert [each["id"] for each in result["subscriptions"]] == [azure.subscription_id, OTHER_SUBSCRIPTION]


def test_every_subscription_that_is_seen(azure, ready):
    result = ready(all_subscriptions=True)
    assert [each["id"] for each in result["subscriptions"]] == [azure.subscription_id] and len(result["vms"]) == 5


class TestRights:
    """Whatever may not be read makes its rules unknown, and is told once."""

    def test_a_reader_of_all_may_read_all(self, ready, principal):
        result = ready(**principal(roles=["Reader"]))
        assert result["limits"] == []
        assert result["summary"]["unknown"]["error"] == 0

    @pytest.mark.parametrize(
        ("hidden", "rules", "area"),
        [
            ("Microsoft.Compute/disks/read", {"DISK-SHARED", "DISK-ENTRA-EXPORT", "DISK-SECURITY-TYPE", "DISK-NETWORK-ACCESS"}, None),
            ("Microsoft.Authorization/locks/read", {"VM-LOCK"}, "locks"),
            ("Microsoft.RecoveryServices/vaults/backupPolicies/read", {"ITEM-CONSISTENT", "ITEM-BACKUP-AGE", "POLICY-ENHANCED"}, "policies"),
            ("Microsoft.RecoveryServices/vaults/backupJobs/read", {"JOB-RUNNING"}, "jobs"),
            ("Microsoft.Compute/locations/vmSizes/read", {"VM-SIZE"}, "size"),
        ],
    )
    def test_a_right_that_is_missing(self, ready, principal, hidden, rules, area):
        result = ready(**principal(actions=["*/read"], not_actions=[hidden]))
        assert rules <= found(by_name(result)["web-0001"], "unknown")
        assert not rules & found(by_name(result)["web-0001"], "pass")
        assert [each["area"] for each in result["limits"]] == ([area] if area else [])
        assert all(each["code"] == "AuthorizationFailed" and each["reason"] for each in result["limits"])

    def test_a_vault_whose_items_are_hidden_leaves_the_coverage_open(self, ready, principal):
        vms = by_name(ready(**principal(actions=["*/read"], not_actions=["Microsoft.RecoveryServices/vaults/backupProtectedItems/read"])))
        assert vms["web-0001"]["coverage"] == "unknown"
        assert {"VM-ONE-VAULT", "ITEM-PROTECTED"} <= found(vms["web-0001"], "unknown")
        assert vms["db"]["coverage"] == "unprotected"  # no vault of its region hides anything

    def test_calls_for_each_vm_that_are_forbidden_are_tried_once_or_twice_and_told_once(self, azure, ready, principal):
        who = principal(roles=["Reader"])
        azure.clear_ledger()
        result = ready(**who, azure_checks=True, rules=["VM-VALIDATION", "VM-BACKUP-STATUS"])
        assert [each["area"] for each in result["limits"]] == ["azure"]
        assert all(found(each, "unknown") == {"VM-VALIDATION", "VM-BACKUP-STATUS"} for each in result["vms"])

    def test_without_the_right_to_list_vms_there_is_nothing_to_say(self, azure, ready, principal):
        result = azure.module("readiness_info", **principal(actions=["Microsoft.RecoveryServices/*/read"]))
        assert result["failed"] and "AuthorizationFailed" in result["msg"]

    def test_the_principal_itself_is_looked_at(self, ready, principal):
        who = principal(roles=["Reader"])
        assert found(ready(**who, rules=["RBAC-ACTIONS"])["subscriptions"][0]) == set()
        (subscription,) = ready(**who, rules=["RBAC-ACTIONS"], access="protect")["subscriptions"]
        assert found(subscription) == {"RBAC-ACTIONS"}
        assert "protectedItems/write" in subscription["findings"][0]["evidence"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"vms": ["web"], "rules": ["NONE-*"], "vaults": ["v"]}, ["vms", "rules", "vaults"]),
        ({"subscriptions": ["mine"]}, ["subscriptions"]),
        ({"subscriptions": [OTHER_SUBSCRIPTION], "all_subscriptions": True}, ["all_subscriptions"]),
        ({"guest_facts": {"web": {}, "app/web": 5}}, ["guest_facts", "guest_facts"]),
        ({"thresholds": {"disks": 5}, "severities": {"VM-OS": "bad"}}, ["severities.VM-OS", "thresholds.disks"]),
        ({"vms": [f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/b"]}, ["vms"]),
        ({"custom_rules": [{"id": "A-B", "title": "t", "path": "vm.x", "operator": "at_least"}]}, ["custom_rules[0].value"]),
    ],
)
def test_bad_input(azure, options, named):
    result = azure.module("readiness_info", **options)
    assert result["failed"]
    assert [each["option"] for each in result["problems"]] == named


def test_a_thousand_vms_take_thirty_requests(azure):
    vms = [{"name": "vm", "count": 1000, "resource_group": "app"}]
    items = [{"vm": "app/vm-{n}", "count": 990, "policy": "DefaultPolicy"}]
    estate = {"resource_groups": [{"name": "app", "location": "westeurope"}], "vms": vms, "vaults": [{"name": "v", "resource_group": "app", "items": items}]}
    azure.estate(json.dumps(estate))
    azure.settings(page_size=200)
    azure.clear_ledger()
    result = azure.module("readiness_info", outbound=True)
    assert result["summary"]["vms"] == 1000
    assert result["summary"]["coverage"]["protected"] == 990 and result["summary"]["coverage"]["unprotected"] == 10
    assert result["summary"]["verdicts"]["unknown"] == result["summary"]["verdicts"]["blocked"] == 0
    assert len(azure.requests()) == result["summary"]["requests"] <= 30


def test_one_vm_that_cannot_be_read_hides_nothing_of_the_others(azure, ready):
    azure.fault(method="GET", path="*/web-0001/instanceView", status=403, code="AuthorizationFailed", times=0)
    azure.fault(method="GET", path="*/protectedItems/*web-0002", status=403, code="AuthorizationFailed", times=0)
    result = ready(details=True)
    vms = by_name(result)
    assert "AGENT-READY" in found(vms["web-0001"], "unknown") and "AGENT-READY" in found(vms["quiet"])
    assert found(vms["web-0002"], "unknown") == {"ITEM-CONSISTENT"} and found(vms["web-0003"], "unknown") == set()
    assert {each["area"]: each["count"] for each in result["limits"]} == {"instance_view": 1, "item_details": 1}


def test_vms_that_are_gone_and_still_backed_up(azure, ready):
    azure.delete(azure.vm_id("app", "web-0001"))
    result = ready()
    assert found(result["vaults"][0]) >= {"ITEM-ORPHANS"}
    assert "web-0001" in str(result["vaults"][0]["findings"])
    assert found(ready(vms=["app/web-0002"], statuses=["not_applicable"])["vaults"][0], "not_applicable") >= {"ITEM-ORPHANS"}


def test_many_vaults_are_looked_through_at_once(azure):
    vaults = [{"name": f"v{number}", "resource_group": "app", "items": [{"vm": f"app/vm-{number + 1:04d}"}]} for number in range(25)]
    estate = {"resource_groups": [{"name": "app", "location": "westeurope"}], "vms": [{"name": "vm", "count": 26, "resource_group": "app"}], "vaults": vaults}
    azure.estate(json.dumps(estate))
    azure.clear_ledger()
    result = azure.module("readiness_info", rules=["ITEM-*"])
    assert result["summary"]["coverage"]["protected"] == 25 and result["summary"]["coverage"]["unprotected"] == 1
    assert not [each for each in azure.requests() if "backupProtectedItems" in each["path"]]
