"""What waits and what was done, counted for pages and charts; it changes nothing."""
