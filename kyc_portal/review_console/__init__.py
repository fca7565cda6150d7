"""The reviewers' face: figures, queue, case, decision. Parses, asks one writer or query, renders."""
