# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client assertions: the JWT that a client signs with its certificate to show who it is."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MINUTE = 60  # seconds that clocks may differ


class SignInError(Exception):
    """A refused sign-in: HTTP status, OAuth error, the number of the AADSTS code, its text."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number = status, error, number


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read_jwt(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(header, claims) of a JWT without a look at its signature; ValueError when it is none."""
    parts = [json.loads(decode(part)) for part in token.split(".")[:2]] if token.count(".") == 2 else []
    if len(parts) != 2 or not all(isinstance(part, dict) for part in parts):
        raise ValueError("not a JWT")
    return parts[0], parts[1]


def check_assertion(form: dict[str, str], certificates: list[str]) -> None:
    """Raise SignInError unless the form's assertion is good.

    Where the estate lists certificates (PEM) of the client, one of them must have signed; else any may have.
    """
    try:
        header, claims = read_jwt(form["client_assertion"])
        good = claims["iss"] == claims["sub"] == form["client_id"] and header["alg"] in ("RS256", "PS256")
        begins, ends = float(claims.get("nbf", 0)), float(claims["exp"])
    except (ValueError, KeyError, TypeError) as exc:
        raise _failed() from exc
    if not good or form.get("client_assertion_type") != ASSERTION:
        raise _failed()
    if not begins - _MINUTE <= time.time() < ends:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        text = f"Client assertion is not within its valid time range. Current time: {now}, expiry time of assertion {_stamp(ends)}."
        raise SignInError(401, "invalid_client", 700024, text)
    if certificates:
        _check_signature(form["client_assertion"], header, certificates)


def _stamp(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _failed(reason: str = "") -> SignInError:
    return SignInError(401, "invalid_client", 700027, f"Client assertion failed signature validation.{reason}")


def _check_signature(assertion: str, header: dict[str, Any], certificates: list[str]) -> None:
    """The header names the certificate by its thumbprint (x5t: SHA-1, x5t#S256: SHA-256); its key must have signed."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    algorithm: hashes.HashAlgorithm
    name, algorithm = ("x5t#S256", hashes.SHA256()) if "x5t#S256" in header else ("x5t", hashes.SHA1())
    thumbprint = decode(str(header.get(name, "")))
    known = {each.fingerprint(algorithm): each for each in (x509.load_pem_x509_certificate(text.encode()) for text in certificates)}
    certificate = known.get(thumbprint)
    if certificate is None:
        raise _failed(f" [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint.hex().upper()}']")
    key = certificate.public_key()
    pad: padding.AsymmetricPadding = padding.PKCS1v15()
    if header["alg"] == "PS256":
        pad = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    signed, _dot, signature = assertion.rpartition(".")
    try:
        if not isinstance(key, rsa.RSAPublicKey):
            raise _failed(" [Reason - The key is not an RSA key.]")
        key.verify(decode(signature), signed.encode(), pad, hashes.SHA256())
    except InvalidSignature as exc:
        raise _failed(" [Reason - The key was found, but the signature does not fit.]") from exc
