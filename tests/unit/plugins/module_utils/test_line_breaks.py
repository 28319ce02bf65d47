# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line break in an option is refused, wherever it stands: what is checked becomes lines of files, commands and headers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.proxy_server_plan import proxy_server_plan
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._arm import auth
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core import ids, names
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy import options as proxy
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import security_rule, traffic
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._policy.rules import check_name
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._resource_guard import rules
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._upgrade import classic
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault import diagnostic_setting
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._vault.rules import check_options

OPTIONS: dict[str, Any] = {
    "cloud": "AzureCloud", "regions": [], "names": [], "mars_agent": False, "port": 3128, "client_networks": ["10.1.0.0/16"], "users": [], "firewall": "auto",
}  # fmt: skip
GROUP = "/subscriptions/s/resourceGroups/g/providers"
GUID = "00000000-0000-4000-8000-000000000001"
BREAKS = ["{}\n", "\n{}", "{}\nhttp_access allow all", "{}\r", "{}\u2028"]


def server(**change: Any) -> list[str]:
    return proxy_server_plan(OPTIONS | change)["problems"]


def sign_in(**change: Any) -> list[Any]:
    options = {"auth_source": "default", "subscription_id": GUID, **change}
    return auth.check(options)


CHECKS: dict[str, tuple[str, Any]] = {
    "proxy names": ("ok.example.com", lambda text: server(names=[text])),
    "proxy users": ("bob", lambda text: server(users=[{"name": text, "password": "x"}])),
    "proxy networks": ("10.2.0.0/16", lambda text: server(client_networks=[text])),
    "proxy IPv6 networks": ("fd00::/64", lambda text: server(client_networks=[text])),
    "proxy host": ("proxy.example.com", lambda text: proxy.check(proxy.Proxy(text, 3128), "p_")),
    "proxy address": ("10.0.0.4", lambda text: proxy.check(proxy.Proxy(text, 3128), "p_")),
    "no_proxy": (".example.com", lambda text: proxy.check(proxy.Proxy("a.example.com", 3128, direct=[text]), "p_")),
    "subscription": (GUID, lambda text: sign_in(subscription_id=text)),
    "tenant": ("contoso.example", lambda text: sign_in(tenant_id=text)),
    "vault": ("vault-we", names.check_vault_name),
    "group": ("backup", names.check_group),
    "policy": ("nightly", check_name),
    "rule": ("allow", lambda text: security_rule.check_name(text, "name")),
    "setting": ("reports", lambda text: diagnostic_setting.check_options({"name": text})),
    "workspace": (f"{GROUP}/Microsoft.OperationalInsights/workspaces/w", lambda text: diagnostic_setting.check_options({"workspace_id": text})),
    "guard": (f"{GROUP}/Microsoft.DataProtection/resourceGuards/g", lambda text: check_options({"resource_guard": text})),
    "guard request": (f"{GROUP}/Microsoft.DataProtection/resourceGuards/g/xRequests/r", lambda text: rules.check_guard({rules.OPTION: [text]})),
    "operation": (f"{GUID}-x", lambda text: classic.check_options({"vault_name": "vault-we", "retry_operation": text})),
    "VM": (f"{GROUP}/Microsoft.Compute/virtualMachines/web", lambda text: [] if ids.is_vm_id(text) else ["no VM"]),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS, ids=ascii)
@pytest.mark.parametrize("what", CHECKS)
def test_a_line_break_is_refused(what: str, broken: str) -> None:
    good, check = CHECKS[what]
    assert check(good) == []
    assert check(broken.format(good))


@pytest.mark.parametrize("text", ["fd00::%x\nhttp_access allow all #/64", "fe80::1%eth0", "fe80::%1/64"])
def test_a_scope_id_is_refused(text: str) -> None:
    (problem,) = server(client_networks=[text])
    assert "scope id" in problem and "\n" not in problem
    assert proxy.check(proxy.Proxy(text, 3128), "p_") and traffic.check_addresses("destination", [text])


@pytest.mark.parametrize("name", ["#bob", "bob\x00", "bo\tb", "bob\x7f", "\x85bob"])
def test_a_user_of_the_proxy_is_a_line_of_a_file(name: str) -> None:
    assert len(server(users=[{"name": name, "password": "x"}])) == 1
