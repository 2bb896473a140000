"""`python -m xe_py`: the same as the command `xe-py`."""

from xe_py.cli.main import main

main()
