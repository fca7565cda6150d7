"""How well the engine reads drawn specimens it was not tuned on: `make accuracy`. Knows nothing of Django."""
