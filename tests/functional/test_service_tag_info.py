# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module service_tag_info against the simulator, whose tags are a part of recorded ones."""

from __future__ import annotations

from ipaddress import ip_network

import pytest


@pytest.mark.parametrize("check", [False, True])
def test_the_tags_of_backup_in_a_region_with_one_request(azure, check):
    result = azure.module("service_tag_info", check=check, location="West Europe", regions=["West Europe"])
    assert not result["changed"] and result["change_number"] == "160" and result["cloud"] == "Public"
    tags = {each["name"]: each for each in result["tags"]}
    assert list(tags) == ["AzureBackup", "Storage.WestEurope", "AzureActiveDirectory"]
    assert tags["Storage.WestEurope"]["region"] == "westeurope" and tags["AzureBackup"]["region"] is None
    assert all(each["change_number"] and each["service"] for each in tags.values())
    assert [(each["method"], each["path"].rpartition("/")[2]) for each in azure.requests()] == [("GET", "serviceTags")]


def test_ranges_by_family_hold_the_same_addresses(azure):
    tags = azure.module("service_tag_info", location="westeurope")["tags"]
    assert tags
    for tag in tags:
        blocks = [ip_network(each) for each in tag["ipv4"] + tag["ipv6"]]
        assert blocks and not any(one.version == other.version and one.overlaps(other) for one in blocks for other in blocks if one is not other)
        assert all(any(each.version == one.version and each.subnet_of(one) for one in blocks) for each in map(ip_network, tag["address_prefixes"]))


@pytest.mark.parametrize(
    ("options", "option", "told"),
    [
        ({"names": ["azurebackups"]}, "names", "AzureBackup"),
        ({"names": ["Storage.Atlantis"]}, "names", "storage.atlantis"),
        ({"names": ["Storage"], "regions": ["nowhere"]}, "regions", "storage.nowhere"),
        ({"names": ["not a tag"]}, "names", "is no service tag"),
        ({"names": []}, "names", "is empty"),
        ({"regions": ["west/europe"]}, "regions", "is no region"),
        ({"location": ""}, "location", "is no region"),
    ],
)
def test_bad_input(azure, options, option, told):
    result = azure.module("service_tag_info", **{"location": "westeurope", **options})
    assert [each["option"] for each in result["problems"]] == [option] and told in result["msg"]


def test_each_tag_once_and_in_any_letter_case(azure):
    result = azure.module("service_tag_info", location="westeurope", names=["storage.westeurope", "STORAGE"], regions=["westeurope", "northeurope"])
    assert [each["name"] for each in result["tags"]] == ["Storage.WestEurope", "Storage.NorthEurope"]


def test_who_may_not_read_them_is_told_what_is_missing(azure):
    azure.fault(method="GET", path="*/serviceTags", status=403, times=0)
    result = azure.module("service_tag_info", location="westeurope")
    assert result["failed"] and result["error"]["status"] == 403 and result["error"]["hint"]
