"""What pictures show: their faults, the card on them, and the pictures they resemble."""
