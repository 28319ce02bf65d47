# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.guest_match import guest_match


def vm(group, name):
    return {"id": f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"}


WEB, DB, TWIN_A, TWIN_B = vm("App", "Web-1"), vm("data", "db"), vm("a", "twin"), vm("b", "twin")
VMS = [WEB, DB, TWIN_A, TWIN_B]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"host": "web-1"}, WEB),
        ({"host": "WEB-1.internal.example.com"}, WEB),
        ({"host": "anything", "variable": "app/web-1"}, WEB),
        ({"host": "anything", "variable": WEB["id"].upper() + "/"}, WEB),
        ({"host": "anything", "metadata": DB["id"].lower()}, DB),
        # the variable wins over the metadata, and this over the name
        ({"host": "db", "variable": "app/web-1", "metadata": DB["id"]}, WEB),
        ({"host": "web-1", "variable": "", "metadata": DB["id"]}, DB),
        ({"host": "twin", "variable": "b/twin"}, TWIN_B),
    ],
)
def test_who_is_who(host, expected):
    assert guest_match([host], VMS) == {"vms": {host["host"]: expected["id"]}, "left_out": []}


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ({"host": "twin"}, "several VMs have its name (a/twin, b/twin)"),
        ({"host": "stranger"}, "set prepare_guest_vm"),
        ({"host": "db", "variable": "app/ghost"}, "names the VM app/ghost"),
        # never another VM that happens to have the host's name
        ({"host": "db", "metadata": "/subscriptions/other/resourceGroups/data/providers/Microsoft.Compute/virtualMachines/db"}, "not among those selected"),
    ],
)
def test_who_is_left_out(host, word):
    match = guest_match([host], VMS)
    assert match["vms"] == {} and word in match["left_out"][0]["reason"]


def test_two_hosts_are_never_one_vm():
    match = guest_match([{"host": "db"}, {"host": "alias", "variable": "data/db"}, {"host": "web-1"}], VMS)
    assert match["vms"] == {"web-1": WEB["id"]}
    assert [each["host"] for each in match["left_out"]] == ["db", "alias"] and "db and alias would all be the VM data/db" in match["left_out"][0]["reason"]


def test_nobody_is_nobody():
    assert guest_match([], VMS) == guest_match([], []) == {"vms": {}, "left_out": []}
