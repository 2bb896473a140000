"""`python -m xe_py`: the same as the command `xe-py`."""

import os
from _signal import (
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)  # `signal` is made of it, and costs as much as a whole read

# Until xe_py.cli.main takes over, an interrupt ends the process without a word. (`signal` itself is slow to import.)
if getsignal(SIGINT) is default_int_handler:
    signal(SIGINT, lambda *_: os._exit(130))

from xe_py.cli.main import main

main()
