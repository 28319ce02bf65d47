# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the modules protection and readiness_info on a fleet, beside a playbook of one trivial task in the same run; and how it does under Azure's limits.

    make bench
    make bench BENCH="--fleet 1000 --large 0 --repeat 1"

Machines differ and are noisy: read the ratios and the requests, not the seconds.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from fleet import MODULE, VAULT, estate, vm_ids
from simulated import Measured, Simulator, simulator

READINESS = "safeharbor.azure_backup.readiness_info"
TRIVIAL = {"ansible.builtin.ping": {}}
# https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
BURST, WRITES_PER_SECOND = 200, 10


def protect_all(count: int) -> dict[str, Any]:
    """The task that protects all VMs, as if one vault took any number of them."""
    return {MODULE: {**VAULT, "all_vms": True, "max_vms_per_vault": count, "max_vms_per_policy": count}}


def compare(azure: Simulator, repeat: int, task: dict[str, Any]) -> tuple[Measured, float]:
    """The run of the median time, and the median of each run's time to that of a trivial playbook right before it."""
    runs, ratios = [], []
    for _each in range(repeat):
        trivial = azure.play(TRIVIAL)
        runs.append(azure.play(task))
        ratios.append(runs[-1].wall / trivial.wall)
    return sorted(runs, key=lambda each: each.wall)[repeat // 2], median(ratios)


def row(name: str, count: int, each: Measured, ratio: float) -> str:
    methods = ", ".join(f"{method} {number}" for method, number in sorted(each.requests.items()))
    measured = f"{each.wall:>9.2f}{ratio:>8.2f}{each.cpu:>8.2f}{each.memory:>8.0f}"
    return f"{name:<44}{count:>7}{measured}{each.total:>9}{each.total / count:>9.3f}  {methods}"


def nothing_to_do(azure: Simulator, count: int, repeat: int) -> list[str]:
    return [
        row("nothing to do, VMs named by id", count, *compare(azure, repeat, {MODULE: {**VAULT, "vms": vm_ids(count)}})),
        row("nothing to do, VMs found by a selector", count, *compare(azure, repeat, {MODULE: {**VAULT, "all_vms": True}})),
        row("readiness of all VMs, networks too", count, *compare(azure, repeat, {READINESS: {"outbound": True}})),
    ]


def throttled(count: int, latency: float) -> str:
    """First protection with Azure's own token buckets: the bucket for writes lets nobody be faster than the bound."""
    with tempfile.TemporaryDirectory() as folder, simulator(Path(folder), estate(count, protected=False), latency) as azure:
        azure.set(throttling="real")
        each = azure.play(protect_all(count))
    bound = max(0, count - BURST) / WRITES_PER_SECOND
    return (
        f"First protection of {count} VMs under Azure's limits (throttling: real): {each.wall:.1f} s; the bound is {bound:.1f} s"
        f"{f', {each.wall / bound:.2f} x' if bound else ''}. Refused (429): {each.refused} of {each.total} requests, {each.refused / each.total:.1%}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fleet", type=int, default=1000, help="VMs of the fleet (default 1000)")
    parser.add_argument("--large", type=int, default=10000, help="VMs of the large fleet, 0 leaves it out (default 10000)")
    parser.add_argument("--throttled", type=int, default=1000, help="VMs to protect under Azure's limits, 0 leaves it out (default 1000)")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds added to each answer (default 0.1)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median counts (default 3)")
    options = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as folder, simulator(Path(folder), estate(options.fleet, protected=False), options.latency) as azure:
        azure.play(TRIVIAL)
        lines.append(row("a playbook of one trivial task", 1, *compare(azure, options.repeat, TRIVIAL)))
        lines.append(row("first protection of all VMs", options.fleet, *compare(azure, 1, protect_all(options.fleet))))
        lines += nothing_to_do(azure, options.fleet, options.repeat)
    if options.large:
        with tempfile.TemporaryDirectory() as folder, simulator(Path(folder), estate(options.large, protected=True), options.latency) as azure:
            lines += nothing_to_do(azure, options.large, options.repeat)
    print(f"Latency {options.latency * 1000:g} ms a request, throttling off; median of {options.repeat} runs (first protection: one).")
    print(f"{'':<44}{'VMs':>7}{'wall s':>9}{'x one':>8}{'cpu s':>8}{'MiB':>8}{'requests':>9}{'per VM':>9}")
    print("\n".join(lines))
    if options.throttled:
        print(throttled(options.throttled, options.latency))


if __name__ == "__main__":
    main()
