"""The objects in memory: look up, follow, change, and the validation core that judges the changes."""
