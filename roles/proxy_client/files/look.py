# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads all that the role needs to know of a Linux host, asks the proxy, and prints both as one JSON object. Changes nothing.

Standard input is a JSON object: files, paths to read; units, names of services; proxy, null or an object with host, port, user,
password, names to ask for, and timeout in seconds. Credentials come in there so that no list of processes shows them. Runs
on the host that is to use the proxy, with whatever Python 3 it has.
"""

import base64
import json
import os
import socket
import subprocess
import sys


def content(path):
    """The file in base64, null when there is none, or an object with the reason why it cannot be read."""
    try:
        with open(path, "rb") as file:
            return base64.b64encode(file.read()).decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        return {"error": error.strerror}


def properties(units):
    """What systemctl says of the services; null where there is no systemd."""
    command = ["systemctl", "show", "--property=Id,LoadState,Environment", *units]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def answer(wish, name):
    """The first line of what the proxy says to CONNECT name:443."""
    with socket.create_connection((wish["host"], wish["port"]), wish["timeout"]) as connection:
        lines = [f"CONNECT {name}:443 HTTP/1.1", f"Host: {name}:443"]
        if wish.get("user"):
            pair = f"{wish['user']}:{wish['password']}"
            lines.append("Proxy-Authorization: Basic " + base64.b64encode(pair.encode()).decode())
        connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        return connection.makefile("rb").readline(4096).decode("latin-1").strip()


def meaning(wish, name, line):
    """Why this answer is not good enough; None when it is."""
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        return f"it does not answer as an HTTP proxy does, but with {line[:60]!r}"
    status = int(words[1])
    if 200 <= status < 300:
        return None
    if status == 407:
        wrong = "does not accept these credentials" if wish.get("user") else "wants credentials: set proxy_client_user and proxy_client_password"
        return f"it {wrong} (407 Proxy Authentication Required)"
    if status >= 500:
        return f"it cannot reach {name} itself ({status}): check its name resolution and its outbound access"
    return f"it refuses {name} ({status}): add the name to its allow-list, or take it out of proxy_client_check_names"


def problems(wish):
    """[{what, why}]; a proxy that refuses one name is asked for the others too."""
    proxy = f"proxy {wish['host']}:{wish['port']}"
    try:
        if not wish["names"]:
            socket.create_connection((wish["host"], wish["port"]), wish["timeout"]).close()
        for name in wish["names"]:
            why = meaning(wish, name, answer(wish, name))
            if why:
                yield {"what": proxy, "why": why}
                if "refuses" not in why:
                    return
    except socket.gaierror as error:
        yield {"what": proxy, "why": f"this host cannot resolve the name ({error.strerror or error})"}
    except OSError as error:
        cause = error.strerror or f"no answer within {wish['timeout']} seconds"
        yield {"what": proxy, "why": f"this host does not reach it ({cause}): check the proxy, its firewall and the network security groups between"}


def main():
    wish = json.load(sys.stdin)
    seen = {
        "uid": os.getuid(),
        "files": {path: content(path) for path in wish["files"]},
        "units": properties(wish["units"]),
        "answer": list(problems(wish["proxy"])) if wish["proxy"] else [],
    }
    print(json.dumps(seen))


main()
