"""Every number the engine decides by, each with its reason, so that tuning happens in one place.

Scores are 0-1 as the recognition model reports them per character, not probabilities.
"""

from __future__ import annotations

# Finding text. One pass on a reduced picture is enough for a card that fills it; time goes with the square.
FIRST_PASS_SIDE = 960
# The second look is taken on the upright text area alone, where letters are larger.
SECOND_PASS_SIDE = 1056
# When the smaller lines (lower quartile) were lower than this in the first pass (pixels), look again.
SECOND_PASS_BELOW_LINE_HEIGHT = 14.0
# A card far off shows its larger lines only, which then look large enough: look again when letters would grow so much.
SECOND_PASS_IF_SO_MUCH_NEARER = 2.2
# Detection is trained on text near the horizontal; beyond this tilt (degrees) boxes swallow neighbours.
SECOND_PASS_BEYOND_DEGREES = 8.0
# Where a field is missing text is looked for once more in the card alone, in letters this much larger.
CLOSER_SIDE = 1280
# A line whose slope differs this much (degrees) from the card's is a watermark or the background.
FOREIGN_SLOPE_DEGREES = 14.0

# A value is reported from this confidence on. On the calibration's pictures 0.18 % of what that reports was wrong, of
# 0.2 % that we allow ourselves; everything less sure is left to a person.
MIN_CONFIDENCE = 0.85
# Relations weaker than this (see fields.relation) are chance neighbours.
MIN_RELATION = 0.3

# Printed value and machine-readable line disagree: only called so when the print is this clear.
MIN_DISAGREEING_CHARACTER = 0.8

# A name in a picture whose shake was undone: weaker characters are made of ripples as often as of strokes.
MIN_STILL_CHARACTER = 0.8

# Forgery tests need detail: below this short side (pixels) they are not made.
MIN_FORENSIC_SIDE = 600

# A value the smaller model did not read alike, or whose weakest character is below this, is cut and read again...
SURE_AGREED_CHARACTER = 0.7
# (both models know the same twins among characters: a name needs more)
SURE_NAME_CHARACTER = 0.95
# ...and kept only when one reading gathers this share of the weight.
AGREEMENT = 0.55
