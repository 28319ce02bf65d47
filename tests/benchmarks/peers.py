# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the module protection beside what people use without it: a loop over azure.azcollection, and the az command.

    make bench-peers
    make bench-peers BENCH="--counts 1 10 --rivals 1"

All of them protect the same VMs of the same simulator with the same latency, first when nothing is protected and then
again when everything is. The others are run for as many VMs as --rivals says and extrapolated in a straight line from
there; such rows are marked with ~. One VM is measured --repeat times, of which the median counts. They are installed on
demand, into .cache/clients (about 3 GB).

The module and az wait until Azure has carried out what it has taken, the loop does not. How long the module waits is
told below the table.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import fleet
from simulated import Measured, Simulator, simulator

from tests.clients import environments

AZ_VAULT = f"--vault-name {fleet.VAULT['vault_name']} --resource-group {fleet.VAULT['resource_group']}"


@dataclass(frozen=True)
class Figures:
    """wall and cpu in seconds, memory in MiB, requests, seconds of waiting for Azure; estimated tells those that were not measured."""

    wall: float
    cpu: float
    memory: float
    requests: float
    waited: float = 0.0
    estimated: bool = False


def figures(each: Measured) -> Figures:
    return Figures(each.wall, each.cpu, each.memory, each.total, each.waited)


def straight_line(small: tuple[int, Figures], large: tuple[int, Figures], count: int) -> Figures:
    """What so many VMs would take, from two measurements; memory is taken not to grow."""

    def at(one: float, other: float) -> float:
        return other + (other - one) / (large[0] - small[0]) * (count - large[0])

    one, other = small[1], large[1]
    return Figures(at(one.wall, other.wall), at(one.cpu, other.cpu), other.memory, at(one.requests, other.requests), estimated=True)


def beyond(one: tuple[Figures, Figures], most: tuple[int, tuple[Figures, Figures]], count: int) -> tuple[Figures, Figures]:
    """Both runs for so many VMs, from those for one and for the most that were measured."""
    first, second = (straight_line((1, one[run]), (most[0], most[1][run]), count) for run in (0, 1))
    return first, second


class Ours:
    name = "safeharbor.azure_backup"

    def __init__(self, azure: Simulator, _folder: Path) -> None:
        self._azure = azure

    def protect(self, count: int) -> Measured:
        return self._azure.play({fleet.MODULE: {**fleet.VAULT, "vms": fleet.vm_ids(count)}})

    again = protect


class AzCollection:
    """A loop over the module that protects one VM."""

    name = "azure.azcollection, loop"

    def __init__(self, azure: Simulator, folder: Path) -> None:
        self._azure = azure
        self._folder = folder
        self._programs = environments.install_azcollection()

    def protect(self, count: int) -> Measured:
        vault_id = f"/subscriptions/{fleet.SUBSCRIPTION}/resourceGroups/backup/providers/Microsoft.RecoveryServices/vaults/{fleet.VAULT['vault_name']}"
        task: dict[str, Any] = {
            "azure.azcollection.azure_rm_backupazurevm": {
                "resource_group": "backup",
                "recovery_vault_name": fleet.VAULT["vault_name"],
                "resource_id": "{{ item }}",
                "backup_policy_id": f"{vault_id}/backupPolicies/{fleet.VAULT['policy']}",
                "state": "create",
            },
            "loop": fleet.vm_ids(count),
        }
        playbook = self._azure.write_play(task, str(self._programs / "python"))
        command = [str(self._programs / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(playbook)]
        return self._azure.run(command, environments.Simulator(self._azure.connection).azcollection_environment(self._folder))

    again = protect


class Az:
    """A shell script: the command that protects a VM; again, the one that asks whether it is, as the first refuses then."""

    name = "az, loop"

    def __init__(self, azure: Simulator, folder: Path) -> None:
        self._azure = azure
        self._az = environments.install_az() / "az"
        client = environments.Simulator(azure.connection)
        self._environment = client.az_environment(folder / "az")
        self._script([[*each] for each in client.az_sign_in()])

    def _script(self, commands: list[list[str]]) -> Measured:
        lines = [f"{shlex.quote(str(self._az))} {shlex.join(each)} --output none" for each in commands]
        return self._azure.run(["sh", "-ec", "\n".join(lines)], self._environment)

    def protect(self, count: int) -> Measured:
        enable = shlex.split(f"backup protection enable-for-vm {AZ_VAULT} --policy-name {fleet.VAULT['policy']} --vm")
        return self._script([[*enable, each] for each in fleet.vm_ids(count)])

    def again(self, count: int) -> Measured:
        return self._script([["backup", "protection", "check-vm", "--vm", each] for each in fleet.vm_ids(count)])


def both_runs(make: Callable[[Simulator, Path], Any], count: int, latency: float) -> tuple[Figures, Figures]:
    with tempfile.TemporaryDirectory() as place, simulator(Path(place), fleet.estate(count, protected=False), latency) as azure:
        way = make(azure, Path(place))
        return figures(way.protect(count)), figures(way.again(count))


def median(runs: Iterable[Figures]) -> Figures:
    ordered = sorted(runs, key=lambda each: each.wall)
    return ordered[len(ordered) // 2]


def measure(
    make: Callable[[Simulator, Path], Any], counts: list[int], latency: float, repeat: int, most: int | None
) -> dict[int, tuple[Figures, Figures]]:
    """(first run, second run) by how many VMs. most: measure one and that many VMs, extrapolate beyond."""
    seen: dict[int, tuple[Figures, Figures]] = {}
    for count in counts if most is None else sorted({1, most}):
        firsts, seconds = zip(*(both_runs(make, count, latency) for _again in range(repeat if count == 1 else 1)), strict=True)
        seen[count] = median(firsts), median(seconds)
    if most is None:
        return seen
    return {count: seen.get(count) or beyond(seen[1], (most, seen[most]), count) for count in counts}


def row(run: str, count: int, name: str, each: Figures, ours: Figures) -> str:
    mark = "~" if each.estimated else ""
    cells = (f"{mark}{each.wall:,.1f}", f"{mark}{each.cpu:,.1f}", f"{each.memory:,.0f}", f"{mark}{each.requests:,.0f}", f"{mark}{each.wall / ours.wall:,.1f}")
    return f"| {run} | {count:,} | {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 100, 1000], help="how many VMs (default 1 10 100 1000)")
    parser.add_argument("--rivals", type=int, default=10, help="VMs that the others are run for, more than 1 (default 10)")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds added to each answer (default 0.1)")
    parser.add_argument("--repeat", type=int, default=3, help="measurements of one VM, of which the median counts (default 3)")
    options = parser.parse_args()
    results = {Ours.name: measure(Ours, options.counts, options.latency, options.repeat, None)}
    for rival in (AzCollection, Az):
        try:
            results[rival.name] = measure(rival, options.counts, options.latency, options.repeat, max(2, options.rivals))
        except environments.UnavailableError as exc:
            print(f"left out: {rival.name}: {exc}", file=sys.stderr)
    print(f"Latency {options.latency * 1000:g} ms a request, throttling off; ~ extrapolated from 1 and {options.rivals} VMs.\n")
    print("| run | VMs | tool | wall, s | CPU, s | memory, MiB | requests | x ours |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for number, run in enumerate(("first", "second")):
        for count in options.counts:
            ours = results[Ours.name][count][number]
            print("\n".join(row(run, count, name, seen[count][number], ours) for name, seen in results.items()))
    waited = ", ".join(f"{each.waited:.1f} s for {count:,}" for count, (each, _again) in results[Ours.name].items())
    print(f"\nOf the first runs, {Ours.name} waits for what Azure has taken: {waited}; the loop does not.")


if __name__ == "__main__":
    main()
