"""The derived index of a state file: an object is found without reading the whole."""
