# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_client changes on a Linux host, from what it read there. Pure."""

from __future__ import annotations

import base64
import json
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._domain import proxy_client
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._domain.proxy import Proxy, check
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._errors import Problem

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
      - What was read, as a dictionary of task results.
      - C(files) are results of M(ansible.builtin.slurp) by loop over the paths, C(units) the result of C(systemctl show),
        C(user) the result of C(id -u), and C(answer) what the proxy said.
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


def _text(path: str, content: str) -> str:
    try:
        return base64.b64decode(content).decode()
    except UnicodeDecodeError as error:
        raise AnsibleFilterError(f"{path} is not UTF-8 text, so it is left alone: byte {error.start} is {error.object[error.start]:#04x}") from error


def _files(results: list[dict[str, Any]]) -> tuple[dict[str, str | None], list[Problem]]:
    """What slurp read, None for a file that is not there, and what it could not read."""
    files: dict[str, str | None] = {}
    problems = []
    for each in results:
        path = each["item"]
        if "content" in each:
            files[path] = _text(path, each["content"])
        elif "not found" in each.get("msg", ""):
            files[path] = None
        else:
            problems.append(Problem(path, each.get("msg", "could not be read")))
    return files, problems


def _answer(answer: dict[str, Any] | None) -> list[Problem]:
    """What the check of the proxy found; it is asked from the host itself."""
    if not answer or answer.get("skipped"):
        return []
    lines = answer.get("stdout_lines") or [""]
    try:
        return [Problem(each["what"], each["why"]) for each in json.loads(lines[-1])]
    except ValueError:
        return [Problem("The proxy could not be asked", str(answer.get("stderr") or answer.get("msg") or answer))]


def _sentences(problems: list[Problem]) -> list[str]:
    return [f"{each.option}: {each.text}" for each in problems]


def proxy_client_plan(read: dict[str, Any], proxy: dict[str, Any] | None = None, environment: bool = True, agent: bool = True) -> dict[str, Any]:
    """{problems, writes, unit, restart}."""
    wanted = None
    problems: list[Problem] = []
    if proxy:
        wanted = Proxy(proxy["host"], proxy["port"], proxy.get("user") or None, proxy.get("password") or None, tuple(proxy.get("no_proxy") or ()))
        problems += check(wanted, PREFIX)
    if problems or not read:
        return {"problems": _sentences(problems), "writes": [], "unit": None, "restart": False}
    if str(read["user"].get("stdout", "")).strip() != "0":
        problems.append(Problem("become", "this role writes files of root: set become to true for it"))
    if read["units"].get("rc") != 0:
        problems.append(Problem("systemctl", "this host does not run systemd, which this role needs"))
    files, unreadable = _files(read["files"]["results"])
    host = proxy_client.Host(files, proxy_client.parse_units(read["units"].get("stdout", "")))
    if not problems and not unreadable:
        problems += [*proxy_client.check(host, wanted, environment, agent), *_answer(read.get("answer"))]
    problems += unreadable
    if problems:
        return {"problems": _sentences(problems), "writes": [], "unit": None, "restart": False}
    changes = proxy_client.writes(host, proxy_client.wanted(host, wanted, environment, agent))
    unit = host.unit["Id"] if host.unit else None
    return {"problems": [], "writes": changes, "unit": unit, "restart": unit is not None and proxy_client.restarts(host, changes)}


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_client_plan": proxy_client_plan}
