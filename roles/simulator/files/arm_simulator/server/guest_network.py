# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the fabric may be found: on addresses that no other machine can reach.

That is loopback, a bridge of this machine that has no network card among its ports, and the end of a virtual cable (veth)
whose other end is in a network namespace that has a name on this machine. A container's own way out is a veth too, but
its other end is in no such namespace.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

from .http_server import listen_on

WIRE_PORT, PLUGIN_PORT = 80, 32526
ALLOWED = "loopback, a bridge of this machine, or a virtual cable to a network namespace of it"
_CLASS = Path("/sys/class/net")


def parse(text: str) -> tuple[str, int | None]:
    """'ADDRESS' or 'ADDRESS:PORT' to its parts; ValueError unless the fabric may be found there."""
    address, colon, port = text.partition(":")
    try:
        known = ipaddress.IPv4Address(address)
        number = int(port) if colon else None
    except ValueError:
        raise ValueError(f"'{text}' is neither an IPv4 address nor ADDRESS:PORT") from None
    if number is not None and not 0 <= number <= 65535:
        raise ValueError(f"'{text}' has no port from 0 to 65535")
    if not known.is_loopback:
        _check_owners(address)
    return address, number


def _ip(*arguments: str) -> list[Any]:
    """What the command ip tells, as objects."""
    try:
        done = subprocess.run(["ip", "-json", *arguments], capture_output=True, text=True, timeout=10, check=True)
        return list(json.loads(done.stdout.strip() or "[]"))
    except (OSError, subprocess.SubprocessError, ValueError) as exc:
        raise ValueError(f"it cannot be told which networks this machine has: {exc}") from exc


def _check_owners(address: str) -> None:
    owners = [str(each["ifname"]) for each in _ip("address", "show", "to", f"{address}/32") if each.get("ifname")]
    if not owners:
        raise ValueError(f"{address} is no address of this machine")
    for interface in owners:
        way_out = _leads_out_by(interface)
        if way_out:
            raise ValueError(f"{address} is an address of {interface}, which leads out of this machine by {way_out}; guests find their fabric on {ALLOWED}")


def _leads_out_by(interface: str) -> str:
    """What of an interface can be reached from elsewhere, empty when nothing can."""
    if any(each.get("dev") == interface for each in _ip("route", "show", "default")):
        return "the default route"
    if (_CLASS / interface / "bridge").is_dir():
        cards = sorted(port.name for port in (_CLASS / interface / "brif").iterdir() if (_CLASS / port.name / "device").exists())
        return ", ".join(cards)
    links = [each for each in _ip("-details", "link", "show", "dev", interface) if (each.get("linkinfo") or {}).get("info_kind") == "veth"]
    named = {each.get("id") for each in _ip("netns", "list")} - {None}
    return "" if any(each.get("link_netnsid") in named for each in links) else interface


def listen(places: list[str]) -> list[socket.socket]:
    """Sockets for the places given: port 80 and that of the host plugin, or the one port that is named."""
    sockets: list[socket.socket] = []
    try:
        for text in places:
            address, port = parse(text)
            for number in (WIRE_PORT, PLUGIN_PORT) if port is None else (port,):
                try:
                    sockets.append(listen_on(address, number))
                except OSError as exc:
                    raise ValueError(f"port {number} on {address} cannot be used: {exc.strerror or exc}") from exc
    except ValueError:
        for each in sockets:
            each.close()
        raise
    return sockets
