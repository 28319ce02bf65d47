# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a Linux guest and prints as JSON all that the role must know of it. Changes nothing, needs nothing but Python.

Reads from stdin {packages, services, ask_azure}: the names that the package and the service may have, and whether to ask
Azure's metadata service which VM this is.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.request

CONF = "/etc/waagent.conf"
UNIT_PROPERTIES = "Id,LoadState,ActiveState,UnitFileState,ConditionResult,ConditionTimestampMonotonic,MainPID"
# The order in which handle.sh of the snapshot extension looks for a Python, in these folders only:
# https://github.com/Azure/azure-linux-extensions/tree/master/VMBackup
INTERPRETERS = ("python3.8", "python3.7", "python3.6", "python3.5", "python3.4", "python3.3", "python3", "python2.7", "python2.6", "python2", "python")
FOLDERS = ("/usr/bin", "/usr/local/bin")
PLATFORM = "168.63.129.16"
IDENTITY = "http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01&format=json"


def run(*command):
    """(status, output) of a command; (None, "") where it is not installed or hangs."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None, ""
    return done.returncode, done.stdout.decode(errors="replace")


def read(path):
    """{text, modified, mode} of a file; text is None and error says why when it cannot be read; None where there is no file."""
    try:
        with open(path, "rb") as file:
            content = file.read()
        about = os.stat(path)
        return {"text": content.decode(), "modified": about.st_mtime, "mode": f"{stat.S_IMODE(about.st_mode):04o}"}
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        return {"text": None, "error": f"it is not UTF-8 text, see byte {error.start}"}
    except OSError as error:
        return {"text": None, "error": str(error)}


def setting(conf, key, default):
    """A path in waagent.conf."""
    value = default
    for line in ((conf or {}).get("text") or "").splitlines():
        name, equals, rest = line.partition("=")
        if equals and not line.startswith("#") and name.strip() == key:
            value = rest.partition("#")[0].strip().strip('"')
    return value if value != "None" else default


def installed(packages):
    """{name: version} of those of the packages that are installed."""
    found = {}
    for name in packages:
        for question in (("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}"), ("rpm", "-q", "--qf", "installed %{VERSION}-%{RELEASE}")):
            status, answer = run(*question, name)
            state, _space, version = answer.strip().partition(" ")
            if status == 0 and state == "installed":
                found[name] = version
    return found


def started(pid):
    """When a process began, in seconds since 1970; None when it is not there."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/stat") as file:
            boot = next(int(line.split()[1]) for line in file if line.startswith("btime"))
        return boot + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, StopIteration):
        return None


def units(services):
    """The properties of each unit of these names that there is, and when its main process began."""
    found = []
    for name in services:
        status, text = run("systemctl", "show", "--property=" + UNIT_PROPERTIES, name + ".service")
        unit = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if status == 0 and unit.get("LoadState") != "not-found" and unit.get("Id") not in [each["Id"] for each in found]:
            unit["started"] = started(unit.get("MainPID", "0")) if unit.get("MainPID", "0") != "0" else None
            found.append(unit)
    return found


def without_programs(paths):
    """Those of the folders from which no program may be started. A folder that is not there yet is judged by the one above."""
    found = []
    for path in paths:
        there = path
        while not os.path.exists(there):
            there = os.path.dirname(there)
        if os.statvfs(there).f_flag & os.ST_NOEXEC:
            found.append(path)
    return found


def interpreter():
    """(path, version) of the Python that the snapshot extension would take."""
    for name in INTERPRETERS:
        for folder in FOLDERS:
            path = os.path.join(folder, name)
            status, text = run(path, "-c", "import sys; print('.'.join(map(str, sys.version_info[:3])))") if os.path.exists(path) else (None, "")
            if status == 0:
                return path, text.strip()
    return None, None


def answers(port):
    try:
        socket.create_connection((PLATFORM, port), timeout=3).close()
    except OSError:
        return False
    return True


def identity():
    """What Azure says which VM this is; None when nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(IDENTITY, headers={"Metadata": "true"}), timeout=3) as answer:
            return json.loads(answer.read().decode())
    except (OSError, ValueError):
        return None


def main():
    wanted = json.load(sys.stdin)
    conf = read(CONF)
    library = setting(conf, "Lib.Dir", "/var/lib/waagent")
    path, version = interpreter()
    program = shutil.which("waagent", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin")
    found = {
        "system": "linux",
        "uid": os.getuid(),
        "now": time.time(),
        "architecture": platform.machine(),
        "systemd": os.path.isdir("/run/systemd/system"),
        "packages": installed(wanted["packages"]),
        "program": program,
        "program_changed": os.stat(program).st_ctime if program else None,
        "version_text": run(program, "--version")[1] if program else "",
        "units": units(wanted["services"]),
        "conf": conf,
        "policy": read(setting(conf, "Policy.PolicyFilePath", "/etc/waagent_policy.json")),
        "disable_agent": next(filter(os.path.exists, [os.path.join(library, "disable_agent")]), None),
        "provisioned": any(os.path.exists(os.path.join(library, name)) for name in ("provisioned", "ovf-env.xml")),
        "noexec": without_programs(dict.fromkeys(("/var", "/var/lib", library))),
        "interpreter": path,
        "interpreter_version": version,
        "missing_tools": [name for name in ("lsblk", "lsscsi") if not shutil.which(name)],
        "platform_ports": {str(port): answers(port) for port in (80, 32526)},
        "azure": identity() if wanted["ask_azure"] else None,
    }
    print(json.dumps(found))


main()
