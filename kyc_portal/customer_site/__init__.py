"""The customers' face: consent, pictures, progress, details, outcome. Parses, asks one writer or query, renders."""
