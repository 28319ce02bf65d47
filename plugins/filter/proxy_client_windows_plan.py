# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_client changes on a Windows host, from what it read of the registry. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import Problem
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy import windows
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.options import Proxy, check
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: proxy_client_windows_plan
short_description: Plan the proxy settings of a Windows host
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Says which proxy the role P(safeharbor.azure_backup.proxy_client#role) has to set on a Windows host, or what stands against it.
positional: _input
options:
  _input:
    description: Keys of the registry, as results of M(ansible.windows.win_reg_stat) by loop over their paths. None checks the options alone.
    type: list
    elements: dict
    required: true
  proxy:
    description: The proxy as a dictionary of C(host), C(port), C(user), C(password) and C(no_proxy); C(host) is empty to copy from a user.
    type: dict
  copy_from:
    description: The path of the Internet Settings of the user to copy from.
    type: str
"""

EXAMPLES = r"""
- name: Check the options
  ansible.builtin.debug:
    msg: "{{ [] | safeharbor.azure_backup.proxy_client_windows_plan(proxy={'host': '10.1.0.4', 'port': 3128}) }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:problems) lists what forbids to write, in sentences.
    - RV(ignore:server), RV(ignore:bypass) and RV(ignore:script) are the settings, RV(ignore:endpoint) the C(host) and C(port) to ask first.
    - RV(ignore:before) is what to keep for the removal, and RV(ignore:restore) what a removal puts back, none when there is nothing to remove.
    - RV(ignore:write) says whether anything is left to do.
  type: dict
"""

PREFIX = "proxy_client_"


def _check(proxy: dict[str, Any], copy: bool) -> list[Problem]:
    problems = []
    if bool(proxy.get("host")) == copy:
        problems.append(Problem(f"{PREFIX}host", f"set either this or {PREFIX}copy_from"))
    if proxy.get("user") or proxy.get("password"):
        problems.append(Problem(f"{PREFIX}user", "Local System has nowhere to keep credentials for a proxy on Windows: let the proxy trust the network"))
    if proxy.get("host"):
        problems += check(Proxy(proxy["host"], proxy["port"], direct=tuple(proxy.get("no_proxy") or ())), PREFIX)
    return problems


@takes(proxy={"port": "int"})
def proxy_client_windows_plan(read: list[dict[str, Any]], proxy: dict[str, Any] | None = None, copy_from: str = "") -> dict[str, Any]:
    """{problems, server, bypass, script, endpoint, before, restore, write}."""
    problems = _check(proxy, bool(copy_from)) if proxy else []
    registry = windows.Registry({each["item"]: each.get("properties") or {} for each in read})
    setting = windows.RegistrySetting()
    if read and proxy and not problems:
        copied = windows.setting_of(registry, copy_from) if copy_from else None
        setting = windows.wanted(Proxy(proxy["host"], proxy["port"], direct=tuple(proxy.get("no_proxy") or ())), copied)
        if not setting.server and not setting.script:
            problems.append(Problem(f"{PREFIX}copy_from", "this user has no proxy, or is not signed in: its settings are not in the registry"))
        else:
            problems += windows.check(registry, setting)
    host, port = setting.endpoint if setting.server else ("", 0)
    return {
        "problems": [f"{each.option}: {each.text}" for each in problems],
        "server": setting.server,
        "bypass": list(setting.bypass),
        "script": setting.script,
        "endpoint": {"host": host, "port": port},
        "before": windows.snapshot(registry) if registry.before is None else None,
        "restore": registry.before,
        "write": not problems and windows.differs(registry, setting),
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_client_windows_plan": proxy_client_windows_plan}
