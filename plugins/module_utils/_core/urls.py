# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""URLs that users write: which are taken, and what in them is never shown. Pure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .errors import Problem

_USER = re.compile(r"(?<=//)[^\s/?#]*:[^\s/?#]*@")
# Whatever is before the last @ may belong to a password, a slash in it too.
_CREDENTIALS = re.compile(r"(?<=://)\S*@|^(?!\S*://)\S*:\S*@")
# Of a shared access signature: https://learn.microsoft.com/azure/storage/common/storage-sas-overview
_SIGNATURE = re.compile(r"(?<=[?&])sig=[^&\s'\"]+", re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with the credentials and signatures of every URL in it hidden."""
    return _SIGNATURE.sub("sig=***", _CREDENTIALS.sub("***@", text))


def secrets(value: Any) -> set[str]:
    """The credentials and signatures in the URLs of options, however deep."""
    if isinstance(value, (dict, list)):
        return set().union(*map(secrets, value.values() if isinstance(value, dict) else value))
    if not isinstance(value, str):
        return set()
    return {*_USER.findall(value), *_SIGNATURE.findall(value)}


def check_https(option: str, url: str | None) -> list[Problem]:
    """What is wrong with the URL of an endpoint."""
    if not url:
        return []
    if "@" in url:
        return [Problem(option, "must not hold a user name or a password; give https://HOST alone, and credentials by the options for them")]
    try:
        parts = urlsplit(url)
        valid = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        valid = False
    if valid and url.isprintable() and not re.search(r"[\\\s]", url):
        return []
    return [Problem(option, f"'{redacted(url)}' is not an https URL of an endpoint, such as https://management.azure.com")]
