# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Service tags: which one a name and a region mean, and the address ranges behind it. Nothing here talks to Azure.

https://learn.microsoft.com/azure/virtual-network/service-tags-overview
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from .._core.errors import Problem
from .._core.fields import Document, Field, fetch, mapping, objects, view
from .._core.ids import location
from . import traffic

# What backups that go through the guest need to reach: https://learn.microsoft.com/azure/backup/backup-sql-server-database-azure-vms
BACKUP = ("AzureBackup", "Storage", "AzureActiveDirectory")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)?")
_REGION = re.compile(r"[a-z0-9]+")
_LIKE = 3

FIELDS = (
    Field("name", "name"),
    Field("service", "properties.systemService", lambda value: value or None),
    Field("region", "properties.region", lambda value: location(value) or None),
    Field("change_number", "properties.changeNumber", lambda value: None if value is None else str(value)),
)


def check_options(options: dict[str, Any]) -> list[Problem]:
    names = options.get("names")
    strange = [each for each in names or () if not _NAME.fullmatch(each)]
    problems = [Problem("names", f"'{each}' is no service tag, such as AzureBackup or Storage.WestEurope") for each in strange]
    if names is not None and not names:
        problems.append(Problem("names", "is empty; name the service tags"))
    for option in ("regions", "location"):
        nowhere = [each for each in _texts(options.get(option)) if not _REGION.fullmatch(location(each))]
        problems += [Problem(option, f"'{each}' is no region, such as westeurope") for each in nowhere]
    return problems


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def choose(names: Iterable[str], regions: Iterable[str], values: Any) -> tuple[list[Document], list[Problem]]:
    """The tags that are meant, each once, and what there is no tag for.

    values: Azure's list. A name without a region means its regional forms where regions are given and the tag has any
    at all; a tag that has none, such as AzureBackup, is taken as it is.
    """
    known = {str(each.get("name")).lower(): each for each in objects(values)}
    regional = {name.partition(".")[0] for name in known if "." in name}
    wanted_regions = [location(each) for each in regions]
    chosen: dict[str, Document] = {}
    problems = []
    for each in names:
        lower = each.lower()
        split = wanted_regions and "." not in lower and lower in regional
        for wanted in [f"{lower}.{region}" for region in wanted_regions] if split else [lower]:
            if wanted in known:
                chosen[wanted] = known[wanted]
            else:
                problems.append(Problem("regions" if split else "names", _unknown(wanted, known)))
    return list(chosen.values()), problems


def _unknown(wanted: str, known: dict[str, Document]) -> str:
    like = difflib.get_close_matches(wanted, known, _LIKE)
    names = ", ".join(str(known[each]["name"]) for each in like)
    return f"Azure lists no service tag '{wanted}'" + (f"; there is {names}" if names else "")


def to_view(tag: Document) -> dict[str, Any]:
    """The tag with its ranges as Azure has them, and by family with neighbours joined, as a rule or a firewall takes them."""
    prefixes = [str(each) for each in fetch(tag, "properties.addressPrefixes") or ()]
    return {**view(FIELDS, tag), "address_prefixes": prefixes, "ipv4": _joined(prefixes, 4), "ipv6": _joined(prefixes, 6)}


def _joined(prefixes: Iterable[str], version: int) -> list[str]:
    """The fewest blocks of a family that hold the same addresses, none within another."""
    blocks = [found for each in prefixes if (found := traffic.network(each)) is not None and found.version == version]
    return [str(each) for each in ipaddress.collapse_addresses(blocks)]  # type: ignore[type-var]


def change_number(document: Document) -> str | None:
    number = mapping(document).get("changeNumber")
    return None if number is None else str(number)
