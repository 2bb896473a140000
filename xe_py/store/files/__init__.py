"""Files: what identifies them, safe access, locks, and the leftovers of interrupted writes."""
