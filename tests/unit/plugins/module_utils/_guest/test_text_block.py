# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A block in somebody else's file leaves no trace when it goes."""

from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.text_block import DamagedBlockError, within, without
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.none() | st.text(alphabet="ab=#\n\r\té", max_size=60)
LINES = st.lists(st.text(alphabet="ab=#", min_size=1, max_size=10), min_size=1, max_size=3)


@given(TEXTS, LINES)
def test_taking_the_block_out_gives_the_file_back(text: str | None, lines: list[str]) -> None:
    assert without(within(text, lines)) == text


@given(TEXTS, LINES, LINES)
def test_only_the_last_block_counts(text: str | None, first: list[str], second: list[str]) -> None:
    assert within(within(text, first), second) == within(text, second)
    assert within(within(text, first), first) == within(text, first)


@given(TEXTS, LINES)
def test_the_lines_are_the_last_of_the_file_and_on_lines_of_their_own(text: str | None, lines: list[str]) -> None:
    written = within(text, lines).split("\n")
    assert written[-len(lines) - 2 : -2] == lines
    assert written[-1] == ""


@given(TEXTS, LINES, st.text(alphabet="ab=\n", min_size=1, max_size=20))
def test_what_somebody_adds_below_stays(text: str | None, lines: list[str], added: str) -> None:
    rest = without(within(text, lines) + added)
    assert rest is not None
    assert rest.endswith(added)
    assert rest.startswith(text or "")
    # The next run moves the block below it, where it wins.
    assert within(within(text, lines) + added, lines).endswith("".join(f"{line}\n" for line in lines) + "# END safeharbor.azure_backup.proxy_client\n")


@pytest.mark.parametrize("damage", [
    lambda text: text.replace("# END", "# FIN"),
    lambda text: text.replace("# BEGIN", "# START"),
    lambda text: text + text,
    lambda text: "".join(reversed(text.splitlines(keepends=True))),
])
def test_a_damaged_block_is_told_and_not_guessed_at(damage: object) -> None:
    text = within("a=1\n", ["b=2"])
    with pytest.raises(DamagedBlockError):
        without(damage(text))  # type: ignore[operator]
