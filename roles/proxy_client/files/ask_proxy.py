# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a proxy for a way to each of some names and prints what is wrong as a JSON list of {what, why}.

Standard input is a JSON object with host, port, user, password, names and timeout in seconds. Credentials are taken from
there so that no list of processes shows them. Runs on the host that is to use the proxy, with whatever Python 3 it has.
"""

import base64
import json
import socket
import sys


def answer(wish, name):
    """The first line of what the proxy says to CONNECT name:443."""
    connection = socket.create_connection((wish["host"], wish["port"]), wish["timeout"])
    try:
        lines = ["CONNECT %s:443 HTTP/1.1" % name, "Host: %s:443" % name]
        if wish.get("user"):
            pair = "%s:%s" % (wish["user"], wish["password"])
            lines.append("Proxy-Authorization: Basic " + base64.b64encode(pair.encode()).decode())
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection.makefile("rb").readline(4096).decode("latin-1").strip()
    finally:
        connection.close()


def meaning(wish, name, line):
    """Why this answer is not good enough; None when it is."""
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        return "it does not answer as an HTTP proxy does, but with %r" % line[:60]
    status = int(words[1])
    if 200 <= status < 300:
        return None
    if status == 407:
        given = "does not accept these credentials" if wish.get("user") else "wants credentials: set proxy_client_user and proxy_client_password"
        return "it %s (407 Proxy Authentication Required)" % given
    if status >= 500:
        return "it cannot reach %s itself (%d): see to its name resolution and its way out" % (name, status)
    return "it refuses %s (%d): add the name to its allow-list, or take it out of proxy_client_check_names" % (name, status)


def problems(wish):
    proxy = "proxy %s:%s" % (wish["host"], wish["port"])
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
        yield {"what": proxy, "why": "this host cannot resolve the name (%s)" % (error.strerror or error)}
    except (socket.timeout, OSError) as error:
        why = error.strerror or "no answer within %s seconds" % wish["timeout"]
        yield {"what": proxy, "why": "this host does not reach it (%s): see to the proxy, its firewall and the network security groups between" % why}


print(json.dumps(list(problems(json.load(sys.stdin)))))
