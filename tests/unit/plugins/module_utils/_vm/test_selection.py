# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.ids import VM_TYPE, resource_id
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vm import selection

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"


def vm(group, name, location="westeurope", **tags):
    return {"id": resource_id(SUBSCRIPTION, group, VM_TYPE, name), "name": name, "location": location, "tags": tags}


ESTATE = [
    vm("App", "web-1", Env="prod", tier="front"),
    vm("APP", "web-2", Env="test"),
    vm("app", "db-1", "northeurope", env="prod", Backup="True"),
    vm("lab", "web-1"),
]


def names(chosen):
    return ["/".join([each["id"].split("/")[4].lower(), each["name"]]) for each in chosen.vms]


def pick(**options):
    assert selection.check(options) == []
    return selection.select(selection.of(options), ESTATE)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"all_vms": True}, ["app/db-1", "app/web-1", "app/web-2", "lab/web-1"]),
        ({"vms": ["app/WEB-1"]}, ["app/web-1"]),
        ({"vms": [ESTATE[2]["id"].upper() + "/"]}, ["app/db-1"]),
        ({"vms": ["lab/web-1", ESTATE[3]["id"]]}, ["lab/web-1"]),
        ({"names": ["WEB-*"]}, ["app/web-1", "app/web-2", "lab/web-1"]),
        ({"names": ["web-*", "db-1"], "resource_groups": ["APP"]}, ["app/db-1", "app/web-1", "app/web-2"]),
        ({"tags": {"env": "prod"}}, ["app/db-1", "app/web-1"]),
        ({"tags": {"env": None}}, ["app/db-1", "app/web-1", "app/web-2"]),
        ({"tags": {"ENV": "prod", "tier": "front"}}, ["app/web-1"]),
        ({"tags": {"backup": True}}, ["app/db-1"]),
        ({"locations": ["North Europe"]}, ["app/db-1"]),
        ({"tags": {"env": "prod"}, "vms": ["lab/web-1"]}, ["app/db-1", "app/web-1", "lab/web-1"]),
        ({"all_vms": True, "exclude": ["web-*"]}, ["app/db-1"]),
        ({"all_vms": True, "exclude": ["app/web-1", ESTATE[2]["id"]]}, ["app/web-2", "lab/web-1"]),
    ],
)
def test_choice(options, expected):
    chosen = pick(**options)
    assert names(chosen) == expected
    assert chosen.problems == []


def test_tag_values_keep_their_letter_case():
    assert names(pick(tags={"env": "Prod"})) == []


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ({"vms": ["app/web-1", "app/gone"]}, ["vms: there is no VM 'app/gone'"]),
        ({"resource_groups": ["app", "nope"]}, ["resource_groups: there is no VM in resource group 'nope'"]),
        ({"tags": {"env": "none"}, "locations": ["westeurope"]}, ["tags: no VM fits all of tags, locations"]),
        ({"names": ["x*"]}, ["names: no VM fits"]),
        ({"names": ["db-1"], "exclude": ["db*"]}, ["exclude: leaves out every VM that is selected"]),
    ],
)
def test_what_matches_nothing_is_named(options, problems):
    assert [str(each) for each in pick(**options).problems] == problems


def test_an_empty_subscription_is_named():
    chosen = selection.select(selection.of({"all_vms": True}), [])
    assert [str(each) for each in chosen.problems] == ["all_vms: there is no VM in the subscription"]


@pytest.mark.parametrize(
    ("options", "options_named"),
    [
        ({}, ["vms"]),
        ({"vms": [], "tags": {}}, ["vms"]),
        ({"all_vms": True, "tags": {"a": "b"}}, ["all_vms"]),
        ({"vms": ["web-1", "a/b/c", "app/web*", "/subscriptions/x/resourceGroups/g/providers/Microsoft.Network/x/y"]}, ["vms"] * 4),
        ({"vms": ["app/web-1"], "exclude": ["APP/web-1", "a b"]}, ["exclude", "exclude"]),
        ({"names": ["we/b"], "resource_groups": ["ends."], "tags": {"a": ["b"]}}, ["names", "tags", "resource_groups"]),
        ({"tags": {str(each): "" for each in range(51)}}, ["tags"]),
    ],
)
def test_bad_options_are_named_all_at_once(options, options_named):
    assert [each.option for each in selection.check(options)] == options_named


def test_no_selector_may_mean_every_vm():
    assert selection.check({"exclude": ["web-*"]}, required=False) == []
    assert selection.of({"exclude": ["web-*"]}, default_all=True).all_vms
    assert not selection.of({"vms": ["a/b"]}, default_all=True).all_vms


@pytest.mark.parametrize(
    ("options", "scope"),
    [
        ({"all_vms": True}, selection.Scope(True)),
        ({"tags": {"a": None}, "vms": ["a/b"]}, selection.Scope(True)),
        ({"resource_groups": ["A", "a", "b"], "vms": ["a/x", "c/y"]}, selection.Scope(False, ("a", "b"), (("c", "y"),))),
        ({"vms": ["a/x", "A/X"]}, selection.Scope(False, (), (("a", "x"),))),
        ({"vms": [f"a/{each}" for each in range(33)]}, selection.Scope(True)),
    ],
)
def test_scope_takes_the_fewest_reads(options, scope):
    assert selection.of(options).scope() == scope


def test_ids_of_another_subscription_are_named():
    asked = selection.of({"vms": ["a/b", "/subscriptions/other/resourceGroups/a/providers/microsoft.compute/virtualmachines/b"]})
    assert [each.option for each in asked.foreign(SUBSCRIPTION)] == ["vms"]


def test_ten_thousand_vms_take_less_than_a_second():
    estate = [vm(f"group-{each % 50}", f"vm-{each:05}", env="prod") for each in range(10_000)]
    asked = {"tags": {"env": "prod"}, "vms": [each["id"] for each in estate[:2000]], "exclude": [f"group-1/vm-{each:05}" for each in range(1, 5000, 50)]}
    begin = time.process_time()
    chosen = selection.select(selection.of(asked), estate)
    assert time.process_time() - begin < 1
    assert len(chosen.vms) == 9_900
