# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_server sets up, from its options and what it read of the host. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy import server
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._network import endpoints
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: proxy_server_plan
short_description: Plan a proxy for backup clients
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Checks the options of the role P(safeharbor.azure_backup.proxy_server#role), and lists the host names that its proxy lets through.
  - With the facts of a host it says too which firewall of the host gets the rules.
positional: _input
options:
  _input:
    description: The options of the role without their prefix.
    type: dict
    required: true
  firewalls:
    description: What each firewall's own command for its state says, by firewall, as C(rc) and C(stdout); none where it is not installed.
    type: dict
  host:
    description: The name of the proxy's host, which goes into the salt of the users' passwords.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: See which names the proxy lets through
  ansible.builtin.debug:
    msg: "{{ (options | safeharbor.azure_backup.proxy_server_plan).names }}"
  vars:
    options:
      {cloud: AzureCloud, regions: [westeurope], mars_agent: false, names: [], port: 3128, client_networks: [10.1.0.0/16], users: [], firewall: auto}
"""

RETURN = r"""
_value:
  description:
    - RV(ignore:problems) lists what is wrong, in sentences.
    - RV(ignore:names) are the host names that the proxy lets through, RV(ignore:networks_4) and RV(ignore:networks_6) the networks of its clients.
    - RV(ignore:passwords) is the file of the users with the hashes of their passwords.
    - RV(ignore:firewall) is the firewall that gets the rules, none for no one, and RV(ignore:firewalls) are those that are installed.
  type: dict
"""

_ACTIVE = {"firewalld": "running", "ufw": "Status: active"}


@takes(options={"port": "int", "mars_agent": "bool"})
def proxy_server_plan(options: dict[str, Any], firewalls: dict[str, Any] | None = None, host: str = "") -> dict[str, Any]:
    """{problems, names, networks_4, networks_6, passwords, firewall, firewalls}."""
    problems = server.check(options)
    chosen: str | None = None
    installed: list[str] = []
    if not problems and firewalls is not None:
        installed = [name for name in server.FIREWALLS if firewalls[name]]
        active = [name for name, mark in _ACTIVE.items() if firewalls[name] and mark in firewalls[name]["stdout"].splitlines()]
        chosen, wrong = server.choose_firewall(options["firewall"], active, installed)
        problems += wrong
    plan = {"problems": [f"{each.option}: {each.text}" for each in problems], "firewall": chosen, "firewalls": installed}
    if problems:
        return plan
    return plan | {
        "names": endpoints.names(options["cloud"], options["regions"], options["mars_agent"], server.host_names(options["names"])),
        "networks_4": server.networks(options["client_networks"], 4),
        "networks_6": server.networks(options["client_networks"], 6),
        "passwords": server.passwords(options["users"], host),
    }


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_server_plan": proxy_server_plan}
