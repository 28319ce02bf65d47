# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the module protection share."""

from __future__ import annotations

from typing import Any

from harness import Azure


def by_name(result: dict[str, Any], key: str = "status") -> dict[str, Any]:
    return {each["name"]: each[key] for each in result["vms"]}


def predicted_and_done(azure: Azure, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The result in check mode and that of the run; asserts that check mode wrote nothing, that it told the truth, and that a second run is idle."""
    azure.clear_ledger()
    predicted = azure.module("protection", check=True, diff=True, **options)
    assert azure.writes() == []
    done = azure.module("protection", diff=True, **options)
    assert predicted["diff"] == done["diff"] and predicted["summary"] == done["summary"]
    assert by_name(predicted, "after") == by_name(done, "after") and by_name(predicted, "changed") == by_name(done, "changed")
    azure_writes = azure.writes()
    azure.clear_ledger()
    again = azure.module("protection", **options)
    assert not again["changed"] and azure.writes() == []
    done["writes"] = azure_writes
    return predicted, done
