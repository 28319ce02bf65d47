# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Rules about the inside of a VM, by facts that were gathered there: option guest_facts of the module.

    agent_version             text
    agent_service_running     bool: the service of the agent runs and starts with the system
    agent_disabled            bool: the file disable_agent is there
    extensions_enabled        bool: Extensions.Enabled of waagent.conf; true on Windows
    auto_update               bool: the agent keeps itself up to date
    noexec_mounts             list of those of /var and /var/lib that are mounted noexec
    interpreter               path of the Python that the snapshot extension would take, null when there is none
    missing_tools             list of the programs among lsblk and lsscsi that are not there
    architecture              x86_64 and the like
    platform_ports            {"80": bool, "32526": bool}: whether 168.63.129.16 takes a connection there
    dhcp                      bool: the address comes from DHCP
    proxy, no_proxy           URL of the proxy of the agent, list of what goes past it
    tls12                     bool: the system's TLS 1.2 is on for its own and for .NET programs

A fact that is missing was not looked at.
"""

from __future__ import annotations

from ..._core.fields import mapping, texts
from ..rule import Answer, Facts, Rule, fails, not_applicable, passes, unknown
from ..values import enumerate_some, word
from .disk import selected

PLATFORM_IP, METADATA_IP = "168.63.129.16", "169.254.169.254"
# 443 stands in one of Azure's tables only: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
PORTS = ("80", "32526")


def _is(facts: Facts, fact: str, good: bool, yes: str, no: str) -> Answer:
    """A fact that is true or false."""
    value = facts.of("guest").get(fact)
    if not isinstance(value, bool):
        return unknown(f"'{fact}' was not looked at in the VM.")
    return passes(yes) if value is good else fails(no)


def _linux(facts: Facts) -> bool:
    return word(facts.of("vm").get("os")) != "windows"


def _service(facts: Facts) -> Answer:
    return _is(facts, "agent_service_running", True, "The agent's service runs.", "The agent's service does not run, or does not start with the system.")


def _enabled(facts: Facts) -> Answer:
    disabled = facts.of("guest").get("agent_disabled")
    if disabled is True:
        return fails("The agent is disabled by the file disable_agent.", "Remove /var/lib/waagent/disable_agent and restart the agent.")
    return _is(facts, "extensions_enabled", True, "The agent runs extensions.", "Extensions are switched off in the agent's settings.")


def _update(facts: Facts) -> Answer:
    return _is(facts, "auto_update", True, "The agent keeps itself up to date.", "The agent does not keep itself up to date.")


def _mounts(facts: Facts) -> Answer:
    if not _linux(facts):
        return not_applicable("It is a Windows VM.")
    mounts = facts.of("guest").get("noexec_mounts")
    if not isinstance(mounts, list):
        return unknown("'noexec_mounts' was not looked at in the VM.")
    return fails(f"{enumerate_some(mounts)} is mounted noexec.") if mounts else passes("Programs may run below /var and /var/lib.")


def _tools(facts: Facts) -> Answer:
    if not _linux(facts):
        return not_applicable("It is a Windows VM.")
    if selected(facts.of("item"))[0] in (None, "all"):
        return not_applicable("All disks are backed up, which these programs are not needed for.")
    missing = facts.of("guest").get("missing_tools")
    if not isinstance(missing, list):
        return unknown("'missing_tools' was not looked at in the VM.")
    return fails(f"{enumerate_some(missing)} is missing.") if missing else passes("lsblk and lsscsi are there.")


def _interpreter(facts: Facts) -> Answer:
    """handle.sh of the extension takes Pythons in /usr/bin and /usr/local/bin only: https://github.com/Azure/azure-linux-extensions"""
    if not _linux(facts):
        return not_applicable("It is a Windows VM.")
    guest = facts.of("guest")
    if "interpreter" not in guest:
        return unknown("'interpreter' was not looked at in the VM.")
    return passes(f"The extension would run by {guest['interpreter']}.") if guest["interpreter"] else fails("No Python is where the extension looks for one.")


def _platform(facts: Facts) -> Answer:
    ports = mapping(facts.of("guest").get("platform_ports"))
    closed = [port for port in PORTS if ports.get(port) is False]
    if closed:
        return fails(f"{PLATFORM_IP} does not answer on TCP {' and '.join(closed)}.")
    missing = [port for port in PORTS if ports.get(port) is not True]
    if missing:
        return unknown(f"TCP {' and '.join(missing)} of {PLATFORM_IP} was not looked at in the VM.")
    return passes(f"{PLATFORM_IP} answers on TCP {' and '.join(PORTS)}.")


def _dhcp(facts: Facts) -> Answer:
    return _is(facts, "dhcp", True, "The address comes from DHCP.", "The address is set inside the VM and does not come from DHCP.")


def _proxy(facts: Facts) -> Answer:
    guest = facts.of("guest")
    if "proxy" not in guest:
        return unknown("'proxy' was not looked at in the VM.")
    if not guest["proxy"]:
        return not_applicable("The agent uses no proxy.")
    missing = [each for each in (PLATFORM_IP, METADATA_IP) if each not in texts(guest.get("no_proxy"))]
    return fails(f"{' and '.join(missing)} would be asked through proxy {guest['proxy']}.") if missing else passes("Platform addresses go past the proxy.")


def _tls(facts: Facts) -> Answer:
    if _linux(facts):
        return not_applicable("It is a Linux VM.")
    return _is(facts, "tls12", True, "TLS 1.2 is on.", "TLS 1.2 is off for the system or for .NET programs.")


_PREPARE = "https://learn.microsoft.com/azure/backup/backup-azure-arm-vms-prepare"
_TROUBLE = "https://learn.microsoft.com/azure/backup/backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout"
_MATRIX = "https://learn.microsoft.com/azure/backup/backup-support-matrix-iaas"
_PLATFORM = "https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16"
RULES = (
    Rule(
        "GUEST-AGENT-SERVICE", "error", "vm", "The agent's service runs",
        "Start the service (waagent or walinuxagent; RdAgent and WindowsAzureGuestAgent) and let it start with the system.", _TROUBLE, _service, ("guest",),
    ),
    Rule(
        "GUEST-AGENT-ENABLED", "error", "vm", "The agent runs extensions",
        "Set Extensions.Enabled=y in /etc/waagent.conf and restart the agent.", "https://github.com/Azure/WALinuxAgent", _enabled, ("guest",),
    ),
    Rule(
        "GUEST-AGENT-UPDATE", "warning", "vm", "The agent keeps itself up to date",
        "Set AutoUpdate.UpdateToLatestVersion=y in /etc/waagent.conf and restart the agent.", "https://github.com/Azure/WALinuxAgent", _update, ("guest",),
    ),
    Rule(
        "GUEST-NOEXEC", "warning", "vm", "Extensions may run where they are installed",
        "Mount /var and /var/lib without noexec.", _MATRIX, _mounts, ("vm", "guest"),
    ),
    Rule(
        "GUEST-DISK-TOOLS", "warning", "vm", "The programs that selective disk backup needs are there",
        "Install util-linux and lsscsi.", "https://learn.microsoft.com/azure/backup/selective-disk-backup-restore", _tools, ("vm", "item", "guest"),
    ),
    Rule(
        "GUEST-PYTHON", "error", "vm", "The snapshot extension finds a Python",
        "Install python3 in /usr/bin.", "https://github.com/Azure/azure-linux-extensions/tree/master/VMBackup", _interpreter, ("vm", "guest"),
    ),
    Rule(
        "NETWORK-PLATFORM", "error", "vm", f"The VM reaches {PLATFORM_IP}",
        f"Let TCP 80 and 32526 to {PLATFORM_IP} through the VM's own firewall, and lead it past any proxy and route.", _PLATFORM, _platform, ("guest",),
    ),
    Rule(
        "NETWORK-DHCP", "error", "vm", "The VM has its address from DHCP",
        "Set the interface inside the VM to DHCP; a static address belongs to Azure's network interface.", _TROUBLE, _dhcp, ("guest",),
    ),
    Rule(
        "NETWORK-NO-PROXY", "warning", "vm", "Platform addresses go past the proxy",
        f"Add {PLATFORM_IP} and {METADATA_IP} to no_proxy of the agent; the role proxy_client does that.", _PREPARE, _proxy, ("guest",),
    ),
    Rule(
        "NETWORK-TLS", "warning", "vm", "Windows speaks TLS 1.2",
        "Switch on TLS 1.2 for SCHANNEL and strong cryptography for .NET.", "https://learn.microsoft.com/azure/backup/transport-layer-security", _tls,
        ("vm", "guest"),
    ),
)  # fmt: skip
