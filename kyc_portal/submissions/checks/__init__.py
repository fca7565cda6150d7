"""Our own rules: pure functions of what was read, what the customer said and today."""
