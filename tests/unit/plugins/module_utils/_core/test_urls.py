# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs of options: which are taken, and that no error repeats what gives access."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import auth
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core import urls
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import agent
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy import server as proxy_server
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.options import Proxy, check
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade import classic
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import rules

GUID = "00000000-0000-4000-8000-000000000001"
SECRET = "OpenSesame"
WITH_PASSWORD = [
    f"https://admin:{SECRET}@host.example",
    f"https://admin:{SECRET}@host.example:8443/x?y=1",
    f"http://admin:{SECRET}@host.example",
    f"https://admin:a/{SECRET}@host.example",
    f"https://admin:a#{SECRET}@host.example",
    f"https://admin:a@{SECRET}@host.example",
    f"https://{SECRET}@host.example",
    f"admin:{SECRET}@host.example",
]


def sign_in(option: str, url: str) -> list[Any]:
    return auth.check({"auth_source": "default", "subscription_id": GUID, option: url})


def server(name: str) -> list[Any]:
    options = {"cloud": "AzureCloud", "names": [name], "port": 1, "client_networks": ["10.0.0.0/8"], "regions": [], "mars_agent": False, "users": []}
    return proxy_server.check(options)


CHECKS: dict[str, Any] = {
    "arm_url": lambda url: sign_in("arm_url", url),
    "authority_url": lambda url: sign_in("authority_url", url),
    "classic_url": lambda url: classic.check_options({"vault_name": "vault-we", "classic_url": url}),
    "package": lambda url: agent.check_options({"all_vms": True, "windows_package": {"url": url}}),
    "key_uri": lambda url: rules.check_options({"encryption": {"key_uri": f"{url}/keys/k"}}),
    "proxy_host": lambda url: check(Proxy(url, 3128), "proxy_client_"),
    "no_proxy": lambda url: check(Proxy("host", 3128, direct=[url]), "proxy_client_"),
    "proxy names": server,
}


@pytest.mark.parametrize("url", WITH_PASSWORD)
@pytest.mark.parametrize("option", CHECKS)
def test_no_error_repeats_a_password(option: str, url: str) -> None:
    problems = [str(each) for each in CHECKS[option](url)]
    assert problems and SECRET not in "".join(problems)


def test_a_cloud_by_its_url() -> None:
    for url in (*WITH_PASSWORD[:-2], "http://host.example"):
        (problem,) = sign_in("cloud", url)
        assert problem.option == "cloud" and SECRET not in problem.text
    assert sign_in("cloud", "https://host.example") == []


@pytest.mark.parametrize("url", ["https://host.example", "https://host.example/", "https://127.0.0.1:8443", "https://[::1]:8443/arm", "https://HOST.example"])
def test_endpoints(url: str) -> None:
    assert urls.check_https("arm_url", url) == []


@pytest.mark.parametrize("url", ["http://host", "host", "https://", "https:///x", "https://host:port", "https://[::1", "https://h?x=1", "https://h#x"])
@pytest.mark.parametrize("odd", ["{}", "{}\n", "{} ", "{}\\"])
def test_no_endpoints(url: str, odd: str) -> None:
    for text in (odd.format(url), odd.format("https://host") if odd != "{}" else url):
        assert [each.option for each in urls.check_https("arm_url", text)] == ["arm_url"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://admin:pw@old:8080", "http://***@old:8080"),
        ("admin:pw@old:8080", "***@old:8080"),
        ("admin:p//w@old:8080", "***@old:8080"),
        ("http://old:8080", "http://old:8080"),
        ("old:8080", "old:8080"),
        ("http=http://a:b@one:1", "http=http://***@one:1"),
    ],
)
def test_what_is_left_of_a_url(text: str, shown: str) -> None:
    assert urls.redacted(text) == shown


def test_signatures_are_secret_too() -> None:
    package = "https://u.blob.example/a.msi?sv=1&sig=SeCrEt%3D&sp=r"
    assert urls.redacted(package) == "https://u.blob.example/a.msi?sv=1&sig=***&sp=r"
    options = {"windows_package": {"url": package}, "arm_url": "https://admin:pw@host", "tags": ["a:b@c.example", 5, None]}
    assert urls.secrets(options) == {"sig=SeCrEt%3D", "admin:pw@"}
