"""The objects in memory: finding, following and changing them, and the validation core that checks the changes."""
