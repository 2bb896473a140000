"""Files: what identifies them, safe access, locks, and what an interrupted write leaves."""
