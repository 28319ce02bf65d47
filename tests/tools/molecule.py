# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""molecule.py [SCENARIO...]: runs these molecule scenarios, or all, each to its end, and sums up.

Two run at the same time, as a scenario waits much; each one's output is shown when it has ended. A scenario with an
inventory of its own needs guests, and is skipped with the reason where they cannot run; the one for Windows needs a host
that WINDOWS_HOST names. Guests that an earlier run of a scenario left are ended first. The report that check.py counts is in
.cache/reports/molecule.xml.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "extensions/molecule"
GUESTS = ROOT / "roles/test_guests/files/guests.sh"
STATE = ROOT / ".cache/guests"
AT_ONCE = 2
WINDOWS = "windows"


@dataclass
class Outcome:
    name: str
    seconds: float = 0.0
    failed: bool = False
    skipped: str = ""

    def __str__(self) -> str:
        word = f"SKIPPED: {self.skipped}" if self.skipped else "FAILED" if self.failed else "ok"
        return f"{self.name:<20}{self.seconds:>7.0f} s  {word}"


def obstacle() -> str:
    """Why guests cannot run here, empty when they can."""
    return subprocess.run([str(GUESTS), "check"], check=False, stdout=subprocess.PIPE, text=True).stdout.strip()


def end_guests(name: str) -> None:
    """End what guests an earlier run of the scenario has left."""
    if (STATE / name / "lock").exists():
        subprocess.run([str(GUESTS), "destroy"], env={**os.environ, "GUESTS_DIR": str(STATE / name)}, check=False)


def lack(name: str, guests: str) -> str:
    """Why a scenario cannot run here, empty when it can; guests says why no guests can."""
    if name == WINDOWS:
        return "" if os.environ.get("WINDOWS_HOST") else "no Windows host, set WINDOWS_HOST, WINDOWS_USER and WINDOWS_PASSWORD"
    return f"no guests on this machine, {guests}" if guests and (SCENARIOS / name / "inventory").exists() else ""


def run(name: str, guests: str) -> Outcome:
    reason = lack(name, guests)
    if reason:
        return Outcome(name, skipped=reason)
    start = time.monotonic()
    end_guests(name)
    command = ["molecule", "test", "--scenario-name", name]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end_guests(name)
    outcome = Outcome(name, time.monotonic() - start, done.returncode != 0)
    print(f"\n== Scenario {name}\n{done.stdout}\n{outcome}", flush=True)
    return outcome


def write_report(outcomes: list[Outcome]) -> None:
    suite = ET.Element("testsuite", name="molecule", tests=str(len(outcomes)), errors="0")
    suite.attrib.update(failures=str(sum(each.failed for each in outcomes)), skipped=str(sum(bool(each.skipped) for each in outcomes)))
    for each in outcomes:
        case = ET.SubElement(suite, "testcase", name=each.name, time=f"{each.seconds:.1f}")
        if each.skipped:
            ET.SubElement(case, "skipped", message=each.skipped)
        elif each.failed:
            ET.SubElement(case, "failure", message="see the output")
    report = ROOT / ".cache/reports/molecule.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(report)


def main(wanted: list[str]) -> int:
    names = wanted or sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    guests = obstacle()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda name: run(name, guests), names))
    print("\n== Scenarios", *outcomes, sep="\n")
    write_report(outcomes)
    return 1 if any(each.failed for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
