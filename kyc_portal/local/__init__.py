"""The one-machine default: starts embedded servers and all processes, stops them, keeps state in LOCAL_DIR."""
