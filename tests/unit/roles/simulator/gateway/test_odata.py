# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The $filter of lists."""

from __future__ import annotations

import pytest
from arm_simulator.core.messages import ArmError
from arm_simulator.gateway import odata

VM = {"name": "Web-01", "backupManagementType": "AzureIaasVM", "priority": 100, "enabled": True, "policy": None}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("name eq 'web-01'", True),
        ("NAME ne 'web-01'", False),
        ("backupManagementType eq 'azureiaasvm' and priority ge 100", True),
        ("priority gt 100 or priority lt 100", False),
        ("priority eq '100'", True),
        ("name eq 'x' or name eq 'web-01' and priority eq 1", False),
        ("(name eq 'x' or name eq 'web-01') and priority le 100", True),
        ("not (name eq 'x') and not name eq 'y'", True),
        ("startswith(name, 'WEB')", True),
        ("startswith(name,'b') eq false", True),
        ("substringof('b-0', name) eq true", True),
        ("contains(name, 'zzz') or endswith(name, '01')", True),
        ("enabled eq true and policy eq null", True),
        ("absent eq 'x'", False),
        ("absent ne 'x'", True),
        ("absent gt 5", False),
    ],
)
def test_filter(text: str, expected: bool) -> None:
    assert odata.parse(text)(VM) is expected


def test_filter_tells_what_it_compares() -> None:
    parsed = odata.parse("startTime eq '2026-11-22 01:00:00 AM' and status ne 'it''s' and n ge 1.5")
    assert parsed.values() == {"starttime": "2026-11-22 01:00:00 AM"}
    assert parsed.comparisons[1:] == [("status", "ne", "it's"), ("n", "ge", 1.5)]


@pytest.mark.parametrize("text", ["name", "name eq", "name is 'x'", "(a eq 1", "a eq 1)", "a eq 'x", "foo(a, 'b')", "a eq 1 and", "'x' eq a", "§"])
def test_malformed_filter_is_refused(text: str) -> None:
    with pytest.raises(ArmError) as refused:
        odata.parse(text)
    assert (refused.value.status, refused.value.code) == (400, "InvalidFilterInQueryString")
