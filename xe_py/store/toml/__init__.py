"""The text of a state file: reading it, and bringing changes into it."""
