"""A real S3 server for tests: SeaweedFS from its wheel, on free ports of the loopback, its data in a folder of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kyc_portal.local.layout import free_port

BUCKET = "kyc"


class ObjectStore:
    """Start, stop by KILL (it does not end by itself), start again on the same ports and data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key_id, self.key = secrets.token_hex(8), secrets.token_hex(16)
        self._sse_key = secrets.token_hex(32)
        self._ports = {name: _two_free_ports() for name in ("master", "volume", "filer", "s3")}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._ports['s3'][0]}"

    @property
    def storage_url(self) -> str:
        """As STORAGE_URL wants it."""
        return f"s3://{self.key_id}:{self.key}@{self.address}/{BUCKET}?tls=0"

    @property
    def data(self) -> Path:
        """Where the server keeps everything."""
        return self.folder / "data"

    def start(self) -> None:
        """Start and wait until the bucket answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        identity = {
            "name": "portal",
            "credentials": [{"accessKey": self.key_id, "secretKey": self.key}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        ports = [
            f"-{name}.port{kind}={port}"
            for name, pair in self._ports.items()
            for kind, port in zip(("", ".grpc"), pair, strict=True)
        ]
        command = [
            str(Path(sys.executable).with_name("weed")), "server", f"-dir={self.data}", "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1", "-s3", f"-s3.config={self.folder / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0",
            "-master.telemetry=false", "-master.peers=none", "-volume.max=8", *ports,
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "WEED_S3_SSE_KEY": self._sse_key},
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                self._make_bucket()
                return
            except (BotoCoreError, ClientError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError((self.folder / "log").read_text()[-2000:]) from error
                time.sleep(0.3)

    def kill(self) -> None:
        """End it; what it has stored stays."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def client(self) -> Any:
        """boto3's own client, beside the portal's."""
        return boto3.client(
            "s3", endpoint_url=f"http://{self.address}", aws_access_key_id=self.key_id, aws_secret_access_key=self.key,
            region_name="us-east-1", config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )  # fmt: skip

    def objects(self) -> dict[str, bytes]:
        """Everything in the bucket by its name."""
        client, found = self.client(), {}
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for each in page.get("Contents", []):
                found[each["Key"]] = client.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
        return found

    def _make_bucket(self) -> None:
        client = self.client()
        if BUCKET not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
        client.delete_object(Bucket=BUCKET, Key="ready")


def _two_free_ports() -> tuple[int, int]:
    return free_port(), free_port()
