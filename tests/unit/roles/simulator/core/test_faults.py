# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that change what is answered, and what operations come to."""

from __future__ import annotations

from typing import Any

import pytest
from arm_simulator.core.messages import ArmError

NSG = "Microsoft.Network/networkSecurityGroups/nsg"
VAULT = "Microsoft.RecoveryServices/vaults/vault1"


def order(azure: Any, **wish: Any) -> dict[str, Any]:
    return azure.world.faults.order(wish)


def put(azure: Any, tag: str, name: str = "") -> int:
    return azure.send("PUT", NSG + name, {"location": "westeurope", "tags": {"t": tag}}).status


def tag(azure: Any) -> str:
    return azure.get(NSG)["tags"]["t"]


def test_a_stale_read_shows_the_state_before_the_last_write(azure: Any) -> None:
    put(azure, "old")
    azure.world.clock.jump(3600)
    put(azure, "new")
    azure.world.clock.jump(3600)
    order(azure, stale=True, times=2, path="*/nsg")
    assert [tag(azure) for _each in range(3)] == ["old", "old", "new"]


def test_a_stale_read_after_a_delete_still_shows_the_resource(azure: Any) -> None:
    put(azure, "old")
    azure.world.clock.jump(3600)
    order(azure, stale=True, times=2)
    azure.send("DELETE", NSG)
    azure.world.clock.jump(3600)
    assert tag(azure) == "old"
    assert [each["name"] for each in azure.get("Microsoft.Network/networkSecurityGroups")["value"]] == ["nsg"]
    assert azure.send("GET", NSG).status == 404


def test_what_was_just_made_is_not_there_yet(azure: Any) -> None:
    put(azure, "a", "0")
    azure.world.store._before.clear()
    order(azure, absent=True, times=2)
    assert azure.send("GET", NSG + "0").status == 200
    put(azure, "b")
    answers = [azure.send("GET", NSG) for _each in range(3)]
    assert [answer.status for answer in answers] == [404, 404, 200]
    assert answers[0].body["error"]["code"] == "ResourceNotFound"
    assert azure.world.store.resource(azure.id(NSG)) is not None


def test_stale_reads_leave_the_journal_alone(tmp_path: Any) -> None:
    from arm_simulator.core.store import Store

    store = Store(tmp_path / "journal")
    store.begin_write()
    document = {"id": "/subscriptions/s/resourceGroups/g", "v": 1}
    store.put_resource(document)
    store.begin_write()
    store.put_resource(document | {"v": 2})
    with store.rewound(document["id"]):
        assert store.resource(document["id"]) == document
    assert store.resource(document["id"]) == document | {"v": 2}
    assert Store(tmp_path / "journal").resource(document["id"]) == document | {"v": 2}


def test_an_operation_that_never_ends(azure: Any) -> None:
    order(azure, method="PUT", hang_operation=True)
    answer = azure.send("PUT", VAULT, {"location": "westeurope", "sku": {"name": "RS0", "tier": "Standard"}, "properties": {}})
    for _each in range(3):
        azure.world.clock.jump(86400)
        assert azure.follow(answer.headers["Azure-AsyncOperation"]).body["status"] == "InProgress"
    assert azure.send("PUT", VAULT + "2", {"location": "westeurope", "sku": {"name": "RS0", "tier": "Standard"}, "properties": {}}).status == 201
    azure.world.clock.jump(3600)
    assert azure.get(VAULT + "2")["properties"]["provisioningState"] == "Succeeded"
    azure.world.operations.release()
    assert azure.follow(answer.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"


def test_chance_is_repeatable_by_its_seed(azure: Any) -> None:
    def pattern(seed: int) -> list[int]:
        azure.world.faults.clear()
        order(azure, status=503, probability=0.5, seed=seed)
        return [azure.send("GET", azure.group).status for _each in range(40)]

    first = pattern(1)
    assert first == pattern(1) != pattern(2)
    assert 8 < first.count(503) < 32
    azure.world.faults.clear()
    order(azure, status=503, probability=0.5, times=3)
    assert [azure.send("GET", azure.group).status for _each in range(40)].count(503) == 3


def test_statuses_come_with_and_without_retry_after(azure: Any) -> None:
    order(azure, status=429, retry_after=7)
    order(azure, status=503)
    first, second = (azure.send("GET", azure.group) for _each in range(2))
    assert (first.status, first.headers["Retry-After"]) == (429, "7")
    assert (second.status, "Retry-After" in second.headers) == (503, False)


def test_halves_of_answers_are_marked_for_the_server(azure: Any) -> None:
    order(azure, reset="body")
    order(azure, truncate=True)
    answers = [azure.send("GET", azure.group) for _each in range(3)]
    assert [(answer.status, answer.partial, answer.reset) for answer in answers] == [(200, "reset", False), (200, "json", False), (200, "", False)]


@pytest.mark.parametrize("wish", [{"reset": "sideways"}, {"status": 500, "probability": 2}, {"hang_operation": False}])
def test_faults_that_cannot_be(azure: Any, wish: dict[str, Any]) -> None:
    with pytest.raises(ArmError):
        azure.world.faults.order(wish)
