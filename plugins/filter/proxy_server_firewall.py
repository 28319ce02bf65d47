# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the rules that a host's firewall has to the commands that make it let the clients of a proxy in, and nobody else. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy import server
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils._roles.values import takes

DOCUMENTATION = r"""
name: proxy_server_firewall
short_description: Plan the firewall rules of a proxy
version_added: 1.0.0
author:
  - Safe Harbor contributors (@safeharbor)
description:
  - Compares the rules of a host's firewall with those that the role P(safeharbor.azure_backup.proxy_server#role) wants, and lists the commands
    between the two. Rules of others are left alone.
positional: _input
options:
  _input:
    description:
      - What the firewall's own commands printed.
      - For V(ufw) of C(ufw show added); for V(firewalld) of C(firewall-cmd --list-all-zones), the same with C(--permanent), and C(--get-default-zone);
        for V(nftables) of C(nft --json list chains).
    type: list
    elements: str
    required: true
  firewall:
    description: Which firewall.
    type: str
    choices: [firewalld, ufw, nftables]
    required: true
  port:
    description: The proxy's port.
    type: int
    required: true
  clients:
    description: The networks of the clients; none to remove the rules.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: See what would be done
  ansible.builtin.debug:
    msg: "{{ [''] | safeharbor.azure_backup.proxy_server_firewall('ufw', 3128, ['10.1.0.0/16']) }}"
"""

RETURN = r"""
_value:
  description:
    - For V(ufw) and V(firewalld) a list of commands, each a list of words.
    - For V(nftables) a list of the chains that drop by default, as V(inet filter input), in which the clients have to be accepted too.
  type: list
"""


@takes(port="int")
def proxy_server_firewall(outputs: list[str], firewall: str, port: int, clients: list[str]) -> list[Any]:
    if firewall == "ufw":
        return server.ufw_commands(outputs[0], port, clients)
    if firewall == "firewalld":
        running, permanent, default_zone = outputs
        return server.firewalld_commands(running, permanent, default_zone, port, clients)
    return server.dropping_chains(outputs[0])


class FilterModule:
    def filters(self) -> dict[str, Any]:
        return {"proxy_server_firewall": proxy_server_firewall}
