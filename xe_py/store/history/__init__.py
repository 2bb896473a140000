"""The versions in the history of a state file."""
