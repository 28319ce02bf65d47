# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The estate file and the simulator's own paths."""

from __future__ import annotations

import json
from typing import Any

import pytest
from arm_simulator import estate
from arm_simulator.core.clock import instant
from arm_simulator.core.messages import Request, Response
from arm_simulator.core.world import Settings, World
from arm_simulator.server import app

ESTATE = """
resource_groups: [{name: app, location: West Europe}, {name: "team-{n}", count: 2, location: eastus}]
providers: {Microsoft.Compute: NotRegistered}
locks: [{name: keep, level: ReadOnly, scope: app}]
network_security_groups: [{name: lockdown, resource_group: app, rules: [{name: none, priority: 100, direction: Outbound, access: Deny, destination: Internet}]}]
virtual_networks: [{name: vnet, resource_group: app, subnets: [{name: default, network_security_group: lockdown}]}]
vms: [{name: web, count: 3, resource_group: app, tags: {number: "{n}"}, nic: {subnet: vnet/default}}]
vaults: [{name: vault, resource_group: app, items: [{vm: "app/web-{n}", count: 2}]}]
"""


@pytest.fixture
def world() -> World:
    return World()


def control(world: World, verb: str, path: str, body: Any = None, **query: str) -> Response:
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    return app.answer(world, Request(verb, f"/_simulator/{path}", query, body=content))


def problems(text: str, world: World | None = None) -> list[str]:
    with pytest.raises(estate.EstateError) as refused:
        estate.parse(text, world)
    return refused.value.problems


def names(world: World, kind: str) -> list[str]:
    return [each["name"] for each in world.store.list(kind, f"/subscriptions/{world.settings.subscription_id}")]


def test_an_estate_becomes_resources(world: World) -> None:
    estate.load(world, estate.parse(ESTATE))
    assert names(world, "Microsoft.Resources/resourceGroups") == ["app", "team-0001", "team-0002"]
    assert names(world, "Microsoft.Compute/virtualMachines") == ["web-0001", "web-0002", "web-0003"]
    assert names(world, "Microsoft.Authorization/locks") == ["keep"]
    items = names(world, "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems")
    assert [name.rpartition(";")[2] for name in items] == ["web-0001", "web-0002"]
    machine = world.store.list("Microsoft.Compute/virtualMachines", f"/subscriptions/{world.settings.subscription_id}")[2]
    assert (machine["location"], machine["tags"]) == ("westeurope", {"number": "0003"})
    assert world.store.get("providers", "microsoft.compute") == {"namespace": "Microsoft.Compute", "registrationState": "NotRegistered"}


def test_counts_are_spelled_out() -> None:
    data = estate.parse("resource_groups: [{name: a, location: eastus, count: 12000}, {name: 'x{n}y', location: eastus, count: 1}]")
    given = [entry["name"] for entry in data["resource_groups"]]
    assert (given[0], given[11999], given[12000]) == ("a-0001", "a-12000", "x0001y")


def test_every_problem_is_named_at_once_with_its_place() -> None:
    found = problems(
        """
        resource_groups: [{name: app, location: mars}, {location: eastus}]
        vms: [{name: web, count: "3", resource_group: app, agnet: {}, zone: 1, agent: {status: Fine}, tags: {on: 1}}]
        vault: []
        subscription_id: mine
        throttling: maybe
        locks: {}
        """
    )
    starts = [problem.partition(":")[0] for problem in found]
    assert starts == [
        "resource_groups[0].location",
        "resource_groups[1]",
        "vms[0].count",
        "vms[0].agnet",
        "vms[0].zone",
        "vms[0].agent.status",
        "vms[0].tags",
        "vms[0].tags.True",
        "vault",
        "subscription_id",
        "throttling",
        "locks",
    ]
    assert found[3] == "vms[0].agnet: unknown key; allowed are " + found[3].partition("allowed are ")[2]
    assert "nic" in found[3]


def test_references_must_lead_somewhere() -> None:
    found = problems(
        """
        resource_groups: [{name: app, location: eastus}, {name: APP, location: eastus}]
        vms: [{name: web, resource_group: none}]
        vaults: [{name: v, resource_group: app, items: [{vm: none/other}, {vm: none/web, policy: mine}]}]
        """
    )
    assert [problem.partition(":")[0] for problem in found] == [
        "resource_groups[1].name",
        "vms[0].resource_group",
        "vaults[0].items[0].vm",
        "vaults[0].items[1].policy",
    ]


@pytest.mark.parametrize("text", ["a: [", "- 1", "word", "{"])
def test_what_is_no_estate_is_said_to_be_none(text: str) -> None:
    assert len(problems(text)) == 1


def test_long_lists_of_problems_are_cut_in_the_message() -> None:
    with pytest.raises(estate.EstateError, match=r"and 30 more$"):
        estate.parse("vms: [{name: web, resource_group: none, count: 50}]")


# Control


def test_estate_is_added_and_reset_goes_back(world: World) -> None:
    assert control(world, "POST", "estate", "resource_groups: [{name: app, location: eastus}]").status == 200
    assert control(world, "POST", "estate", "locks: [{name: l, level: ReadOnly, scope: app}]").status == 200
    more = "virtual_networks: [{name: v, resource_group: app}]"
    assert control(world, "POST", "estate", more).body["resources"] >= 3
    refused = control(world, "POST", "estate", "vms: [{name: web, resource_group: none}]")
    assert (refused.status, refused.body["error"]["code"]) == (400, "InvalidEstate")
    assert "no resource group 'none'" in refused.body["error"]["details"][0]["message"]
    world.faults.order({"status": 500})
    world.clock.jump(100)
    assert control(world, "POST", "reset").body["resources"] == 0
    assert world.faults.list() == [] and world.clock.offset == 0
    world.estate = estate.parse("resource_groups: [{name: first, location: eastus}]")
    assert control(world, "POST", "reset", {"estate": True}).body["resources"] == 1


def test_clock_jumps_forward_only(world: World) -> None:
    for wish, offset in (({"jump": 90}, 90), ({"jump": "1d2h30m"}, 95490), ({"jump": "0.5s"}, 95490.5)):
        assert control(world, "POST", "clock", wish).body["offset"] == offset
    for bad in (-1, "soon", "", None, True):
        assert control(world, "POST", "clock", {"jump": bad}).status == 400
    assert control(world, "GET", "clock").body["now"] > "2026"


LEAP = "2028-02-29T23:50:00Z"


def test_the_clock_begins_at_any_instant_and_goes_on_to_a_later_one(world: World) -> None:
    assert control(world, "POST", "reset", {"clock_at": LEAP}).body["now"].startswith("2028-02-29T23:50:0")
    assert control(world, "POST", "clock", {"at": "2028-03-01T02:00:00+01:00"}).body["now"].startswith("2028-03-01T01:00:0")
    assert control(world, "POST", "clock", {"at": LEAP}).status == 400
    assert control(world, "POST", "reset", {"clock_at": "2001-01-01"}).body["now"].startswith("2001-01-01T00:00:0")
    for bad in ("soon", "", None, 5, "1999-12-31T00:00:00Z", "2100-01-01", "2028-02-30"):
        for path, wish in (("clock", {"at": bad}), ("reset", {"clock_at": bad})):
            refused = control(world, "POST", path, wish)
            assert (refused.status, refused.body["error"]["code"]) == (400, "InvalidInstant")
    assert control(world, "GET", "status").body["now"].startswith("2001-01-01")  # a reset that is refused leaves all as it is
    assert control(world, "POST", "reset").body["now"] > "2026"


def test_a_reset_begins_at_the_time_of_the_start() -> None:
    world = World(Settings(clock_at=instant(LEAP)))
    world.clock.jump(86400)
    assert control(world, "GET", "clock").body["now"].startswith("2028-03-01T23:50:0")
    assert control(world, "POST", "reset").body["now"].startswith("2028-02-29T23:50:0")
    assert control(world, "POST", "reset", {"clock_at": "2026-12-31T23:50:00Z"}).body["now"].startswith("2026-12-31")
    assert control(world, "POST", "reset").body["now"].startswith("2028-02-29")


def test_a_reset_brings_back_the_settings_of_the_start(world: World) -> None:
    before = control(world, "GET", "settings").body
    control(world, "POST", "settings", {"latency": 0.5, "speed": 1, "throttling": "real"})
    control(world, "POST", "reset", {})
    assert control(world, "GET", "settings").body == before
    assert world.clock.speed == before["speed"]


def test_settings(world: World) -> None:
    assert control(world, "POST", "settings", {"latency": 0.5, "page_size": 3, "speed": 10}).body == {
        "latency": 0.5,
        "page_size": 3,
        "speed": 10,
        "throttling": "off",
        "token_lifetime": 3600.0,
        "agent_silence": 30.0,
    }
    assert world.clock.speed == 10
    for bad in ({"page_size": 0}, {"colour": 1}, {"speed": 0}, {"throttling": "on"}):
        assert control(world, "POST", "settings", bad).status == 400


def test_ledger_and_faults_over_their_paths(world: World) -> None:
    order = control(world, "POST", "faults", {"method": "GET", "status": 503, "times": 0})
    assert (order.status, order.body["number"]) == (201, 1)
    assert control(world, "POST", "faults", {"status": 503, "pfad": "/"}).body["error"]["code"] == "InvalidFault"
    assert app.answer(world, Request("GET", "/subscriptions", {"api-version": "2022-12-01"})).status == 503
    assert control(world, "GET", "faults").body["faults"][0]["hits"] == 1
    assert control(world, "DELETE", "faults").status == 204
    assert app.answer(world, Request("PUT", "/subscriptions", {"api-version": "2022-12-01"})).status == 401
    assert [each["status"] for each in control(world, "GET", "ledger").body["requests"]] == [503, 401]
    assert [each["status"] for each in control(world, "GET", "ledger", writes="true", method="put").body["requests"]] == [401]
    assert control(world, "DELETE", "ledger").status == 204
    assert control(world, "GET", "ledger").body["requests"] == []
    assert control(world, "GET", "nothing").status == 404
    assert control(world, "PUT", "ledger").status == 405


def test_times_of_yaml_are_texts() -> None:
    policy = "{name: p, properties: {schedulePolicy: {scheduleRunTimes: [2017-01-01T22:30:00Z]}}}"
    found = estate.parse(f"resource_groups: [{{name: g, location: westeurope}}]\nvaults: [{{name: v, resource_group: g, policies: [{policy}]}}]")
    assert found["vaults"][0]["policies"][0]["properties"]["schedulePolicy"]["scheduleRunTimes"] == ["2017-01-01T22:30:00Z"]
