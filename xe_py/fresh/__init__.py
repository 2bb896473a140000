"""Making a new host, with all that a new XenServer has."""
