# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The networks around the VMs that readiness looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._core.errors import AzureBackupError
from .._core.fields import Document, objects
from .._network.path import Flow, Interface, Networks, members_of, read_interface
from .._network.tag_info import list_tags
from .._task.module import Run
from . import graph
from .read import UnreadAreas
from .rules import network

# A query of Resource Graph by what it is about: area of facts, what it is, how it is asked.
GraphQuery = Callable[[str, str, Callable[..., dict[str, Document]], list[str]], dict[str, Document]]


class NetworkReader:
    """The interfaces of VMs and all that lies between them and the Internet."""

    def __init__(self, run: Run, limits: UnreadAreas, query: GraphQuery) -> None:
        self._run = run
        self._limits = limits
        self._query = query
        self._networks = Networks()
        self._interfaces: dict[str, Interface] = {}
        self._flows: dict[str, list[Flow]] = {}

    def read(self, vms: list[Document], region: str) -> None:
        """region: of one of the VMs, which says whose copy of the service tags is read."""
        ids = [each for vm in vms if (each := network.main_interface(vm))]
        rows, interfaces, tags = self._run.arm.together(
            lambda: self._query("network", "networks of the VMs", lambda arm, subscriptions, _ids: graph.networks(arm, subscriptions), []),
            lambda: self._query("network", "network interfaces of the VMs", graph.interfaces, ids),
            lambda: self._service_tags(region),
        )
        self._networks = network.networks_of(rows, tags)
        self._interfaces = {each: read_interface(document) for each, document in interfaces.items()}
        self._networks.members = members_of(self._interfaces.values())

    def _service_tags(self, region: str) -> list[Document]:
        try:
            return objects(list_tags(self._run, region).get("values"))
        except AzureBackupError as exc:
            self._limits.add(self._run.arm.subscription_id, "service_tags", "service tags; rules are judged by their names", exc)
            return []

    def facts(self, vm: Document, region: str) -> dict[str, Any]:
        if region not in self._flows:
            self._flows[region] = network.flows_to(region, self._networks.tags)
        return network.way_out(self._networks, self._interfaces.get(network.main_interface(vm)), self._flows[region])
