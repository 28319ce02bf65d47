# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Addresses and ports of security rules: one form for each, what Azure refuses, and what covers what.

An address is "*", a CIDR block ("10.0.0.5/32"), or a service tag ("Storage.WestEurope"); ports are "*", "443" or
"80-443". Service tags are compared without letter case.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import TypeAlias

from .._core.errors import Problem

ANY = "*"
PORTS = range(65536)
# Service tags that rules for backup traffic use, and those that stand for more than Azure's own ranges:
# https://learn.microsoft.com/azure/virtual-network/service-tags-overview
INTERNET, VIRTUAL_NETWORK, LOAD_BALANCER = "Internet", "VirtualNetwork", "AzureLoadBalancer"
# They exist to block the platform's own services.
DENY_ONLY = ("AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM")
_KNOWN = (
    INTERNET, VIRTUAL_NETWORK, LOAD_BALANCER, *DENY_ONLY, "AzureBackup", "Storage", "AzureActiveDirectory", "AzureCloud", "AzureResourceManager",
    "AzureKeyVault", "AzureMonitor", "AzureSiteRecovery", "GuestAndHybridManagement", "Sql",
)  # fmt: skip
_SPELLING = {each.lower(): each for each in _KNOWN}
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*")
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
# IPv4 addresses as numbers: first and last of each stretch, in order, none touching the next.
Ranges: TypeAlias = "tuple[tuple[int, int], ...]"
NOWHERE: Ranges = ()
EVERYWHERE: Ranges = ((0, 2**32 - 1),)


def network(text: str) -> Network | None:
    """The block of an address or CIDR text, None for anything else. Bits of the host part do not matter."""
    if "." not in text and ":" not in text:
        return None
    try:
        return None if "%" in text else ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def address(text: str) -> str:
    """The one form of an address: '10.0.0.5' and '10.0.0.5/32' are the same, 'internet' is 'Internet', 'any' is '*'."""
    text = text.strip()
    if text.lower() in (ANY, "any"):
        return ANY
    block = network(text)
    if block is not None:
        return str(block)
    base, dot, region = text.partition(".")
    return _SPELLING.get(base.lower(), base) + dot + region


def addresses(texts: Iterable[str]) -> list[str]:
    """Sorted, each once, in the one form: their order means nothing."""
    return sorted({each.lower(): each for each in map(address, texts)}.values())


def port(text: str) -> str:
    """The one form of a port or range: '0-65535' is '*', '443-443' is '443'."""
    bounds = _bounds(text)
    if bounds is None:
        return ANY if text.strip().lower() == "any" else text.strip()
    low, high = bounds
    if (low, high) == (PORTS.start, PORTS.stop - 1):
        return ANY
    return str(low) if low == high else f"{low}-{high}"


def ports(texts: Iterable[str]) -> list[str]:
    return sorted(set(map(port, texts)), key=lambda each: (_bounds(each) or (-1, -1), each))


def _bounds(text: str) -> tuple[int, int] | None:
    text = text.strip()
    if text == ANY:
        return PORTS.start, PORTS.stop - 1
    found = _PORT.fullmatch(text)
    return (int(found[1]), int(found[2] or found[1])) if found else None


def check_ports(option: str, texts: list[str] | None) -> list[Problem]:
    problems = []
    for each in texts or ():
        bounds = _bounds(port(each))
        if bounds is None or bounds[0] > bounds[1] or bounds[1] not in PORTS:
            problems.append(Problem(option, f"'{each}' is no port: a number from 0 to 65535, a range such as 80-443 with the lower end first, or *"))
    if texts is not None and not texts:
        problems.append(Problem(option, "is empty; * stands for every port"))
    if ANY in map(port, texts or ()) and len(texts or ()) > 1:
        problems.append(Problem(option, "* stands for every port and must be the only one"))
    return problems


def check_addresses(option: str, texts: list[str] | None) -> list[Problem]:
    """Azure takes either '*', or one service tag, or a list of blocks of one family that do not overlap.

    https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview and its errors
    SecurityRuleParameterContainsUnsupportedValue, OverlappingSubnetsNotPermittedInSecurityRule and
    ResourceCannotContainAddressPrefixesFromDifferentAddressFamilies.
    """
    given = list(texts or ())
    problems = [found for each in given for found in _check_address(option, each)]
    alone = [each for each in given if network(each.strip()) is None]
    if not problems and alone and len(addresses(given)) > 1:
        text = f"{', '.join(alone)}: * or a service tag must be the only one; use one rule for each service tag, and another for addresses"
        problems.append(Problem(option, text))
    blocks = {found: each for each in given if (found := network(each.strip())) is not None}
    if len({each.version for each in blocks}) > 1:
        problems.append(Problem(option, "IPv4 and IPv6 addresses need a rule each"))
    return problems + [Problem(option, f"'{blocks[small]}' lies within '{blocks[large]}'; leave it out") for small, large in _overlaps(list(blocks))]


def _check_address(option: str, text: str) -> list[Problem]:
    text = text.strip()
    if network(text) is not None:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            return [Problem(option, f"'{text}' has bits of a host set; the block is {network(text)}, the single address {text.partition('/')[0]}")]
        return []
    if text.lower() in (ANY, "any") or _TAG.fullmatch(text):
        return []
    return [Problem(option, f"'{text}' is no address (10.0.0.5), block (10.0.0.0/24), service tag (Storage.WestEurope) or *")]


def _overlaps(blocks: list[Network]) -> list[tuple[Network, Network]]:
    """Blocks that lie within another one, with that one. Sorted, a block follows at once on what holds it."""
    found: list[tuple[Network, Network]] = []
    for version in (4, 6):
        outer: Network | None = None
        for each in sorted((each for each in blocks if each.version == version), key=lambda each: (int(each.network_address), each.prefixlen)):
            if outer is not None and within(each, outer):
                found.append((each, outer))
            else:
                outer = each
    return found


def within(small: Network, large: Network) -> bool:
    return small.version == large.version and small.network_address in large and small.prefixlen >= large.prefixlen


def ports_cover(large: Iterable[str], small: Iterable[str]) -> bool:
    """Whether every port of small is one of large."""
    merged = _joined(filter(None, map(_bounds, large)))
    return all(any(low <= bounds[0] and bounds[1] <= high for low, high in merged) for bounds in filter(None, map(_bounds, small)))


def addresses_cover(large: Iterable[str], small: Iterable[str]) -> bool:
    """Whether every address of small is surely one of large; service tags are judged by name, not by their ranges."""
    wide = list(large)
    narrow = list(small)
    return bool(narrow) and all(any(_covers(each, one) for each in wide) for one in narrow)


def _covers(large: str, small: str) -> bool:
    if large in (ANY, "0.0.0.0/0") or large.lower() == small.lower():
        return True
    block, outer = network(small), network(large)
    if block is not None and outer is not None:
        return within(block, outer)
    if large == INTERNET:
        return block.is_global if block is not None else small not in (ANY, VIRTUAL_NETWORK, LOAD_BALANCER, *DENY_ONLY)
    if large == VIRTUAL_NETWORK:
        return block is not None and block.is_private
    return small.lower().startswith(f"{large.lower()}.")


def ranges(blocks: Iterable[str]) -> Ranges:
    """The IPv4 addresses of these blocks; what is no IPv4 block counts for nothing."""
    found = [each for each in map(network, blocks) if each is not None and each.version == 4]
    return _joined((int(each.network_address), int(each.broadcast_address)) for each in found)


def _joined(stretches: Iterable[tuple[int, int]]) -> Ranges:
    joined: list[tuple[int, int]] = []
    for low, high in sorted(stretches):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        else:
            joined.append((low, high))
    return tuple(joined)


def either(*several: Ranges) -> Ranges:
    """The addresses that are in any of them."""
    return _joined(each for one in several for each in one)


def both(one: Ranges, other: Ranges) -> Ranges:
    """The addresses that are in both."""
    found = []
    left, right = list(reversed(one)), list(reversed(other))
    while left and right:
        low, high = max(left[-1][0], right[-1][0]), min(left[-1][1], right[-1][1])
        if low <= high:
            found.append((low, high))
        (left if left[-1][1] < right[-1][1] else right).pop()
    return tuple(found)


def without(one: Ranges, other: Ranges) -> Ranges:
    """The addresses of one that are not in the other."""
    gaps = []
    start = 0
    for low, high in other:
        if start < low:
            gaps.append((start, low - 1))
        start = high + 1
    if start <= EVERYWHERE[0][1]:
        gaps.append((start, EVERYWHERE[0][1]))
    return both(one, tuple(gaps))
