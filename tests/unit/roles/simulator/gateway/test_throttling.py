# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure's limits: their headers and refusals as recorded."""

from __future__ import annotations

from typing import Any

import pytest
from arm_simulator.core.messages import Request
from arm_simulator.gateway import throttling

VAULT = "Microsoft.RecoveryServices/vaults/vault1"
REMAINING = "x-ms-ratelimit-remaining-subscription-"
CONFIG = {"properties": {"softDeleteFeatureState": "Enabled", "enhancedSecurityState": "Enabled"}}
BODY = {"location": "westeurope", "sku": {"name": "RS0", "tier": "Standard"}, "properties": {}}


@pytest.fixture
def limited(azure: Any) -> Any:
    azure.put(VAULT, BODY)
    azure.world.settings.throttling = "real"
    return azure


def left(azure: Any, method: str, path: str, body: Any = None) -> dict[str, int]:
    headers = azure.send(method, path, body).headers
    return {key.removeprefix(REMAINING): int(value) for key, value in headers.items() if key.startswith(REMAINING)}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", VAULT, {"reads": 249, "global-reads": 3749}),
        ("GET", VAULT + "/backupPolicies", {"resource-requests": 299}),
        ("GET", VAULT + "/backupJobs", {"resource-requests": 149}),
        ("GET", VAULT + "/backupResourceGuardProxies", {"reads": 249, "global-reads": 3749}),
        ("PUT", VAULT, {"resource-requests": 199}),
        ("DELETE", VAULT, {"resource-requests": 49}),
        ("DELETE", VAULT + "/backupPolicies/DefaultPolicy", {"deletes": 199, "global-deletes": 2999}),
        ("PATCH", VAULT + "/backupconfig/vaultconfig", {"writes": 199, "global-writes": 2999}),
        ("POST", VAULT + "/backupFabrics/Azure/refreshContainers", {"writes": 199, "global-writes": 2999}),
    ],
)
def test_each_request_is_counted_where_azure_counts_it(limited: Any, method: str, path: str, expected: dict[str, int]) -> None:
    assert left(limited, method, path, BODY if method == "PUT" else CONFIG if method == "PATCH" else None) == expected


def test_a_refused_action_answers_as_recorded(limited: Any) -> None:
    for _each in range(150):
        assert limited.send("GET", VAULT + "/backupJobs").status == 200
    limited.world.clock.jump(3276)
    refused = limited.send("GET", VAULT + "/backupJobs/x")
    seconds = int(refused.headers["Retry-After"])
    assert refused.status == 429 and 320 <= seconds <= 324
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    assert refused.body == {
        "error": {
            "code": "ResourceRequestsThrottled",
            "message": "Number of requests for action 'Microsoft.RecoveryServices/vaults/backupJobs/read' exceeded the limit of '150' for time "
            f"interval '01:00:00'. Please try again after '{seconds}' seconds.",
        }
    }
    limited.world.clock.jump(seconds)
    assert left(limited, "GET", VAULT + "/backupJobs") == {"resource-requests": 149}


@pytest.mark.parametrize(("mode", "seconds"), [("real", 3600), ("scaled", 60)])
def test_the_hour_is_azures_own_or_scaled(limited: Any, mode: str, seconds: int) -> None:
    limited.world.settings.throttling = mode
    for _each in range(151):
        answer = limited.send("GET", VAULT + "/backupJobs")
    assert seconds - 10 < int(answer.headers["Retry-After"]) <= seconds


def test_every_caller_has_buckets_of_its_own_and_all_have_one_together(limited: Any) -> None:
    def spend(caller: str) -> dict[str, str]:
        return throttling.admit(limited.world, Request("GET", limited.group, caller=caller))

    assert [spend(caller)[REMAINING + "reads"] for caller in ("a", "a", "b")] == ["249", "248", "249"]
    assert spend("c")[REMAINING + "global-reads"] == "3746"


@pytest.mark.parametrize(("given", "mode"), [(False, "off"), (True, "scaled"), ("off", "off"), ("real", "real"), ("scaled", "scaled")])
def test_the_estate_names_the_mode(azure: Any, given: Any, mode: str) -> None:
    azure.load({"throttling": given})
    assert azure.world.settings.throttling == mode
