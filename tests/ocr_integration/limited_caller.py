"""One process that calls as fast as the shared limiter lets it: python -m …limited_caller STORE KEY HOST:PORT CALLS."""

from __future__ import annotations

import socket
import sys

from ocr_integration.rate_limit import SharedLimiter


def main(store_url: str, key: str, address: str, calls: int) -> None:
    limiter = SharedLimiter(store_url, key, 20)
    host, _colon, port = address.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print("started", flush=True)
        sys.stdin.readline()
        for _ in range(calls):
            limiter.acquire(60)
            connection.sendall(b"POST / HTTP/1.1\r\nHost: count\r\nContent-Length: 0\r\n\r\n")
            connection.recv(1024)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
