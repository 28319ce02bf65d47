# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role proxy_server plans: options, and the firewall commands between what is and what should be."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.filter.proxy_server_firewall import proxy_server_firewall
from ansible_collections.safeharbor.azure_backup.plugins.filter.proxy_server_plan import proxy_server_plan

OPTIONS: dict[str, Any] = {
    "cloud": "AzureCloud", "regions": [], "names": [], "mars_agent": False, "port": 3128, "client_networks": ["10.1.0.0/16"], "users": [], "firewall": "auto",
}
MIXED = ["10.1.0.0/16", "10.2.0.4", "fd00:1::/64"]
TAG = "comment 'azure_backup_proxy'"


def firewalls(**states: str) -> dict[str, dict[str, Any] | None]:
    """What look.py prints of three firewalls, each absent, idle or active."""
    active = {"firewalld": "running\n", "ufw": "Status: active\n\nTo  Action  From\n", "nftables": "nftables v1.0.6\n"}
    idle = {"firewalld": {"rc": 252, "stdout": ""}, "ufw": {"rc": 0, "stdout": "Status: inactive\n"}, "nftables": None}
    return {name: {"absent": None, "idle": idle[name], "active": {"rc": 0, "stdout": active[name]}}[states.get(name, "absent")] for name in active}


@pytest.mark.parametrize(("wanted", "states", "chosen"), [
    ("auto", {"firewalld": "active", "nftables": "active"}, "firewalld"),
    ("auto", {"ufw": "active", "firewalld": "idle", "nftables": "active"}, "ufw"),
    ("auto", {"ufw": "idle", "firewalld": "idle", "nftables": "active"}, "nftables"),
    ("ufw", {"ufw": "active", "firewalld": "active"}, "ufw"),
    ("nftables", {"nftables": "active", "ufw": "active"}, "nftables"),
    ("none", {"ufw": "active"}, None),
    ("none", {}, None),
])
def test_which_firewall_gets_the_rules(wanted: str, states: dict[str, str], chosen: str | None) -> None:
    plan = proxy_server_plan(OPTIONS | {"firewall": wanted}, firewalls(**states))
    assert (plan["problems"], plan["firewall"]) == ([], chosen)
    assert sorted(plan["firewalls"]) == sorted(states)


@pytest.mark.parametrize(("wanted", "states", "word"), [
    ("auto", {}, "no firewall"),
    ("ufw", {"nftables": "active"}, "not installed"),
    ("firewalld", {"firewalld": "idle"}, "not active"),
    ("ufw", {"ufw": "idle"}, "not active"),
])
def test_a_firewall_that_cannot_be_used(wanted: str, states: dict[str, str], word: str) -> None:
    problems = proxy_server_plan(OPTIONS | {"firewall": wanted}, firewalls(**states))["problems"]
    assert len(problems) == 1
    assert problems[0].startswith("proxy_server_firewall: ")
    assert word in problems[0]


@pytest.mark.parametrize(("change", "option"), [
    ({"port": 0}, "port"), ({"port": 70000}, "port"), ({"client_networks": []}, "client_networks"), ({"client_networks": ["10.1.0.1/16"]}, "client_networks"),
    ({"client_networks": ["office"]}, "client_networks"),
    ({"client_networks": ["0.0.0.0/0"]}, "client_networks"), ({"client_networks": ["::/0"]}, "client_networks"),
    ({"cloud": "AzureGermanCloud"}, "cloud"), ({"regions": ["atlantis"]}, "regions"), ({"cloud": "AzureChinaCloud", "mars_agent": True}, "mars_agent"),
    ({"names": ["https://a.example"]}, "names"), ({"names": ["10.0.0.1"]}, "names"), ({"names": ["a b.example"]}, "names"), ({"names": ["*"]}, "names"),
    ({"users": [{"name": "a:b", "password": "x"}]}, "users"), ({"users": [{"name": "a", "password": ""}]}, "users"),
    ({"users": [{"name": "a", "password": "x"}, {"name": "a", "password": "y"}]}, "users"),
])
def test_wrong_options(change: dict[str, Any], option: str) -> None:
    assert [problem.partition(":")[0] for problem in proxy_server_plan(OPTIONS | change)["problems"]] == [f"proxy_server_{option}"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    change = {"port": 0, "client_networks": ["x", "y"], "regions": ["atlantis"], "names": ["*"]}
    assert len(proxy_server_plan(OPTIONS | change)["problems"]) == 5


def test_networks_are_told_apart_by_version() -> None:
    plan = proxy_server_plan(OPTIONS | {"client_networks": MIXED})
    assert (plan["networks_4"], plan["networks_6"]) == (["10.1.0.0/16", "10.2.0.4/32"], ["fd00:1::/64"])


def test_passwords_are_hashed_alike_in_every_run_and_otherwise_on_every_host() -> None:
    users = [{"name": "joe", "password": "geheim"}, {"name": "ann", "password": "geheim"}]
    first, again, other = (proxy_server_plan(OPTIONS | {"users": users}, host=host)["passwords"] for host in ("a", "a", "b"))
    assert first == again != other
    assert re.fullmatch(r"joe:\$6\$[0-9a-f]{16}\$\S{86}\nann:\$6\$[0-9a-f]{16}\$\S{86}\n", first)
    assert len({line.partition(":")[2] for line in (first + other).splitlines()}) == 4


class Ufw:
    """`ufw show added` as ufw 0.36 prints it: rules for IPv6 alone come last."""

    def __init__(self, *rules: str) -> None:
        self.rules = list(rules)

    def run(self, words: list[str]) -> None:
        assert words[0] == "ufw"
        if words[1] == "delete":
            self.rules.remove(next(rule for rule in self.rules if rule.partition(" comment")[0] == " ".join(words[2:])))
        else:
            assert words[-2] == "comment"
            self.rules.append(f"{' '.join(words[1:-2]).replace('/32', '')} comment '{words[-1]}'")

    @property
    def added(self) -> str:
        ordered = sorted(self.rules, key=lambda rule: "::" in rule)
        return "\n".join(["Added user rules (see 'ufw status' for running firewall):", *(f"ufw {rule}" for rule in ordered)])


@pytest.mark.parametrize("clients", [["10.1.0.0/16"], MIXED, ["fd00:1::/64"]])
def test_ufw_gets_its_rules_once_and_loses_them_all(clients: list[str]) -> None:
    ufw = Ufw("allow 22/tcp", "allow 3128/udp comment 'mine'")
    for command in proxy_server_firewall([ufw.added], "ufw", 3128, clients):
        ufw.run(command)
    ours = [rule for rule in ufw.rules if rule.endswith(TAG)]
    assert len(ours) == len(clients) + 1
    # The refusal is the last one: ufw takes the first rule that fits.
    assert ours[-1].startswith("deny 3128/tcp")
    assert proxy_server_firewall([ufw.added], "ufw", 3128, clients) == []
    for command in proxy_server_firewall([ufw.added], "ufw", 3128, []):
        ufw.run(command)
    assert ufw.rules == ["allow 22/tcp", "allow 3128/udp comment 'mine'"]


def test_ufw_another_port_or_client_takes_the_old_rules_away() -> None:
    ufw = Ufw()
    for port, clients in ((3128, ["10.1.0.0/16"]), (8080, ["10.9.0.0/16", "10.1.0.0/16"])):
        for command in proxy_server_firewall([ufw.added], "ufw", port, clients):
            ufw.run(command)
    assert [rule.removesuffix(f" {TAG}") for rule in ufw.rules] == [
        "allow from 10.9.0.0/16 to any port 8080 proto tcp", "allow from 10.1.0.0/16 to any port 8080 proto tcp", "deny 8080/tcp",
    ]


OWN_RULE = 'rule family="ipv4" source address="192.0.2.1" port port="3128" protocol="tcp" accept'


class Firewalld:
    """Two configurations, now and permanent, as firewall-cmd lists them."""

    def __init__(self, active: list[str]) -> None:
        self.active = active
        self.rules = {key: {"dmz": [], "public": [OWN_RULE], "work": []} for key in ("now", "permanent")}

    def run(self, words: list[str]) -> None:
        where = self.rules["permanent" if "--permanent" in words else "now"]
        zone = next(word.partition("=")[2] for word in words if word.startswith("--zone="))
        verb, _equals, rule = words[-1].partition("=")
        (where[zone].append if verb == "--add-rich-rule" else where[zone].remove)(rule)

    def listing(self, key: str) -> str:
        blocks = []
        for zone, rules in self.rules[key].items():
            head = f"{zone} (active)" if zone in self.active and key == "now" else zone
            blocks.append("\n".join([head, "  target: default", "  services: ssh", "  rich rules: ", *(f"\t{rule}" for rule in rules)]))
        return "\n\n".join(blocks) + "\n\n"

    def commands(self, port: int, clients: list[str]) -> list[list[str]]:
        return proxy_server_firewall([self.listing("now"), self.listing("permanent"), "public\n"], "firewalld", port, clients)


@pytest.mark.parametrize(("active", "zones"), [([], ["public"]), (["dmz"], ["dmz", "public"])])
def test_firewalld_gets_its_rules_in_every_zone_in_use(active: list[str], zones: list[str]) -> None:
    firewalld = Firewalld(active)
    for command in firewalld.commands(3128, MIXED):
        firewalld.run(command)
    for where in firewalld.rules.values():
        assert [zone for zone, rules in where.items() if len(rules) >= 4] == zones
        assert 'family="ipv6" source address="fd00:1::/64"' in " ".join(where["public"])
    assert firewalld.commands(3128, MIXED) == []
    for command in firewalld.commands(8080, ["10.1.0.0/16"]):
        firewalld.run(command)
    assert len(firewalld.rules["now"]["public"]) == 3
    for command in firewalld.commands(8080, []):
        firewalld.run(command)
    assert firewalld.rules == {key: {"dmz": [], "public": [OWN_RULE], "work": []} for key in ("now", "permanent")}


def test_firewalld_accepts_before_it_refuses() -> None:
    firewalld = Firewalld([])
    for command in firewalld.commands(3128, ["10.1.0.0/16"]):
        firewalld.run(command)
    priorities = {rule.rsplit(" ", 1)[1]: int(rule.split('"')[1]) for rule in firewalld.rules["now"]["public"] if "priority" in rule}
    assert priorities["accept"] < priorities["reject"] < 0


def test_chains_that_drop_are_those_of_others_at_the_input() -> None:
    def chain(family: str, table: str, name: str, **rest: str) -> dict[str, Any]:
        return {"chain": {"family": family, "table": table, "name": name, **rest}}

    ruleset = {"nftables": [
        {"metainfo": {"version": "1.0.6"}},
        chain("inet", "filter", "input", hook="input", policy="drop"),
        chain("inet", "filter", "forward", hook="forward", policy="drop"),
        chain("ip6", "other", "in", hook="input", policy="drop"),
        chain("ip", "filter", "INPUT", hook="input", policy="accept"),
        chain("inet", "azure_backup_proxy", "input", hook="input", policy="drop"),
        chain("bridge", "filter", "input", hook="input", policy="drop"),
        chain("inet", "filter", "helper"),
    ]}
    assert proxy_server_firewall([json.dumps(ruleset)], "nftables", 3128, ["10.1.0.0/16"]) == ["inet filter input", "ip6 other in"]
    assert proxy_server_firewall([""], "nftables", 3128, []) == []
