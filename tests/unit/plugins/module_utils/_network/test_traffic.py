# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import traffic


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("10.0.0.5", "10.0.0.5/32"),
        (" 10.0.0.5/32", "10.0.0.5/32"),
        ("10.0.0.0/24", "10.0.0.0/24"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("internet", "Internet"),
        ("storage.WestEurope", "Storage.WestEurope"),
        ("AzureFrontDoor.Backend", "AzureFrontDoor.Backend"),
        ("Any", "*"),
        ("789", "789"),
    ],
)
def test_address_has_one_form(text, form):
    assert traffic.address(text) == form


def test_lists_are_sorted_and_each_value_stands_once():
    assert traffic.addresses(["10.0.0.9", "10.0.0.5/32", "10.0.0.5"]) == ["10.0.0.5/32", "10.0.0.9/32"]
    assert traffic.ports(["8080", "443-443", "80-90", "443"]) == ["80-90", "443", "8080"]


@pytest.mark.parametrize(("text", "form"), [("443", "443"), ("0443", "443"), ("0-65535", "*"), ("any", "*"), ("7-7", "7"), ("90-80", "90-80")])
def test_port_has_one_form(text, form):
    assert traffic.port(text) == form


@pytest.mark.parametrize("texts", [["*"], ["443"], ["80-443", "8080"], ["0"], ["65535"], None])
def test_good_ports(texts):
    assert traffic.check_ports("ports", texts) == []


@pytest.mark.parametrize(
    ("texts", "count"),
    [([], 1), (["https"], 1), (["65536"], 1), (["443-80"], 1), (["-1", "80:90", "99999-1"], 3), (["*", "80"], 1), (["0-65535", "80"], 1), (["80,443"], 1)],
)
def test_bad_ports(texts, count):
    assert len(traffic.check_ports("ports", texts)) == count


@pytest.mark.parametrize(
    "texts", [None, ["*"], ["any"], ["Internet"], ["Storage.WestEurope"], ["10.0.0.5"], ["10.0.0.5", "10.0.0.5/32"], ["10.0.0.0/24", "10.0.1.0/24"], ["::1"]]
)
def test_good_addresses(texts):
    assert traffic.check_addresses("source", texts) == []


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["10.0.0.5/24"], "the block is 10.0.0.0/24, the single address 10.0.0.5"),
        (["10.0.0.256"], "is no address"),
        (["10.0.0.1-10.0.0.9"], "is no address"),
        (["10.0.0.0/33"], "is no address"),
        (["1234"], "is no address"),
        (["proxy-vm"], "is no address"),
        (["*", "10.0.0.5"], "must be the only one"),
        (["Storage", "AzureBackup"], "must be the only one"),
        (["Internet", "10.0.0.5"], "must be the only one"),
        (["10.0.0.0/8", "2001:db8::/32"], "IPv4 and IPv6"),
        (["10.1.0.0/16", "10.0.0.0/8"], "'10.1.0.0/16' lies within '10.0.0.0/8'"),
    ],
)
def test_bad_addresses(texts, said):
    (problem,) = traffic.check_addresses("source", texts)
    assert problem.option == "source"
    assert said in problem.text


@pytest.mark.parametrize(
    ("large", "small", "answer"),
    [
        (["*"], ["*"], True),
        (["*"], ["443"], True),
        (["80-443"], ["443"], True),
        (["80-100", "101-443"], ["90-200"], True),
        (["443"], ["*"], False),
        (["80", "443"], ["80-443"], False),
        (["80"], ["80", "443"], False),
    ],
)
def test_ports_cover(large, small, answer):
    assert traffic.ports_cover(large, small) is answer


@pytest.mark.parametrize(
    ("large", "small", "answer"),
    [
        (["*"], ["Internet"], True),
        (["0.0.0.0/0"], ["10.0.0.5/32"], True),
        (["10.0.0.0/24"], ["10.0.0.5/32"], True),
        (["10.0.0.5/32"], ["10.0.0.0/24"], False),
        (["Internet"], ["Storage.WestEurope"], True),
        (["Internet"], ["20.60.0.0/16"], True),
        (["Internet"], ["10.0.0.0/24"], False),
        (["Internet"], ["VirtualNetwork"], False),
        (["Internet"], ["*"], False),
        (["VirtualNetwork"], ["10.0.0.5/32"], True),
        (["VirtualNetwork"], ["8.8.8.8/32"], False),
        (["Storage"], ["Storage.WestEurope"], True),
        (["Storage.WestEurope"], ["Storage"], False),
        (["Storage"], ["AzureBackup"], False),
        (["::/0"], ["10.0.0.0/8"], False),
        (["*"], [], False),
    ],
)
def test_addresses_cover(large, small, answer):
    assert traffic.addresses_cover(large, small) is answer
