"""The domain: what a submission is and everything that may happen to it."""
