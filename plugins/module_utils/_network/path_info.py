# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""The module network_path_info: the networks around many VMs by a few lists, and what of them stops backup traffic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from .._core.errors import AzureBackupError, Problem, refuse
from .._core.fields import Document, fetch, objects
from .._core.ids import key, location, name, part
from .._items.lists import FEW
from .._task.module import Run
from .._vm import selection
from .._vm.find import list_vms
from . import path, service_tag, traffic
from .tag_info import list_tags

_ADDRESS = "an IPv4 address, such as 10.0.0.4"


def check(options: dict[str, Any]) -> list[Problem]:
    problems = selection.check(options, required=False)
    problems += [Problem("service_tags", each.text) for each in service_tag.check_options({"names": options.get("service_tags") or ["Storage"]})]
    address, port = options.get("proxy_address"), options.get("proxy_port")
    if address is not None and len(traffic.ranges([address])) != 1:
        problems.append(Problem("proxy_address", f"'{address}' is not {_ADDRESS}"))
    if port is not None and port not in range(1, 65536):
        problems.append(Problem("proxy_port", f"{port} is outside 1 to 65535"))
    return problems


def info(run: Run) -> dict[str, Any]:
    """The paths of the VMs selected, all without a selector."""
    wanted = selection.of(run.options, default_all=True)
    chosen = selection.select(wanted, list_vms(run, wanted))
    results = paths_of(run, chosen.vms)
    counts = {verdict: sum(each["verdict"] == verdict for each in results) for verdict in (path.OPEN, path.PARTLY, path.CLOSED, "unknown")}
    unmatched = [{"option": each.option, "message": each.text} for each in chosen.problems]
    return {"changed": False, "vms": results, "summary": counts, "unmatched": unmatched}


def paths_of(run: Run, vms: list[Document]) -> list[dict[str, Any]]:
    """The result of each VM, in their order."""
    if not vms:
        return []
    wanted = {key(each["id"]): _main_interface(each) for each in vms}
    tags, documents = run.arm.together(
        partial(_tags, run, vms),
        lambda: _documents(run, "network interfaces", wanted.values(), run.arm.network.network_interfaces),
    )
    interfaces = {nic: path.read_interface(document) for nic, document in documents.items()}
    networks = _read_networks(run, {nic: interfaces[nic] for nic in wanted.values() if nic in interfaces})
    networks.tags = {each.lower(): addresses for each, addresses in tags.items()}
    networks.members = path.members_of(interfaces.values())
    flows: dict[str, list[path.Flow]] = {}
    for region in {location(each.get("location")) for each in vms}:
        flows[region] = _flows(run, region, tags)
    return [_result(each, interfaces.get(wanted[key(each["id"])]), networks, flows[location(each.get("location"))]) for each in vms]


def _main_interface(vm: Document) -> str:
    """The id key of the interface that is the primary one; the first where none is marked."""
    listed = objects(fetch(vm, "properties.networkProfile.networkInterfaces"))
    main = next((each for each in listed if fetch(each, "properties.primary")), listed[0] if listed else {})
    return key(main.get("id"))


def _tags(run: Run, vms: list[Document]) -> dict[str, traffic.Ranges]:
    """The addresses behind all service tags, as Azure spells them, if they matter. Without the right to read them rules are judged by the tags' names."""
    if not run.options["service_tags"] and not traffic.both(traffic.ranges([run.options["proxy_address"] or ""]), path.PUBLIC):
        return {}
    try:
        listed = list_tags(run, location(vms[0].get("location")))
    except AzureBackupError as exc:
        if exc.status != 403:
            raise
        run.warn(f"Rules are judged by the names of service tags only, as their addresses may not be read: {exc.message}")
        return {}
    return {str(each.get("name")): traffic.ranges(fetch(each, "properties.addressPrefixes") or ()) for each in objects(listed.get("values"))}


def _documents(run: Run, what: str, ids: Iterable[str], operations: Any, own_list: Callable[..., Any] | None = None) -> dict[str, Document]:
    """The resources by id key: a few are read one by one, of more all of the subscription are listed."""
    keys = list(dict.fromkeys(each for each in ids if each))
    if len(keys) > FEW:
        listed = run.arm.all_pages(f"list the {what} of the subscription", own_list or operations.list_all)
        return {key(each["id"]): each for each in listed}
    found = run.arm.each(lambda each: run.arm.find(f"read {name(each)} of the {what}", operations.get, part(each, "resourceGroups"), name(each)), keys)
    return {key(each["id"]): each for each in found if each}


def _read_networks(run: Run, interfaces: dict[str, path.Interface]) -> path.Networks:
    network = run.arm.network
    vnets = _documents(run, "virtual networks", (each.subnet.rpartition("/subnets/")[0] for each in interfaces.values()), network.virtual_networks)
    subnets = {key(each.id): each for document in vnets.values() for each in path.read_subnets(document)}
    used = [subnets[each.subnet] for each in interfaces.values() if each.subnet in subnets]
    groups, tables = run.arm.together(
        lambda: _documents(
            run, "network security groups", [*(each.group for each in interfaces.values()), *(each.group for each in used)], network.network_security_groups
        ),
        lambda: _documents(run, "route tables", (each.table for each in used), network.route_tables),
    )
    return path.Networks(
        groups={each: path.read_group(document) for each, document in groups.items()},
        subnets=subnets,
        tables={each: path.read_routes(document) for each, document in tables.items()},
    )


def _flows(run: Run, region: str, tags: dict[str, traffic.Ranges]) -> list[path.Flow]:
    """What the VMs of a region have to reach besides the platform. A tag that has regional forms is narrowed to the region."""
    flows = []
    spelled = {each.lower(): each for each in tags}
    regional = {each.partition(".")[0] for each in spelled if "." in each} or {"storage"}
    for asked in run.options["service_tags"]:
        narrow = f"{asked}.{region}" if run.options["own_region"] and "." not in asked and asked.lower() in regional else asked
        if tags and narrow.lower() not in spelled:
            refuse([Problem("service_tags", f"Azure lists no service tag '{narrow}'")])
        tag = spelled.get(narrow.lower(), narrow)
        flows.append(path.Flow(tag, path.HTTPS, tags.get(tag, path.PUBLIC), tag))
    if run.options["proxy_address"]:
        flows.append(path.Flow(path.PROXY, run.options["proxy_port"], traffic.ranges([run.options["proxy_address"]])))
    return flows


def _result(vm: Document, interface: path.Interface | None, networks: path.Networks, flows: list[path.Flow]) -> dict[str, Any]:
    shown = {"vm": vm["id"], "name": name(vm["id"]), "network_interface": interface.id if interface else None}
    if interface is None:
        return {**shown, "subnet": None, "verdict": "unknown", "stopped_by": [], "paths": [], "reason": "it has no network interface that could be read"}
    paths = [path.platform(networks, interface), *(path.path(networks, interface, each) for each in flows)]
    verdicts = {each["verdict"] for each in paths}
    verdict = next(each for each in (path.CLOSED, path.PARTLY, path.OPEN) if each in verdicts)
    stopped = list(dict.fromkeys(f"{each['target']}: {stop['text']}" for each in paths for stop in each["stopped_by"]))
    subnet = networks.subnets.get(interface.subnet)
    return {**shown, "subnet": subnet.id if subnet else None, "verdict": verdict, "stopped_by": stopped, "paths": paths, "reason": "; ".join(stopped) or None}
