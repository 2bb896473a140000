"""The words in which classes, rules and commands are declared."""
