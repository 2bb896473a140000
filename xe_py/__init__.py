"""xe_py: the command line of XenServer and XCP-ng over a host that lives in one TOML file.

The Python interface is `xe_py.host.open_host`.
"""

__version__ = "0.1.0"
# When the manual pages last changed in what they say.
__date__ = "2026-11-27"
