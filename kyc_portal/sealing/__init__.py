"""A key per customer, wrapped by a master key that is not in the database: seal, open, digest for search, files.

What is sealed is bound to its customer, table, column and row: moved anywhere else it does not open.
"""
