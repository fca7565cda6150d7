"""Key rings read from `id:base64,id:base64`, newest first: the first key wraps or digests, all of them open.

Pure: knows neither settings nor rows. The interface is a key service's: wrap, unwrap, check.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kyc_portal.sealing.errors import MasterKeyError

_NONCE = 12


def parse(text: str, *, name: str) -> dict[str, bytes]:
    """The keys of a ring by id, newest first. Raises MasterKeyError naming the variable and the accepted form."""
    wanted = "give 'id:base64 of 32 bytes', several separated by commas, newest first"
    form = f"{name}: {wanted}"
    if not text:
        raise MasterKeyError(f"{name} is not set: {wanted}")
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _colon, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise MasterKeyError(form) from error
        if not key_id or len(key) != 32 or key_id in keys:
            raise MasterKeyError(form)
        keys[key_id] = key
    return keys


def derive(key: bytes, purpose: str, length: int = 32) -> bytes:
    """HKDF-SHA256 of a key for one purpose."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose.encode()).derive(key)


@dataclass(frozen=True)
class MasterKeys:
    """The ring that wraps customers' keys."""

    keys: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def _ciphers(self) -> dict[str, AESGCM]:
        return {key_id: AESGCM(key) for key_id, key in self.keys.items()}

    @cached_property
    def ciphers(self) -> Mapping[bytes, AESGCM]:
        """By the bytes of each key's id: for who unwraps very many, and asks `unwrap` why one fails."""
        return {key_id.encode(): cipher for key_id, cipher in self._ciphers.items()}

    @property
    def newest(self) -> str:
        return next(iter(self.keys))

    def wrap(self, key: bytes, *, context: bytes) -> tuple[str, bytes]:
        """(id, blob) under the newest key; the context must be given again to unwrap."""
        nonce = os.urandom(_NONCE)
        return self.newest, nonce + self._ciphers[self.newest].encrypt(nonce, key, context)

    def unwrap(self, key_id: str, blob: bytes, *, context: bytes) -> bytes:
        """Raises MasterKeyError when the id is gone or its key is another."""
        try:
            return self._ciphers[key_id].decrypt(blob[:_NONCE], blob[_NONCE:], context)
        except KeyError as error:
            raise MasterKeyError(
                f"a key was wrapped by master key '{key_id}', which is not in MASTER_KEY (has: {', '.join(self.keys)})"
            ) from error
        except InvalidTag as error:
            raise MasterKeyError(f"master key '{key_id}' is not the one that wrapped this key") from error

    def check(self, key_id: str) -> bytes:
        """Eight bytes that tell one master key from another without telling the key."""
        return derive(self.keys[key_id], "kyc master key check", 8)
