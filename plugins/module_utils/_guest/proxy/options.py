# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""A proxy as its clients see it: its options, their rules, and how it is written down. Nothing here touches a host."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ..._core.errors import Problem
from ..._core.urls import redacted

# Neither is reachable from a proxy: each answers only the VM that asks.
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
# https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
PLATFORM_ADDRESSES = ("168.63.129.16", "169.254.169.254")
ALWAYS_DIRECT = (*PLATFORM_ADDRESSES, "localhost", "127.0.0.1")
PORTS = range(1, 65536)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_EXCEPTION = re.compile(r"[A-Za-z0-9_.*:/-]+")


@dataclass(frozen=True)
class Proxy:
    """direct: what is reached without the proxy besides ALWAYS_DIRECT, in the notation of no_proxy."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    direct: Sequence[str] = ()

    @property
    def address(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def url_with_credentials(self) -> str:
        if not self.user:
            return self.url
        return f"http://{quote(self.user, safe='')}:{quote(self.password or '', safe='')}@{self.address}"


def is_host(text: str) -> bool:
    """Whether this is a host name or an address, and not a URL or an address with a port."""
    if "%" in text:
        return False  # the scope of a link-local address means nothing in another program
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return len(text) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    return True


def check_port(option: str, port: Any) -> list[Problem]:
    return [] if port in PORTS else [Problem(option, f"{port} is not a port; ports go from {PORTS[0]} to {PORTS[-1]}")]


def check(proxy: Proxy, prefix: str) -> list[Problem]:
    """What is wrong with the options, whose names begin with prefix."""
    problems = []
    if not proxy.host:
        problems.append(Problem(f"{prefix}host", "is not set"))
    elif not is_host(proxy.host):
        problems.append(Problem(f"{prefix}host", f"{redacted(proxy.host)!r} is neither a host name nor an address; give it without http:// and without port"))
    elif proxy.host in PLATFORM_ADDRESSES:
        problems.append(Problem(f"{prefix}host", f"{proxy.host} is an address of the Azure platform and no proxy"))
    problems += check_port(f"{prefix}port", proxy.port)
    if bool(proxy.user) != bool(proxy.password):
        problems.append(Problem(f"{prefix}user", f"needs {prefix}password, and {prefix}password needs it"))
    elif ":" in (proxy.user or ""):
        problems.append(Problem(f"{prefix}user", "must not hold a colon; basic authentication has no way to send one"))
    for each in proxy.direct:
        if not _EXCEPTION.fullmatch(each):
            problems.append(Problem(f"{prefix}no_proxy", f"{redacted(each)!r} is not a host name, domain, address or range"))
    return problems


def same(url: str, proxy: Proxy) -> bool:
    """Whether a URL that somebody else wrote down means this proxy."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    try:
        port = parts.port
    except ValueError:
        return False
    return (parts.hostname or "").lower() == proxy.host.lower() and port == proxy.port


def direct(proxy: Proxy, own: Iterable[str] = ()) -> list[str]:
    """What is reached without the proxy: what the host's owner had there before, ours, and the platform. Each once, in order."""
    return list(dict.fromkeys([*own, *proxy.direct, *ALWAYS_DIRECT]))
