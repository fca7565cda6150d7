"""Exports measured: rows filled in, each way in a process of its own, a table of ratios."""
