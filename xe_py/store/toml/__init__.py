"""The text of a state file: reading it, and writing changes into it."""
