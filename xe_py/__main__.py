"""`python -m xe_py`: the same as the commands `xe` and `xe-py`, which import it."""

import os
from _signal import (
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)  # `signal` is made of it, and costs as much as a whole read

# Until xe_py.cli.main takes over, an interrupt ends the process without a word: even a first import can meet one.
if getsignal(SIGINT) is default_int_handler:
    signal(SIGINT, lambda *_: os._exit(130))

import gc

from xe_py.finder import install

gc.disable()  # A command is over before garbage could matter.
install()

from xe_py.cli.main import main  # noqa: E402 - what stands above comes first

main()
