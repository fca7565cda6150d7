"""The official Python library at work, either edition: reads calls from stdin, writes outcomes to stdout.

A call without `action` goes through the typed request and response classes, as the vendor's samples do. `clock` is how
far this machine's clock is off, in seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ocr.v20181119 import models
from tencentcloud.ocr.v20181119.ocr_client import OcrClient

_real_time = time.time
_clients: dict[str, Any] = {}


def _client(asked: dict[str, Any]) -> Any:
    """One client for each way of calling, as a program would have, so that its connection can be kept."""
    name = json.dumps({k: v for k, v in asked.items() if k not in ("parameters", "clock", "action", "options")})
    if name not in _clients:
        http = HttpProfile(
            protocol="http", endpoint=asked["address"], reqMethod=asked.get("method", "POST"), reqTimeout=60,
            keepAlive=True,
        )  # fmt: skip
        profile = ClientProfile(
            signMethod=asked.get("sign_method"), httpProfile=http, language=asked.get("language", "en-US")
        )
        if asked.get("unsigned_payload"):
            profile.unsignedPayload = True
        credential = Credential(asked["secret_id"], asked["secret_key"], asked.get("token"))
        kind = OcrClient
        if asked.get("is_async"):
            from tencentcloud.ocr.v20181119.ocr_client_async import OcrClient as kind
        made = _clients[name] = kind(credential, asked.get("region", ""), profile)
        if "version" in asked:
            made._apiVersion = asked["version"]
    return _clients[name]


async def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    client = _client(asked)
    if "action" in asked and asked.get("is_async"):
        made = await client.call_and_deserialize(
            asked["action"], asked["parameters"], models.MainlandPermitOCRResponse, opts=dict(asked.get("options", {}))
        )
        return dict(json.loads(made.to_json_string()))
    if "action" in asked:
        answer = client.call_json(asked["action"], asked["parameters"], options=dict(asked.get("options", {})))
        return dict(answer["Response"])
    request = models.MainlandPermitOCRRequest()
    for name, value in asked["parameters"].items():
        setattr(request, name, value)
    response = client.MainlandPermitOCR(request)
    if asked.get("is_async"):
        response = await response
    typed: dict[str, Any] = json.loads(response.to_json_string())
    return typed


async def main() -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        off = asked.get("clock", 0)
        time.time = lambda off=off: _real_time() + off  # type: ignore[misc, assignment]
        try:
            outcome = {"answer": await _answer(asked)}
        except TencentCloudSDKException as error:
            outcome = {
                "answer": {}, "code": error.code, "message": error.message, "request_id": error.requestId or "",
            }  # fmt: skip
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
