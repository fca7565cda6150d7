"""What lets a stranger prove the log: its lines, the tree over them, signed checkpoints, and who checks them."""
