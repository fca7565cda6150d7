"""A drawn face, plausible enough that a face detector finds it; nobody's."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw, ImageFilter

_SKINS = ((236, 205, 180), (225, 188, 158), (214, 174, 144), (242, 214, 194))
_CLOTHES = ((58, 66, 92), (96, 30, 40), (40, 60, 50), (80, 80, 84))


def portrait(seed: int, *, width: int, height: int, woman: bool) -> Image.Image:
    """An upright head and shoulders on a pale ground (RGB)."""
    chance = random.Random(f"face {seed}")  # noqa: S311 - drawings, not secrets
    scale = 3
    w, h = width * scale, height * scale
    image = Image.new("RGB", (w, h), (214, 224, 234))
    draw = ImageDraw.Draw(image)
    skin = chance.choice(_SKINS)
    shade = tuple(int(each * 0.86) for each in skin)
    hair = tuple(chance.randrange(18, 52) for _each in range(3))
    cx, cy = w / 2, h * 0.44
    fw, fh = w * chance.uniform(0.25, 0.28), h * chance.uniform(0.25, 0.275)
    long_hair = woman and chance.random() < 0.85
    if long_hair:
        draw.rounded_rectangle((cx - fw * 1.3, cy - fh * 1.2, cx + fw * 1.3, cy + fh * 1.4), radius=fw, fill=hair)
    draw.ellipse((cx - w * 0.46, h * 0.78, cx + w * 0.46, h * 1.3), fill=chance.choice(_CLOTHES))
    draw.rectangle((cx - fw * 0.42, cy + fh * 0.6, cx + fw * 0.42, h * 0.86), fill=shade)
    draw.ellipse((cx - fw * 1.14, cy - fh * 0.2, cx - fw * 0.86, cy + fh * 0.26), fill=shade)
    draw.ellipse((cx + fw * 0.86, cy - fh * 0.2, cx + fw * 1.14, cy + fh * 0.26), fill=shade)
    draw.ellipse((cx - fw * 1.1, cy - fh * 1.24, cx + fw * 1.1, cy + fh * 0.5), fill=hair)
    draw.ellipse((cx - fw, cy - fh * 0.92, cx + fw, cy + fh), fill=skin)
    eye_y, apart = cy - fh * 0.08, fw * 0.44
    for side in (-1, 1):
        x = cx + side * apart
        draw.line((x - fw * 0.24, eye_y - fh * 0.2, x + fw * 0.24, eye_y - fh * 0.23), fill=hair, width=int(fh * 0.06))
        draw.ellipse((x - fw * 0.19, eye_y - fh * 0.085, x + fw * 0.19, eye_y + fh * 0.085), fill=(246, 246, 244))
        draw.ellipse((x - fw * 0.09, eye_y - fh * 0.085, x + fw * 0.09, eye_y + fh * 0.085), fill=(38, 26, 20))
        draw.arc(
            (x - fw * 0.2, eye_y - fh * 0.11, x + fw * 0.2, eye_y + fh * 0.1),
            190,
            350,
            fill=(30, 22, 20),
            width=int(fh * 0.03),
        )
    nose = shade
    draw.line((cx - fw * 0.03, eye_y + fh * 0.05, cx - fw * 0.09, cy + fh * 0.32), fill=nose, width=int(fw * 0.06))
    draw.ellipse((cx - fw * 0.17, cy + fh * 0.27, cx + fw * 0.17, cy + fh * 0.4), fill=nose)
    for side in (-1, 1):
        x = cx + side * fw * 0.08
        draw.ellipse((x - fw * 0.035, cy + fh * 0.34, x + fw * 0.035, cy + fh * 0.38), fill=(110, 70, 60))
    draw.ellipse((cx - fw * 0.27, cy + fh * 0.53, cx + fw * 0.27, cy + fh * 0.67), fill=(178, 96, 92))
    draw.line((cx - fw * 0.26, cy + fh * 0.6, cx + fw * 0.26, cy + fh * 0.6), fill=(120, 56, 56), width=int(fh * 0.025))
    return image.filter(ImageFilter.GaussianBlur(scale * 1.1)).resize((width, height), Image.Resampling.LANCZOS)
