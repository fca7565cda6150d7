"""For people at a terminal: read a picture here, call a service, serve the protocol, draw a specimen.

Each command imports what it needs when it runs: a call must not load the engine's models.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from ocr_integration import wire
from ocr_integration.client import Client
from ocr_integration.contract import PermitReading, ReadRequest, Side
from ocr_integration.errors import ServiceError


def _environment(name: str) -> str:
    """A value of the environment, or of the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get(name, "")


def _print(reading: PermitReading) -> None:
    print(json.dumps(wire.answer_body(reading), ensure_ascii=False, indent=2))


def _read(options: argparse.Namespace) -> None:
    from ocr_integration.server.engine_reader import EngineReader

    image = options.image.read_bytes()
    _print(EngineReader().read(image, side=Side(options.side), with_portrait=options.profile))


def _call(options: argparse.Namespace) -> None:
    secret_id, secret_key = _environment("OCR_SECRET_ID"), _environment("OCR_SECRET_KEY")
    if not (secret_id and secret_key):
        raise SystemExit("OCR_SECRET_ID and OCR_SECRET_KEY (or ..._FILE) hold the key to call with")
    client = Client(options.endpoint, secret_id, secret_key, region=_environment("OCR_REGION"))
    request = ReadRequest(image=options.image.read_bytes(), side=Side(options.side), with_portrait=options.profile)
    _print(client.read(request))


def _serve(options: argparse.Namespace) -> None:
    from ocr_integration.server import serving

    try:
        keys = serving.keys_from_text(_environment("OCR_SERVER_KEYS"))
    except ValueError as error:
        raise SystemExit(f"OCR_SERVER_KEYS: {error}") from None
    try:
        tokens = serving.tokens_from_text(_environment("OCR_SERVER_TOKENS"), keys)
    except ValueError as error:
        raise SystemExit(f"OCR_SERVER_TOKENS: {error}") from None
    serving.serve(
        host=options.host,
        port=options.port,
        keys=keys,
        tokens=tokens,
        calls_per_second=options.calls_per_second,
        allow_private_urls=options.allow_private_urls,
    )


def _specimen(options: argparse.Namespace) -> None:
    from ocr_integration import specimens

    chosen = {name: getattr(options, name) for name in ("capture", "forgery") if getattr(options, name)}
    try:
        drawn = specimens.draw(options.kind, seed=options.seed, **chosen)
    except ValueError as error:
        known = ", ".join(specimens.SpecimenKind)
        raise SystemExit(f"{error}; kinds are {known}") from None
    options.out.write_bytes(drawn.image)
    truth = {"side": drawn.side.value, "truth": wire.answer_body(drawn.truth)}
    beside = options.out.with_name(options.out.name + ".json")
    beside.write_text(json.dumps(truth, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{options.out} and {beside}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ocr_integration", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="read | call | serve | specimen")

    picture = argparse.ArgumentParser(add_help=False)
    picture.add_argument("image", type=Path, help="a JPEG or PNG file")
    picture.add_argument("--side", choices=[side.value for side in Side], default=Side.FRONT.value)
    picture.add_argument("--profile", action="store_true", help="also return the portrait")

    read = commands.add_parser("read", parents=[picture], help="read a picture on this machine")
    read.set_defaults(run=_read)

    call = commands.add_parser("call", parents=[picture], help="have a service read a picture")
    call.add_argument("--endpoint", required=True, help="https://… of the service")
    call.set_defaults(run=_call)

    serve = commands.add_parser(
        "serve",
        help="serve the protocol; keys from OCR_SERVER_KEYS=id:key,… and OCR_SERVER_TOKENS=id:token,…",
    )
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8010)
    serve.add_argument("--calls-per-second", type=int, default=20)
    serve.add_argument("--allow-private-urls", action="store_true", help="download from inside the network too")
    serve.set_defaults(run=_serve)

    specimen = commands.add_parser("specimen", help="draw a specimen card, and its truth beside it")
    specimen.add_argument("--kind", required=True)
    specimen.add_argument("--seed", type=int, required=True)
    specimen.add_argument("--capture")
    specimen.add_argument("--forgery")
    specimen.add_argument("out", type=Path)
    specimen.set_defaults(run=_specimen)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 1 and a line on stderr when the service or the engine refuses."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except ServiceError as error:
        print(f"{error.error_class}: {error.code} (request {error.request_id or 'none'})", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
