# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The options of a Squid that serves backup clients, and the commands that open a host's firewall to them alone. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..._core.errors import Problem
from ..._core.urls import redacted
from ..._network import endpoints
from .options import check_port
from .sha_crypt import sha512_crypt

FIREWALLS = ("firewalld", "ufw", "nftables")
# How the rules of this role are known from all others: ufw and nftables keep comments, firewalld keeps priorities.
TAG = "azure_backup_proxy"
_ALLOW_PRIORITY, _REJECT_PRIORITY = -3129, -3128
_NAME = re.compile(r"\.?([a-z0-9_-]+\.)+[a-z][a-z0-9-]*", re.IGNORECASE)
# The beginning of a line in basic_ncsa_auth's file, where # makes a comment of it.
_USER = re.compile(r"[^:\s\x00-\x1f\x7f#][^:\s\x00-\x1f\x7f]*")
Command = list[str]


def host_names(patterns: Iterable[str]) -> list[str]:
    """Names as Squid writes them: .example.com for *.example.com."""
    return [each.removeprefix("*") for each in patterns]


def networks(texts: Iterable[str], version: int) -> list[str]:
    """The networks of one IP version, in one spelling."""
    found = [ipaddress.ip_network(text) for text in texts]
    return [str(network) for network in found if network.version == version]


def _check_networks(option: str, texts: Sequence[str]) -> list[Problem]:
    problems = [] if texts else [Problem(option, "name at least one network, or no client may use the proxy")]
    for text in texts:
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            problems.append(Problem(option, str(error)))
            continue
        if "%" in text:
            problems.append(Problem(option, f"{text!r} has a scope id, which means something on one host only; leave out % and what follows it"))
            continue
        if network.prefixlen == 0:
            problems.append(Problem(option, f"{text} is everybody: an open proxy is abused within hours. Name the networks of the VMs"))
    return problems


def _check_users(option: str, users: Sequence[dict[str, Any]]) -> list[Problem]:
    names = [str(user.get("name", "")) for user in users]
    text = "is not a valid user name: no colon, blank or control character, and no # in front"
    problems = [Problem(option, f"{name!r} {text}") for name in names if not _USER.fullmatch(name)]
    problems += [Problem(option, f"{name} is there more than once") for name in sorted({name for name in names if names.count(name) > 1})]
    return problems + [Problem(option, f"{user.get('name')} has no password") for user in users if not user.get("password")]


def check(options: dict[str, Any]) -> list[Problem]:
    """All that is wrong with the role's options, which are here without their prefix."""
    cloud = options["cloud"]
    if cloud not in endpoints.BACKUP:
        return [Problem("proxy_server_cloud", f"{cloud} is not one of {', '.join(endpoints.BACKUP)}")]
    wrong_names = [each for each in host_names(options["names"]) if not _NAME.fullmatch(each)]
    return [
        *check_port("proxy_server_port", options["port"]),
        *_check_networks("proxy_server_client_networks", options["client_networks"]),
        *endpoints.check_regions("proxy_server_regions", cloud, options["regions"]),
        *endpoints.check_mars("proxy_server_mars_agent", cloud, options["mars_agent"]),
        *(Problem("proxy_server_names", f"{redacted(each)!r} is not a host name; write *.example.com for a whole domain") for each in wrong_names),
        *_check_users("proxy_server_users", options["users"]),
    ]


def passwords(users: Iterable[dict[str, Any]], host: str) -> str:
    """The users as basic_ncsa_auth reads them. The salt is the same in every run, so that a run without changes makes none."""
    salted = ((user, hashlib.sha256(f"{host}\n{user['name']}".encode()).hexdigest()[:16]) for user in users)
    return "".join(f"{user['name']}:{sha512_crypt(str(user['password']), salt)}\n" for user, salt in salted)


def choose_firewall(wanted: str, active: Sequence[str], installed: Sequence[str]) -> tuple[str | None, list[Problem]]:
    """(which firewall gets the rules, problems). active are those that filter now; of installed ones only nftables works when it does not."""
    option = "proxy_server_firewall"
    if wanted == "none":
        return None, []
    if wanted == "auto":
        chosen = next((each for each in FIREWALLS if each in active), "nftables" if "nftables" in installed else None)
        return chosen, [] if chosen else [Problem(option, "no firewall is installed here: install one, or set this to none")]
    if wanted not in installed:
        return None, [Problem(option, f"{wanted} is not installed here")]
    if wanted != "nftables" and wanted not in active:
        return None, [Problem(option, f"{wanted} is installed and not active: start it first; this role does not, since that can lock you out")]
    return wanted, []


def ufw_commands(added: str, port: int, clients: Sequence[str]) -> list[Command]:
    """What makes of `ufw show added` the wanted rules. Their order counts, so that all are added anew when one differs."""
    tag = f" comment '{TAG}'"
    have = [line.removeprefix("ufw ").removesuffix(tag) for line in added.splitlines() if line.startswith("ufw ") and line.endswith(tag)]
    # ufw shows a network of one address as the address.
    sources = {version: [each.removesuffix(f"/{full}") for each in networks(clients, version)] for version, full in ((4, 32), (6, 128))}
    allow = {version: [f"allow from {source} to any port {port} proto tcp" for source in sources[version]] for version in sources}
    deny = [f"deny {port}/tcp"] if clients else []
    # ufw shows what holds for IPv6 alone at the end, although it comes before the refusal.
    if have == [*allow[4], *deny, *allow[6]]:
        return []
    return [["ufw", "delete", *rule.split()] for rule in have] + [["ufw", *rule.split(), "comment", TAG] for rule in (*allow[4], *allow[6], *deny)]


def _zones(listing: str) -> dict[str, tuple[bool, list[str]]]:
    """{zone: (active, its rich rules)} of `firewall-cmd --list-all-zones`."""
    zones: dict[str, tuple[bool, list[str]]] = {}
    for block in listing.strip().split("\n\n"):
        head, *lines = block.strip("\n").splitlines() or [""]
        if head:
            zones[head.split()[0]] = ("active" in head, [line.strip() for line in lines if line.strip().startswith("rule ")])
    return zones


def _rich_rules(port: int, clients: Sequence[str]) -> list[str]:
    rules = [
        f'rule priority="{_ALLOW_PRIORITY}" family="ipv{version}" source address="{network}" port port="{port}" protocol="tcp" accept'
        for version in (4, 6)
        for network in networks(clients, version)
    ]
    return [*rules, f'rule priority="{_REJECT_PRIORITY}" port port="{port}" protocol="tcp" reject'] if rules else []


def firewalld_commands(running: str, permanent: str, default_zone: str, port: int, clients: Sequence[str]) -> list[Command]:
    """What makes the wanted rich rules of `firewall-cmd --list-all-zones`, now and after a restart.

    They go into the default zone and every one that has an interface or a source, since the clients' packets may come in by any.
    """
    ours = tuple(f'rule priority="{priority}"' for priority in (_ALLOW_PRIORITY, _REJECT_PRIORITY))
    target = {default_zone.strip(), *(zone for zone, (active, _rules) in _zones(running).items() if active)}
    commands = []
    for options, listing in ((["--permanent"], permanent), ([], running)):
        for zone, (_active, rules) in _zones(listing).items():
            want = _rich_rules(port, clients) if zone in target else []
            have = [rule for rule in rules if rule.startswith(ours)]
            head = ["firewall-cmd", *options, f"--zone={zone}"]
            commands += [[*head, f"--remove-rich-rule={rule}"] for rule in have if rule not in want]
            commands += [[*head, f"--add-rich-rule={rule}"] for rule in want if rule not in have]
    return commands


def dropping_chains(ruleset: str) -> list[str]:
    """The chains of `nft -j list chains` that drop what no rule of theirs takes: an accept elsewhere does not help against them."""
    chains = [each["chain"] for each in json.loads(ruleset or '{"nftables": []}')["nftables"] if "chain" in each]
    dropping = [chain for chain in chains if chain.get("hook") == "input" and chain.get("policy") == "drop" and chain["table"] != TAG]
    return [f"{chain['family']} {chain['table']} {chain['name']}" for chain in dropping if chain["family"] in ("inet", "ip", "ip6")]
