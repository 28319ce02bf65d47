# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers every HTTPS request with 200 and the name that was asked for."""

import http.server
import ssl


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/root/cert.pem", "/root/key.pem")
server = http.server.ThreadingHTTPServer(("", 443), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
