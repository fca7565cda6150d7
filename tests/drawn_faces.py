"""Drawn faces for what compares them: the specimens' own, which are all one person to the model, and somebody else."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

from ocr_integration.specimens.portraits import portrait

_SIZE = (225, 300)


def one_person(seed: int, *, height: int = 300, quality: int = 90) -> bytes:
    """A photo of the person whom every specimen shows, with other hair and skin for each seed (JPEG)."""
    return _jpeg(portrait(seed, width=height * 3 // 4, height=height, woman=seed % 2 == 0), quality)


def somebody_else() -> bytes:
    """A bearded man with glasses (JPEG)."""
    scale = 3
    w, h = _SIZE[0] * scale, _SIZE[1] * scale
    image = Image.new("RGB", (w, h), (200, 205, 210))
    draw = ImageDraw.Draw(image)
    cx, cy, fw, fh = w / 2, h * 0.46, w * 0.22, h * 0.3
    skin, dark = (236, 205, 180), (30, 25, 20)
    draw.ellipse((cx - w * 0.45, h * 0.8, cx + w * 0.45, h * 1.4), fill=(60, 60, 70))
    draw.ellipse((cx - fw, cy - fh, cx + fw, cy + fh), fill=skin)
    draw.pieslice((cx - fw * 1.1, cy - fh * 1.1, cx + fw * 1.1, cy + fh * 0.4), 180, 360, fill=(20, 20, 20))
    draw.ellipse((cx - fw * 0.95, cy - fh * 0.75, cx + fw * 0.95, cy + fh * 0.2), fill=skin)
    draw.pieslice((cx - fw, cy - fh, cx + fw, cy + fh * 1.15), 10, 170, fill=dark)
    draw.ellipse((cx - fw * 0.6, cy - fh * 0.1, cx + fw * 0.6, cy + fh * 0.35), fill=skin)
    y, eye = cy - fh * 0.12, fw * 0.18
    for side in (-1, 1):
        x = cx + side * fw * 0.42
        draw.ellipse((x - eye, y - eye * 0.6, x + eye, y + eye * 0.6), fill=(245, 245, 240))
        draw.ellipse((x - eye * 0.5, y - eye * 0.6, x + eye * 0.5, y + eye * 0.6), fill=(30, 40, 60))
        brow = (x - fw * 0.25, y - fw * 0.28, x + fw * 0.25, y - fw * 0.3 * (1 + 0.2 * side))
        draw.line(brow, fill=(40, 30, 25), width=int(fw * 0.07))
        rim = (x - fw * 0.33, y - fw * 0.28, x + fw * 0.33, y + fw * 0.28)
        draw.ellipse(rim, outline=(20, 20, 20), width=int(fw * 0.07))
    draw.line((cx - fw * 0.12, y, cx + fw * 0.12, y), fill=(20, 20, 20), width=int(fw * 0.06))
    nose = ((cx, cy - fh * 0.1), (cx - fw * 0.14, cy + fh * 0.3), (cx + fw * 0.14, cy + fh * 0.3))
    draw.polygon(nose, fill=tuple(int(value * 0.85) for value in skin))
    draw.ellipse((cx - fw * 0.3, cy + fh * 0.5, cx + fw * 0.3, cy + fh * 0.66), fill=(150, 60, 60))
    return _jpeg(image.filter(ImageFilter.GaussianBlur(4)).resize(_SIZE), 90)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
