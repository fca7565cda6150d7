"""The keys that sign checkpoints, and the notes they make. Only the sealer's process has them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kyc_portal.audit.proof.verifier import Key

_SEED_BYTES = 32


class SigningKeyError(ValueError):
    """AUDIT_SIGNING_KEY cannot be used; the message says what is needed."""


@dataclass(frozen=True)
class Signer:
    """One signing key under the log's origin."""

    origin: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> Key:
        """What verifies its signatures."""
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return Key(self.origin, raw)

    def line(self, text: str) -> str:
        """The signature line over a note's text."""
        signature = self.private.sign(text.encode())
        return f"— {self.origin} {base64.b64encode(self.key.id + signature).decode()}\n"


def signers(text: str, *, origin: str) -> list[Signer]:
    """The keys of AUDIT_SIGNING_KEY (`name:base64 of 32 bytes`, newest first; names are for people).

    The first signs; the second, if it signed the last checkpoint, hands over to it. Raises SigningKeyError.
    """
    found = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        name, colon, encoded = each.partition(":")
        try:
            seed = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise SigningKeyError(f"AUDIT_SIGNING_KEY: {name} is not base64") from error
        if not colon or len(seed) != _SEED_BYTES:
            raise SigningKeyError("AUDIT_SIGNING_KEY: name:base64 of 32 bytes is needed, several with commas")
        found.append(Signer(origin, Ed25519PrivateKey.from_private_bytes(seed)))
    if not found:
        raise SigningKeyError("AUDIT_SIGNING_KEY is not set: give name:base64 of 32 bytes")
    return found


def note(*, size: int, root: bytes, at: datetime, by: Signer, retires: Signer | None = None) -> str:
    """A signed checkpoint. With `retires` it is signed by both keys and hands over from that one."""
    lines = [by.origin, str(size), base64.b64encode(root).decode(), f"time {at:%Y-%m-%dT%H:%M:%S.%fZ}"]
    if retires is not None:
        lines += [f"retires {retires.key.id.hex()}", f"key {by.key}"]
    text = "\n".join(lines) + "\n"
    return text + "\n" + by.line(text) + (retires.line(text) if retires else "")
