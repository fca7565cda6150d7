"""The reading service as the domain sees it: whether it is called, how calls ended, and who is told."""
