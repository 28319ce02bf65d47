# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Scripts that install the VM agent anew, for Azure's action run command; and the reading of what they print.

The agent itself runs them, so each lets the restart happen when it has ended. Their last line says how they ended, as
Azure does not tell a script's exit code: https://learn.microsoft.com/azure/virtual-machines/linux/run-command
"""

from __future__ import annotations

import re
from typing import Any

from .._core.fields import Document, objects

# Where Microsoft's page on the agent for Windows leads to: https://learn.microsoft.com/azure/virtual-machines/extensions/agent-windows
WINDOWS_PACKAGE_URL = "https://go.microsoft.com/fwlink/?LinkID=394789"
# Azure keeps the last 4096 bytes of what a script prints.
OUTPUT_LENGTH = 4096
_ENDED = re.compile(r"^vm-agent: (ok|failed)(?:: (.*))?$", re.MULTILINE)

# Packages and services: https://learn.microsoft.com/azure/virtual-machines/extensions/update-linux-agent
LINUX = r"""#!/bin/sh
set -u
export DEBIAN_FRONTEND=noninteractive

failed() { echo "vm-agent: failed: $1"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

[ "$(id -u)" = 0 ] || failed 'this script needs root'
if has apt-get; then
  apt-get -q -o DPkg::Lock::Timeout=300 update || failed 'apt-get update failed, see above'
  package=walinuxagent
  apt-cache show "$package" >/dev/null 2>&1 || package=waagent
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold install "$package" || failed "apt-get could not install $package"
elif has tdnf; then
  tdnf -q -y install WALinuxAgent && tdnf -q -y update WALinuxAgent || failed 'tdnf could not install WALinuxAgent'
elif has dnf; then
  dnf -q -y install WALinuxAgent && dnf -q -y upgrade WALinuxAgent || failed 'dnf could not install WALinuxAgent'
elif has yum; then
  yum -q -y install WALinuxAgent && yum -q -y update WALinuxAgent || failed 'yum could not install WALinuxAgent'
elif has zypper; then
  zypper -q -n install python3-azure-agent || zypper -q -n install python-azure-agent || failed 'zypper could not install the agent'
else
  failed 'none of apt-get, tdnf, dnf, yum and zypper is here'
fi

rm -f /var/lib/waagent/disable_agent
has systemctl || failed 'the agent is installed, but there is no systemctl to start it with'
service=waagent
systemctl cat walinuxagent.service >/dev/null 2>&1 && service=walinuxagent
systemctl enable "$service" || failed "could not enable the service $service"
systemd-run --on-active=15 systemctl restart "$service" || failed "could not have the service $service restarted"
echo "vm-agent: ok: $service restarts in 15 seconds"
"""

_WINDOWS = r"""$ErrorActionPreference = 'Stop'
$url = '@URL@'
$sha256 = '@SHA256@'
try {
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    $package = Join-Path $env:SystemRoot 'Temp\vm-agent.msi'
    $log = Join-Path $env:SystemRoot 'Temp\vm-agent-msi.log'
    Invoke-WebRequest -UseBasicParsing -Uri $url -OutFile $package
    if ($sha256 -and (Get-FileHash -Algorithm SHA256 -Path $package).Hash -ne $sha256) { throw "the checksum of $url is another one" }
    $signature = Get-AuthenticodeSignature -FilePath $package
    if ($signature.Status -ne 'Valid' -or $signature.SignerCertificate.Subject -notmatch 'O=Microsoft Corporation') {
        throw "$url is not signed by Microsoft: $($signature.Status)"
    }
    foreach ($name in 'RdAgent', 'WindowsAzureGuestAgent') {
        if (Get-Service -Name $name -ErrorAction SilentlyContinue) { Set-Service -Name $name -StartupType Automatic }
    }
    $action = New-ScheduledTaskAction -Execute 'msiexec.exe' -Argument "/i `"$package`" /quiet /norestart /L*v `"$log`""
    $trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).AddSeconds(30)
    $system = New-ScheduledTaskPrincipal -UserId 'SYSTEM' -LogonType ServiceAccount -RunLevel Highest
    Register-ScheduledTask -TaskName 'Install Azure VM agent' -Action $action -Trigger $trigger -Principal $system -Force | Out-Null
    Write-Output "vm-agent: ok: the installation begins in 30 seconds and writes $log"
} catch {
    Write-Output "vm-agent: failed: $($_.Exception.Message)"
}
"""


def windows(package: dict[str, Any] | None) -> str:
    """The script for Windows. package: {url, sha256}, both checked by then, so that they hold nothing that PowerShell would act on."""
    given = package or {}
    return _WINDOWS.replace("@URL@", given.get("url") or WINDOWS_PACKAGE_URL).replace("@SHA256@", given.get("sha256") or "")


def run_command(system: str, package: dict[str, Any] | None) -> Document:
    """The body of the action run command for a VM of this system, Linux or Windows."""
    if system.lower() == "windows":
        return {"commandId": "RunPowerShellScript", "script": windows(package).splitlines()}
    return {"commandId": "RunShellScript", "script": LINUX.splitlines()}


def output(result: Document) -> str:
    """What the script printed, from the result of the action: {value: [{code, message}]}."""
    return "\n".join(str(each.get("message") or "") for each in objects(result.get("value")))[-OUTPUT_LENGTH:].strip()


def failure(printed: str) -> str | None:
    """Why the script failed by what it printed, None when it did not."""
    ends = _ENDED.findall(printed)
    if not ends:
        return "the script did not come to its end"
    verdict, text = ends[-1]
    return None if verdict == "ok" else str(text).strip() or "the script failed"
