"""Working time: the desk's hours, and since when a case waits for us."""
