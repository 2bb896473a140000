"""Calling a plugin: an executable that gets the call as XML-RPC in its argument, and prints the answer likewise."""

from __future__ import annotations

from xe_py.errors import Failure
from xe_py.state.state import new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from xe_py.schema.client import Client

_FILE = ":file"


def call(client: Client | None, plugin: str, fn: str, args: Mapping[str, str]) -> str | None:
    """The answer of the plugin; None where nothing may be run. Failure as XAPI raises it."""
    if client is None or client.rehearses:
        return None
    from xmlrpc.client import dumps

    given = dict(_read(client, key, text) for key, text in args.items())
    ran = client.run_plugin(plugin, dumps((f"OpaqueRef:{new_uuid()}", given), fn))
    if ran is None:
        failure = Failure("XENAPI_MISSING_PLUGIN", plugin)
        failure.notes = ("plugins are executables in the folder that the variable XE_PLUGINS names",)
        raise failure
    output = ran.output.decode(errors="backslashreplace")
    if ran.wrong:
        raise Failure("XENAPI_PLUGIN_FAILURE", ran.wrong, output, ran.errors.decode(errors="backslashreplace"))
    return _answer(output)


def _read(client: Client, key: str, text: str) -> tuple[str, str]:
    """The argument; one that is written `args:key:file=path` is what the file has."""
    if not key.endswith(_FILE):
        return key, text
    with client.source(text) as file:
        return key.removesuffix(_FILE), file.read().decode(errors="backslashreplace")


def _answer(output: str) -> str:
    """The text that the plugin answers."""
    from xml.parsers.expat import ExpatError
    from xmlrpc.client import Fault, ResponseError, loads

    try:
        (answer,), _ = loads(output)
    except Fault as fault:
        raise Failure("XENAPI_PLUGIN_FAILURE", "fault", str(fault.faultCode), fault.faultString) from None
    except (ExpatError, ResponseError, ValueError, TypeError, IndexError, KeyError) as error:
        raise Failure("XENAPI_PLUGIN_FAILURE", "failed to parse plugin output", output, str(error)) from None
    told = answer if isinstance(answer, dict) else {}
    value, said = told.get("Value"), told.get("ErrorDescription")
    if told.get("Status") == "Success" and isinstance(value, str):
        return value
    if told.get("Status") == "Failure" and isinstance(said, list):
        # XAPI passes the code of the plugin on; here it stands in the refusal of the plugin.
        raise Failure("XENAPI_PLUGIN_FAILURE", *map(str, said[:3]))
    raise Failure("XENAPI_PLUGIN_FAILURE", "unexpected XMLRPC result", output, "")
