"""Broken pictures and broken requests by the thousand against the real server; the same ones each time."""
