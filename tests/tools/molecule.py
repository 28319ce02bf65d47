# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""molecule.py [SCENARIO...]: runs these molecule scenarios, or all, each to its end, and sums up.

A scenario with an inventory of its own needs guests, and is skipped with the reason where they cannot run. Guests that an
earlier run left are ended first. The report that check.py counts is in .cache/reports/molecule.xml.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "extensions/molecule"
GUESTS = ROOT / "roles/test_guests/files/guests.sh"
ENVIRONMENT = {**os.environ, "GUESTS_DIR": str(ROOT / ".cache/guests")}


def guests(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(GUESTS), *arguments], env=ENVIRONMENT, check=False, stdout=subprocess.PIPE, text=True)


def run(name: str) -> bool:
    print(f"\n== Scenario {name}", flush=True)
    return subprocess.run(["molecule", "test", "--scenario-name", name], cwd=ROOT, check=False).returncode == 0


def main(wanted: list[str]) -> int:
    names = wanted or sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    obstacle = guests("check").stdout.strip()
    if not obstacle:
        guests("destroy")
    suite = ET.Element("testsuite", name="molecule")
    lines = []
    for name in names:
        case = ET.SubElement(suite, "testcase", name=name)
        start = time.monotonic()
        if obstacle and (SCENARIOS / name / "inventory").exists():
            outcome = f"SKIPPED: no guests on this machine, {obstacle}"
            ET.SubElement(case, "skipped", message=obstacle)
        elif run(name):
            outcome = "ok"
        else:
            outcome = "FAILED"
            ET.SubElement(case, "failure", message="see the output")
        case.set("time", f"{time.monotonic() - start:.1f}")
        lines.append(f"{name:<20}{case.get('time'):>7} s  {outcome}")
    if not obstacle:
        guests("destroy")
    print("\n== Scenarios", *lines, sep="\n")
    failures = len(suite.findall("testcase/failure"))
    suite.attrib.update(tests=str(len(names)), failures=str(failures), errors="0", skipped=str(len(suite.findall("testcase/skipped"))))
    report = ROOT / ".cache/reports/molecule.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(report)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
