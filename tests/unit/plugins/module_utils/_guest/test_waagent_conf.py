# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest import waagent_conf
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.sampled_from(["Extensions.Enabled", "AutoUpdate.Enabled", "Lib.Dir"])
BLANKS = st.sampled_from(["", " "])
VALUES = st.sampled_from(["y", '"n"', "None", ""])
LINES = st.one_of(
    st.text(alphabet="ab =#\"\t\r\x0c\u2028", max_size=12),
    st.builds("{}{}={}{}{}".format, KEYS, BLANKS, BLANKS, VALUES, st.sampled_from(["", " # c", "#"])),
)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINES, max_size=6), st.sampled_from(["", "\n"]))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Extensions.Enabled=n\n", "n"),
        ("Extensions.Enabled = n # why\n", "n"),
        ('Extensions.Enabled="n"', "n"),
        ("Extensions.Enabled=n\nExtensions.Enabled=y\n", "y"),
        ("#Extensions.Enabled=n\n", None),
        (" # Extensions.Enabled=n\n", None),
        ("Extensions.Enabled=None\n", None),
        ("Extensions.Enabled=\n", None),
        ("extensions.enabled=n\n", None),
    ],
)
def test_a_value_is_what_the_agent_would_read(text: str, value: str | None) -> None:
    found = waagent_conf.settings(text).get("Extensions.Enabled")
    assert (found.value if found else None) == value


@pytest.mark.parametrize(("value", "on"), [("y", True), ("Y", True), ("n", False), ("N", False), ("yes", True), ("false", True), ("0", True)])
def test_what_is_no_switch_counts_as_the_default(value: str, on: bool) -> None:
    assert waagent_conf.switch(waagent_conf.settings(f"K={value}\n"), "K", True) is on


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("K=n\n", "K=y\n"),
        ("a\nK = \"n\"   # mine\r\nb", "a\nK =y   # mine\r\nb"),
        ("K=n\nK=n\n", "K=n\nK=y\n"),
        ("K=n", "K=y"),
        ("# K=n", "# K=n\nK=y\n"),
        ("", "K=y\n"),
    ],
)
def test_only_the_value_that_holds_is_changed(before: str, after: str) -> None:
    assert waagent_conf.edit(before, {"K": "y"}) == after


@given(TEXTS, KEYS, st.sampled_from(["y", "n"]))
def test_an_edit_is_read_back_and_leaves_every_other_key_alone(text: str, key: str, value: str) -> None:
    edited = waagent_conf.edit(text, {key: value})
    before, after = waagent_conf.settings(text), waagent_conf.settings(edited)
    assert after.pop(key).value == value
    before.pop(key, None)
    assert {name: each.value for name, each in after.items()} == {name: each.value for name, each in before.items()}
    assert waagent_conf.edit(edited, {key: value}) == edited
