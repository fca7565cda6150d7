"""People: roles, duties kept apart, second factor, sign-in."""
