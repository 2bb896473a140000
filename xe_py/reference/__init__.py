"""What is generated from the declarations: completions, man pages and reference tables.

`python -m xe_py.reference` writes the files, each at its place in the repository; with `--check` it only names those
that are not current.
"""
