# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator answers as real Azure did, but for what is named with a reason."""

from __future__ import annotations

from types import ModuleType

import pytest

from .replay import recordings
from .suites import SUITES, run

pytestmark = pytest.mark.skipif(
    not recordings().is_dir(), reason=f"no recordings at {recordings()}; AZURE_BACKUP_RECORDINGS says where they are"
)
LEAST = 0.97


@pytest.mark.parametrize(("suite", "name"), [pytest.param(suite, name, id=name) for suite in SUITES for name in suite.FILES])
def test_every_deviation_has_a_reason(suite: ModuleType, name: str) -> None:
    result = run(suite, name)
    assert result.compared
    unexplained = [deviation for deviation in result.deviations if (name, deviation.number) not in suite.REASONS]
    assert not unexplained


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.__name__.rpartition(".")[2])
def test_no_reason_is_out_of_date(suite: ModuleType) -> None:
    deviations = {(name, deviation.number) for name in suite.FILES for deviation in run(suite, name).deviations}
    assert set(suite.REASONS) <= deviations


def test_enough_is_alike() -> None:
    results = [run(suite, name) for suite in SUITES for name in suite.FILES]
    matched, compared = sum(result.matched for result in results), sum(result.compared for result in results)
    assert matched / compared >= LEAST, f"{matched} of {compared}"
