# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""SHA-512 crypt, the hash of passwords that crypt(3) writes as $6$. Python has none since 3.13, and ansible-core wants passlib for it.

The specification, with the numbers of its steps used below: https://www.akkadia.org/drepper/SHA-crypt.txt
"""

from __future__ import annotations

import hashlib

ROUNDS = 5000
_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Step 22: which bytes of the digest make up each group of four characters.
_GROUPS = [(first, (first + 21) % 63, (first + 42) % 63) for first in ((22 * step) % 63 for step in range(21))]


def _stretched(digest: bytes, length: int) -> bytes:
    """The digest over and over, cut to a length."""
    return (digest * (length // len(digest) + 1))[:length]


def _start(password: bytes, salt: bytes) -> bytes:
    """Steps 1 to 12."""
    other = hashlib.sha512(password + salt + password).digest()
    start = hashlib.sha512(password + salt + _stretched(other, len(password)))
    bits = len(password)
    while bits:
        start.update(other if bits & 1 else password)
        bits >>= 1
    return start.digest()


def _encoded(digest: bytes) -> str:
    numbers = [(digest[high] << 16 | digest[middle] << 8 | digest[low], 4) for high, middle, low in _GROUPS]
    return "".join(_ALPHABET[number >> 6 * place & 63] for number, length in [*numbers, (digest[63], 2)] for place in range(length))


def sha512_crypt(password: str, salt: str) -> str:
    """$6$salt$hash, as crypt(3) has it with its default of 5,000 rounds. The salt is at most 16 characters of [a-zA-Z0-9./]."""
    secret, grain = password.encode(), salt.encode()
    digest = _start(secret, grain)
    p = _stretched(hashlib.sha512(secret * len(secret)).digest(), len(secret))
    s = _stretched(hashlib.sha512(grain * (16 + digest[0])).digest(), len(grain))
    for number in range(ROUNDS):  # step 21
        odd = number % 2
        text = p if odd else digest
        if number % 3:
            text += s
        if number % 7:
            text += p
        digest = hashlib.sha512(text + (digest if odd else p)).digest()
    return f"$6${salt}${_encoded(digest)}"
