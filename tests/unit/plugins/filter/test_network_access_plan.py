# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.network_access_plan import KNOWN_TAGS, network_access_plan
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import security_rule, service_tag

GROUPS = [{"name": "a", "resource_group": "g"}, {"name": "b", "resource_group": "g"}]
OPTIONS = {"mode": "service_tags", "security_groups": GROUPS, "service_tags": ["AzureBackup", "Storage.WestEurope"], "priority_from": 300}
TAG = {"name": "Storage.WestEurope", "change_number": "7", "ipv4": ["192.0.2.0/24", "198.51.100.0/25"], "ipv6": []}


def plan(tags=None, **options):
    return network_access_plan({**OPTIONS, **options}, tags)


def test_each_group_gets_each_rule_and_what_is_denied_comes_last():
    rules = plan(deny_rest=True)["rules"]
    assert [(each["network_security_group"], each["name"]) for each in rules] == [
        (group, name) for group in "ab" for name in ("AllowBackupAzureBackup", "AllowBackupStorage-WestEurope", "DenyInternetButBackup")
    ]
    assert rules[2]["access"] == "deny" and rules[2]["priority_from"] > rules[0]["priority_from"] == 300


@pytest.mark.parametrize("mode", ["service_tags", "ip_ranges", "proxy"])
def test_every_rule_is_one_that_the_module_takes(mode):
    rules = plan([TAG], mode=mode, regions=["westeurope"], proxy_address="10.0.0.4", deny_rest=True)["rules"]
    assert rules and [security_rule.check_options(each) for each in rules] == [[]] * len(rules)


def test_ranges_are_those_of_the_tags_and_a_tag_without_any_has_no_rule():
    (rule, _of_b) = plan([TAG, {**TAG, "name": "Empty", "ipv4": []}], mode="ip_ranges", regions=["westeurope"])["rules"]
    assert (rule["name"], rule["destination"]) == ("AllowBackupRanges-Storage-WestEurope", TAG["ipv4"]) and rule["description"].endswith("change 7")


def test_more_ranges_than_a_group_takes_are_refused():
    many = {**TAG, "ipv4": [f"10.{number // 250}.{number % 250}.0/30" for number in range(4001)]}
    assert "use mode service_tags" in plan([many], mode="ip_ranges", regions=["westeurope"])["problems"][0]


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ({"security_groups": []}, ["network_access_security_groups"]),
        ({"mode": "proxy"}, ["network_access_proxy_address"]),
        ({"mode": "ip_ranges", "service_tags": []}, ["network_access_service_tags", "network_access_regions"]),
        ({"mode": "platform", "security_groups": [], "service_tags": []}, []),
    ],
)
def test_what_a_mode_needs(options, missing):
    assert [each.partition(":")[0] for each in plan(**options)["problems"]] == missing


def test_only_rules_of_this_role_are_ever_unused():
    names = [
        "AllowBackupAzureBackup", "allowbackupstorage", "AllowBackupRanges-Storage-NorthEurope", "AllowBackupProxy", "DenyInternetButBackup",
        "AllowBackupServers", "AllowBackup", "DenyInternet", "AllowBackupRanges-Storage-North-Europe", "MyAllowBackupProxy",
    ]  # fmt: skip
    present = [{"item": GROUPS[1], "group_rules": names}]
    assert plan()["unused"] == []
    unused = network_access_plan(OPTIONS, [], present)["unused"]
    assert [each["name"] for each in unused] == names[1:5] and {each["network_security_group"] for each in unused} == {"b"}
    assert [each["name"] for each in network_access_plan({**OPTIONS, "mode": "platform"}, [], present)["unused"]] == names[:5]


def test_the_usual_tags_are_those_of_the_modules():
    assert KNOWN_TAGS == service_tag.BACKUP
