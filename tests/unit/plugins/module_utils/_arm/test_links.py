# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens are sent to the cloud's own host alone, whatever Azure's answers name, and every list ends."""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import links
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.classic import ClassicService
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm.clouds import CLOUDS, Cloud
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import AzureBackupError

AZURE = "https://management.azure.com"
NEAR = "https://127.0.0.1:8443"
ELSEWHERE = [
    "https://evil.example/next",
    "https://management.azure.com.evil.example/next",
    "https://evilmanagement.azure.com/next",
    "https://management.azure.com:8443/next",
    "https://management.azure.com@evil.example/next",
    "https://user:secret@management.azure.com/next",
    "https://evil.example\\@management.azure.com/next",
    "https://evil.example\\.management.azure.com/next",
    "https://a.b.management.azure.com/next",
    "https://management.usgovcloudapi.net/next",
    "http://management.azure.com/next",
]
NO_URLS = ["https://[::1/next", "https://management.azure.com:port/next", "https://management.\nazure.com/next"]
OWN = [
    f"{AZURE}/next?a=1",
    f"{AZURE}:443/next",
    "https://MANAGEMENT.azure.com/next",
    "https://westeurope.management.azure.com/next",
    "/next?a=1",
    "//evil.example/next",  # which the clients append to their own host
]
PAGE = {"value": [{"id": "/v", "name": "v"}]}


def typed(arm: Any) -> Any:
    return arm.all_pages("list the vaults", arm.vaults.vaults.list_by_subscription_id)


def untyped(arm: Any) -> Any:
    return arm.get_all("list the vaults", "/subscriptions/s/vaults", "2021-01-01")


def asked_of_graph(arm: Any) -> Any:
    return arm.query("ask Azure Resource Graph", "resources", ["s"])


def waited_for(arm: Any) -> Any:
    return arm.wait("change vault v", 30, arm.vaults.vaults.begin_update, "g", "v", {})


def failure(call: Any, *args: Any) -> AzureBackupError:
    with pytest.raises(AzureBackupError) as caught:
        call(*args)
    assert "nothing was sent" in caught.value.message or caught.value.code != "ForeignHost"
    assert "secret" not in caught.value.message and "\n" not in caught.value.message
    return caught.value


def hosts(wire: Any) -> set[str]:
    assert all("Authorization" in each.headers for each in wire.seen)
    return {(urlsplit(each.url).hostname or "") for each in wire.seen}


@pytest.mark.parametrize("listing", [typed, untyped])
@pytest.mark.parametrize("link", ELSEWHERE)
def test_no_page_of_a_list_is_fetched_elsewhere(arm, wire, listing, link):
    wire.answer(200, {**PAGE, "nextLink": link}).answer(200, PAGE)
    error = failure(listing, arm)
    assert error.code == "ForeignHost" and error.message.startswith("Could not list the vaults: Azure's answer named ") and AZURE in error.message
    assert hosts(wire) == {"management.azure.com"} and len(wire.seen) == 1


@pytest.mark.parametrize("listing", [typed, untyped])
@pytest.mark.parametrize("link", [*NO_URLS, 5, {"a": 1}, ["/next"]])
def test_a_link_that_is_no_url(arm, wire, listing, link):
    wire.answer(200, {**PAGE, "nextLink": link}).answer(200, PAGE)
    assert failure(listing, arm).code == "InvalidLink" and len(wire.seen) == 1


@pytest.mark.parametrize("listing", [typed, untyped])
@pytest.mark.parametrize("link", OWN)
def test_pages_of_the_clouds_own_hosts_are_read(arm, wire, listing, link):
    wire.answer(200, {**PAGE, "nextLink": link}).answer(200, PAGE)
    assert len(listing(arm)) == 2 and all(host.endswith("management.azure.com") for host in hosts(wire))


@pytest.mark.parametrize("header", ["Azure_AsyncOperation", "Location"])
@pytest.mark.parametrize("link", [*ELSEWHERE, *NO_URLS])
def test_no_operation_is_followed_elsewhere(arm, wire, naps, header, link):
    wire.answer(202, None, **{header: link}, Retry_After="0").answer(200, {"status": "Succeeded"})
    assert failure(waited_for, arm).code == ("InvalidLink" if link in NO_URLS else "ForeignHost")
    assert hosts(wire) == {"management.azure.com"} and len(wire.seen) == 1


def test_an_operation_of_a_region_is_followed(arm, wire, naps):
    wire.answer(202, None, Azure_AsyncOperation="https://westeurope.management.azure.com/op?t=1", Retry_After="0")
    wire.answer(200, {"status": "Succeeded"}).answer(200, {"id": "/v"})
    waited_for(arm)
    assert hosts(wire) == {"westeurope.management.azure.com", "management.azure.com"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("link", [*ELSEWHERE, *NO_URLS])
def test_no_redirect_is_followed_elsewhere(arm, wire, status, link):
    wire.answer(status, None, Location=link).answer(200, PAGE)
    assert failure(typed, arm).code == ("InvalidLink" if link in NO_URLS else "ForeignHost")
    assert hosts(wire) == {"management.azure.com"} and len(wire.seen) == 1


def test_a_redirect_of_a_write_carries_no_second_tenants_token(arm, wire):
    arm._other_tenant = "other.example"
    arm._credential.of = lambda tenant: arm._credential
    wire.answer(307, None, Location="https://evil.example/v").answer(200, {"id": "/v"})
    assert failure(arm.send, "change vault v", arm.vaults.vaults.begin_update, "g", "v", {}).code == "ForeignHost"
    assert hosts(wire) == {"management.azure.com"} and "x-ms-authorization-auxiliary" in wire.seen[0].headers


def test_a_redirect_at_home_is_followed(arm, wire):
    wire.answer(307, None, Location="/moved?api-version=1").answer(200, PAGE)
    assert len(typed(arm)) == 1 and [urlsplit(each.url).path for each in wire.seen][1] == "/moved"


@pytest.mark.parametrize(
    ("arm_url", "link", "is_own"),
    [
        (NEAR, f"{NEAR}/next", True),
        (NEAR, "https://127.0.0.1:9443/next", False),
        (NEAR, "https://127.0.0.1/next", False),
        (NEAR, "https://localhost:8443/next", False),
        (f"{NEAR}/arm", f"{NEAR}/arm/next", True),
        ("https://arm.stack.example", "https://west.arm.stack.example/next", False),
        ("https://westeurope.management.azure.com", f"{AZURE}/next", True),
        ("https://westeurope.management.azure.com", "https://northeurope.management.azure.com/next", True),
        (CLOUDS["AzureUSGovernment"].arm_url, "https://usgovvirginia.management.usgovcloudapi.net/next", True),
        (CLOUDS["AzureUSGovernment"].arm_url, f"{AZURE}/next", False),
    ],
)
def test_the_host_is_that_of_the_cloud_in_use(arm, wire, arm_url, link, is_own):
    arm.cloud = dataclasses.replace(arm.cloud, arm_url=arm_url)
    wire.answer(200, {**PAGE, "nextLink": link}).answer(200, PAGE)
    if is_own:
        assert len(typed(arm)) == 2
    else:
        error = failure(typed, arm)
        assert error.code == "ForeignHost" and arm_url in error.message and len(wire.seen) == 1


def test_the_classic_service_gets_its_requests_at_its_own_host(arm, wire):
    arm.cloud = Cloud(NEAR, NEAR, f"{NEAR}/.default")
    wire.answer(307, None, Location=f"{NEAR}/s/cloudservices").answer(200, b"<x/>")
    error = failure(ClassicService(arm, "https://classic.stack.example").services)
    assert error.code == "ForeignHost" and hosts(wire) == {"classic.stack.example"}


@pytest.mark.parametrize("listing", [typed, untyped])
@pytest.mark.parametrize("laps", [1, 2, 5])
def test_a_list_that_leads_back_to_itself_ends(arm, wire, listing, laps):
    for _round in range(3):
        for number in range(laps):
            wire.answer(200, {**PAGE, "nextLink": f"{AZURE}/next?page={number}"})
    assert failure(listing, arm).code == "EndlessList" and len(wire.seen) == laps + 1


def test_a_query_that_leads_back_to_itself_ends(arm, wire):
    wire.answer(200, {"data": [{"id": "/v"}], "$skipToken": "again"})
    assert failure(asked_of_graph, arm).code == "EndlessList" and len(wire.seen) == 2


@pytest.mark.parametrize("listing", [typed, untyped, asked_of_graph])
def test_a_list_of_ever_new_pages_ends(arm, wire, listing, monkeypatch):
    monkeypatch.setattr(links, "MOST_PAGES", 40)
    for number in range(60):
        wire.answer(200, {**PAGE, "nextLink": f"{AZURE}/next?page={number}", "$skipToken": str(number)})
    error = failure(listing, arm)
    assert error.code == "EndlessList" and "40 pages" in error.message and len(wire.seen) == 40


def test_ten_thousand_vms_one_on_a_page_are_read():
    pages = links.Pages()
    for number in range(10_000):
        assert pages.follow(f"{AZURE}/next?page={number}")
    assert pages.follow(None) == ""
