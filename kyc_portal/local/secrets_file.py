"""The secrets of one local copy: made once, kept 0600 in its folder, the same at every start."""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path


def _key() -> str:
    return "local:" + base64.b64encode(secrets.token_bytes(32)).decode()


def load_or_make(path: Path) -> dict[str, str]:
    """Every secret by name; a missing file is made, whole or not at all, and a name that is new here is added."""
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "MASTER_KEY": _key(),
        "DIGEST_KEY": _key(),
        "OCR_SECRET_ID": "AKIDlocal" + secrets.token_hex(12),
        "OCR_SECRET_KEY": secrets.token_hex(20),
        "OWNER_PASSWORD": secrets.token_hex(16),
        "APP_PASSWORD": secrets.token_hex(16),
        "SEALER_PASSWORD": secrets.token_hex(16),
        "AUDIT_SIGNING_KEY": _key(),
    }
    if made.keys() == found.keys():
        return found
    made |= found
    half = path.with_suffix(".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(made, file)
    half.replace(path)
    return made
