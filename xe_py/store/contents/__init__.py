"""The contents of the disks of a state file."""
