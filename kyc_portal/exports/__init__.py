"""Exports: files made in the background from queries, masked unless two people agree, each one an act in the log."""
