"""Every number the engine decides by, each with its reason, so that tuning happens in one place.

Scores are 0-1 as the recognition model reports them per character, not probabilities.
"""

from __future__ import annotations

# Finding text. One pass on a reduced picture is enough for a card that fills it; time goes with the square.
FIRST_PASS_SIDE = 832
# The second look is taken on the upright text area alone, where letters are larger.
SECOND_PASS_SIDE = 1056
# When the smaller lines (lower quartile) were lower than this in the first pass (pixels), look again.
SECOND_PASS_BELOW_LINE_HEIGHT = 14.0
# Detection is trained on text near the horizontal; beyond this tilt (degrees) boxes swallow neighbours.
SECOND_PASS_BEYOND_DEGREES = 8.0
# A line whose slope differs this much (degrees) from the card's is a watermark or the background.
FOREIGN_SLOPE_DEGREES = 14.0

# Keeping a value. A wrong value costs more than a blank one: the weakest character decides.
MIN_CHARACTER = 0.5
MIN_MEAN = 0.82
# Names are the one field without grammar: ask more of them.
MIN_NAME_CHARACTER = 0.4
# A value read by itself and confirmed by the machine-readable line needs less.
MIN_CONFIRMED_MEAN = 0.6
# Relations weaker than this (see fields.relation) are chance neighbours.
MIN_RELATION = 0.3

# Printed value and machine-readable line disagree: only called so when the print is this clear.
MIN_DISAGREEING_CHARACTER = 0.8

# Forgery tests need detail: below this short side (pixels) they are not made.
MIN_FORENSIC_SIDE = 600

# Below this weakest character a value is cut and read again with other margins...
SURE_CHARACTER = 0.9
# ...and kept only when one reading gathers this share of the weight.
AGREEMENT = 0.55
