# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_client changes on a Linux host, from what it read there. Pure."""

from __future__ import annotations

import base64
from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._core.errors import Problem
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy import client
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.options import Proxy, check
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: proxy_client_plan
short_description: Plan the proxy settings of a Linux host
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Says which files of a Linux host the role P(safeharbor.azure_backup.proxy_client#role) has to write, or what stands against it.
  - Works on what the role read from the host and changes nothing itself.
positional: _input
options:
  _input:
    description:
      - What the role's program C(look.py) printed; C(uid), C(files) by path, in base64, C(units) from C(systemctl show), and C(answer), what is wrong
        with the proxy.
      - An empty dictionary checks the options alone.
    type: dict
    required: true
  proxy:
    description: The proxy as a dictionary of C(host), C(port), C(user), C(password) and C(no_proxy); none to remove the settings.
    type: dict
  environment:
    description: Whether C(/etc/environment) gets the proxy.
    type: bool
    default: true
  agent:
    description: Whether the VM agent gets the proxy.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Check the options
  ansible.builtin.debug:
    msg: "{{ {} | safeharbor.azure_backup.proxy_client_plan(proxy={'host': '10.1.0.4', 'port': 3128}) }}"
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:problems) lists what forbids to write, in sentences.
    - RV(ignore:writes) is a list of dictionaries with C(path), C(state), C(content), C(mode) and C(secret).
    - RV(ignore:unit) is the name of the agent's service, none where there is no agent.
    - RV(ignore:restart) says whether the agent's service has to start again.
  type: dict
"""

PREFIX = "proxy_client_"


def _files(contents: dict[str, Any]) -> tuple[dict[str, str | None], list[Problem]]:
    """What was read, None for a file that is not there, and what could not be read."""
    files: dict[str, str | None] = {}
    problems = []
    for path, content in contents.items():
        if isinstance(content, dict):
            problems.append(Problem(path, content["error"]))
            continue
        try:
            files[path] = None if content is None else base64.b64decode(content).decode()
        except UnicodeDecodeError as error:
            problems.append(Problem(path, f"is not UTF-8 text, so it is left alone: byte {error.start} is {error.object[error.start]:#04x}"))
    return files, problems


def _sentences(problems: list[Problem]) -> list[str]:
    return [f"{each.option}: {each.text}" for each in problems]


@takes(proxy={"port": "int"}, environment="bool", agent="bool")
def proxy_client_plan(read: dict[str, Any], proxy: dict[str, Any] | None = None, environment: bool = True, agent: bool = True) -> dict[str, Any]:
    """{problems, writes, unit, restart}."""
    wanted = None
    problems: list[Problem] = []
    if proxy:
        wanted = Proxy(proxy["host"], proxy["port"], proxy.get("user") or None, proxy.get("password") or None, tuple(proxy.get("no_proxy") or ()))
        problems += check(wanted, PREFIX)
    if problems or not read:
        return {"problems": _sentences(problems), "writes": [], "unit": None, "restart": False}
    if read["uid"] != 0:
        problems.append(Problem("become", "this role writes files of root: set become to true for it"))
    if read["units"] is None:
        problems.append(Problem("systemctl", "this host does not run systemd, which this role needs"))
    files, unreadable = _files(read["files"])
    host = client.ProxyHost(files, client.parse_units(read["units"] or ""))
    if not problems and not unreadable:
        problems += client.check(host, wanted, environment, agent)
    problems += [*unreadable, *(Problem(each["what"], each["why"]) for each in read["answer"])]
    if problems:
        return {"problems": _sentences(problems), "writes": [], "unit": None, "restart": False}
    changes = client.writes(host, client.wanted(host, wanted, environment, agent))
    unit = host.unit["Id"] if host.unit else None
    return {"problems": [], "writes": changes, "unit": unit, "restart": unit is not None and client.restarts(host, changes)}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_client_plan": proxy_client_plan}
