# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-512 crypt against the vectors of its specification that have 5,000 rounds, and against crypt(3) where Python has it."""

from __future__ import annotations

import warnings

import pytest
from ansible_collections.safeharbor.azure_backup.plugins.module_utils._guest.proxy.sha_crypt import sha512_crypt

# The specification's own: https://www.akkadia.org/drepper/SHA-crypt.txt
VECTORS = [
    ("Hello world!", "saltstring", "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"),
]
PASSWORDS = ["", "a", "pass word", "0123456789abcdef", "x" * 63, "x" * 64, "x" * 65, "x" * 200, "ß€"]


@pytest.mark.parametrize(("password", "salt", "digest"), VECTORS)
def test_vectors(password: str, salt: str, digest: str) -> None:
    assert sha512_crypt(password, salt) == f"$6${salt}${digest}"


@pytest.mark.parametrize("password", PASSWORDS)
def test_agrees_with_the_c_library(password: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        crypt = pytest.importorskip("crypt")
        for salt in ("a", "Salt./09", "0123456789abcdef"):
            assert sha512_crypt(password, salt) == crypt.crypt(password, f"$6${salt}")
