# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids, and the tables between options and documents."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core import fields, ids

VM = "/subscriptions/s/resourceGroups/Grp/providers/Microsoft.Compute/virtualMachines/Web1"


def test_ids_are_put_together_and_taken_apart():
    made = ids.resource_id("s", "g", "Microsoft.Network/networkSecurityGroups/securityRules", "nsg", "rule")
    assert made == "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg/securityRules/rule"
    assert (ids.part(made, "NETWORKSECURITYGROUPS"), ids.name(made), ids.part(made, "vaults")) == ("nsg", "rule", "")
    with pytest.raises(ValueError, match="zip"):
        ids.resource_id("s", "g", ids.VM_TYPE, "one", "too many")


def test_a_segment_at_the_end_names_nothing():
    assert ids.part("/subscriptions/s/resourceGroups", "resourceGroups") == ""
    assert ids.part("", "resourceGroups") == "" and ids.part(None, "resourceGroups") == "" and ids.name(None) == ""


def test_letter_case_and_an_end_slash_make_no_other_id():
    assert ids.key(VM + "/") == ids.key(VM.upper()) and ids.key(None) == ""


@pytest.mark.parametrize(
    ("text", "is_vm"),
    [(VM, True), (VM.upper(), True), (VM + "/extensions/x", False), (VM + "/", False), ("Grp/Web1", False), (VM.replace("Compute", "Network"), False)],
)
def test_vm_ids(text, is_vm):
    assert ids.is_vm_id(text) is is_vm


@pytest.mark.parametrize("text", ["West Europe", "westeurope", "WESTEUROPE", " west\teurope "])
def test_regions(text):
    assert ids.location(text) == "westeurope" and ids.location(None) == ""


def test_names_of_a_vm_in_a_vault():
    assert ids.container_name(VM) == "IaasVMContainer;iaasvmcontainerv2;Grp;Web1"
    assert ids.item_name(VM) == "VM;iaasvmcontainerv2;Grp;Web1"


def test_fields_there_and_back():
    read, write = fields.choice(("on", "Enabled"), ("off", "Disabled"))
    table = (fields.Field("power", "a.b.power", read, write), fields.Field("size", "a.size"), fields.Field("name", "name"))
    document = {"name": "n", "a": {"size": 3, "b": {"power": "ENABLED"}}}
    shown = fields.view(table, document)
    assert shown == {"power": "on", "size": 3, "name": "n"}
    assert fields.body(table, shown) == {"name": "n", "a": {"size": 3, "b": {"power": "Enabled"}}}
    assert fields.body(table, {"size": None}) == {"a": {"size": None}} and fields.body(table, {}) == {}
    assert fields.view(table, {"a": "text"}) == {"power": None, "size": None, "name": None}


def test_a_value_that_no_choice_stands_for_is_shown_as_it_is():
    read, write = fields.choice(("on", "Enabled"))
    assert (read("Brandnew"), read(None), write("other")) == ("Brandnew", None, "other")
