"""Making a fresh host: what a new XenServer has."""
