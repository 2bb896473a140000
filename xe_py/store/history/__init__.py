"""The versions of a state file that are kept."""
