# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugin adds to a module's result."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.safeharbor.azure_backup.plugins.plugin_utils import _worker

RESULT: dict[str, Any] = {
    "text": "it is s3cret!",
    "whole": "s3cret",
    "longer": "s3cret-too",
    "clean": "nothing",
    "empty": "",
    "none": None,
    "flag": True,
    "number": 12345,
    "ratio": 0.5,
    "deep": {"list": ["s3cret", {"a": ["x s3cret y", 34, False, None]}], "tuple": ("s3cret", 1)},
}


@pytest.mark.parametrize("secrets", [set(), {"s3cret"}, {"s3cret", "s3cret-too"}, {"234"}, {"True"}, {"rue"}, {"None"}, {"0.5", "nothing"}], ids=sorted)
def test_secrets_are_hidden_as_ansible_hides_them(secrets: set[str]) -> None:
    assert _worker._without(secrets, RESULT) == remove_values(RESULT, secrets)
