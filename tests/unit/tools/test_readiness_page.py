# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the page about readiness that are written by a program."""

from __future__ import annotations

from ansible_collections.safeharbor.azure_backup.plugins.module_utils._readiness import catalogue, thresholds
from ansible_collections.safeharbor.azure_backup.tests.tools import readiness_page


def test_a_table_keeps_its_columns():
    assert readiness_page.table(("a", "b"), [("1|2", "3")]).splitlines() == ["| a | b |", "| --- | --- |", "| 1\\|2 | 3 |"]


def test_each_rule_and_threshold_has_a_row():
    blocks = readiness_page.blocks()
    for rule in catalogue.RULES:
        assert blocks["rules"].count(f"| `{rule.id}` | {rule.severity} |") == 1
    assert all(f"`{name}`" in blocks["thresholds"] for name in thresholds.DEFAULTS)


def test_facts_of_guests_are_those_of_the_docstring():
    text = "Facts.\n\n    one, two     what they are\n    three        more\n"
    assert readiness_page.guest_facts(text).splitlines()[2:] == ["| `one`, `two` | what they are |", "| `three` | more |"]


def test_the_page_is_up_to_date(capsys):
    assert readiness_page.main(check=True) == 0, capsys.readouterr().out
