# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program behind make test, with a program that stands for make."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.safeharbor.azure_backup.tests.tools import check

# Its last argument is the target: a number of seconds to take, then the exit status.
MAKE = """#!/bin/sh
for target; do :; done
echo "begin $target"
sleep "${target%%-*}"
echo "end $target" >&2
exit "${target##*-}"
"""
REPORT = """<testsuites><testsuite name="pytest" tests="4" failures="1" errors="1" skipped="1">
<testcase classname="tests.a" name="quick" time="0.1"/><testcase classname="tests.a" name="slow" time="7.3"/>
</testsuite></testsuites>"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "make"
    program.write_text(MAKE)
    program.chmod(0o755)
    monkeypatch.setenv("MAKE", str(program))
    monkeypatch.setattr(check, "REPORTS", tmp_path)
    return program


def test_each_is_run_though_one_fails_and_its_output_is_in_one_piece(make: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["0.3-0", "0-2", "0.1-0"]) == 1
    output = capsys.readouterr().out
    for target in ("0.3-0", "0-2", "0.1-0"):
        assert f"== make {target}\nbegin {target}\nend {target}\n-- " in output
    summary = output.partition("== Summary")[2].splitlines()
    assert [line.split()[:2] for line in summary[1:5]] == [["0.3-0", "ok"], ["0-2", "FAILED"], ["0.1-0", "ok"], ["all", "FAILED"]]
    assert output.splitlines()[-1] == "0 passed, 0 failed"


def test_reports_of_this_run_alone_are_counted(make: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (make.parent / "old.xml").write_text(REPORT.replace("7.3", "99"))
    make.write_text(f"#!/bin/sh\ncat >'{make.parent}/new.xml' <<'END'\n{REPORT}\nEND\n")
    assert check.main(["unit"]) == 0
    output = capsys.readouterr().out
    assert "   7.3 s  tests.a: slow\n   0.1 s  tests.a: quick\n" in output and "99" not in output
    assert output.splitlines()[-1] == "1 passed, 2 failed, 1 skipped"
