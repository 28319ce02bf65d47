# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""check.py TARGET...: runs each of these make targets, also after one has failed, and sums up what happened.

They run side by side, a few at a time and begun in this order, so the longest belongs first; the output of each is shown in one
piece when it has ended. The summary has the seconds of each, those of a processor too, the slowest tests, and in its last line the
counts of the tests of every pytest run among them, from the reports that pytest left in .cache/reports.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / ".cache/reports"
COUNTS = ("tests", "failures", "errors", "skipped")
# One more than most machines of continuous integration have processors: a target that boots guests or waits for Azure leaves some idle.
AT_ONCE = 3
SLOWEST = 20


@dataclass(frozen=True)
class Outcome:
    target: str
    success: bool
    seconds: float
    processor: float

    def __str__(self) -> str:
        return f"{self.target:<14}{'ok' if self.success else 'FAILED':<8}{self.seconds:6.0f} s{self.processor:8.0f} s of a processor"


def run(target: str) -> Outcome:
    """Make one target. Processes that detach themselves, such as simulators, are not in its processor time."""
    start = time.monotonic()
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", "--keep-going", target]
    # Not a pipe: whatever a target leaves running would hold it open.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        outcome = Outcome(target, process.returncode == 0, time.monotonic() - start, used.ru_utime + used.ru_stime)
        output.seek(0)
        print(f"\n== make {target}\n{output.read().rstrip()}\n-- {outcome}", flush=True)
    return outcome


def totals(suites: list[ET.Element]) -> str:
    """'N passed, N failed, N skipped'"""
    tests, failures, errors, skipped = (sum(int(suite.get(key, 0)) for suite in suites) for key in COUNTS)
    return f"{tests - failures - errors - skipped} passed, {failures + errors} failed" + (f", {skipped} skipped" if skipped else "")


def slowest(suites: list[ET.Element]) -> list[str]:
    cases = [(float(case.get("time", 0)), case.get("classname") or suite.get("name"), case.get("name")) for suite in suites for case in suite.iter("testcase")]
    return [f"{seconds:6.1f} s  {place}: {name}" for seconds, place, name in sorted(cases, reverse=True)[:SLOWEST]]


def main(targets: list[str]) -> int:
    for report in REPORTS.glob("*.xml"):
        report.unlink()
    start = time.monotonic()
    print(f"Side by side, each shown when it has ended: {', '.join(targets)}", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(run, targets))
    suites = [suite for report in sorted(REPORTS.glob("*.xml")) for suite in ET.parse(report).iter("testsuite")]
    print("\n== The slowest tests", *slowest(suites), sep="\n")
    print("\n== Summary", *outcomes, sep="\n")
    everything = Outcome("all", all(each.success for each in outcomes), time.monotonic() - start, sum(each.processor for each in outcomes))
    print(everything, totals(suites), sep="\n")
    return 0 if everything.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
