"""The command line: xe's grammar, the click tree, output and error text. It decides nothing."""
