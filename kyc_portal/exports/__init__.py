"""Exports: files made from queries, masked, each one an act in the log with its purpose and hash."""
