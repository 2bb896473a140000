"""The TOML file that a state lives in: reading, writing, locking, and the fresh host."""
