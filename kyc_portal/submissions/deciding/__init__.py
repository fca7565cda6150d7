"""From a claim to an outcome that took effect, with everybody who has a part in it."""
