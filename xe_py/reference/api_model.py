"""Making the table of XenAPI's model that `xe-py serve` works by: `python -m xe_py.reference.api_model FACTS`.

FACTS is the data model of XAPI (`ocaml/idl`) as JSON. It is not part of the package; the table is, and is made again
only for a new version of XenAPI. What follows by rule, as the messages that fields imply, is not in the table:
`xe_py/serve/model.py` has the rules.
"""

from __future__ import annotations

import json
import os
import sys

import xe_py

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Facts = Mapping[str, Any]

PATH = os.path.join(os.path.dirname(xe_py.__file__), "serve", "model.json")
# The implied messages that belong to a class and not to a field, by what the facts call them.
_OF_CLASS = {
    "get_record": "get_record",
    "get_by_uuid": "get_by_uuid",
    "get_by_label": "get_by_name_label",
    "get_all": "get_all",
    "get_all_where": "get_all_where",
    "get_all_records_where": "get_all_records_where",
    "get_all_records": "get_all_records",
    "make": "create",
    "delete": "destroy",
}
_REMOVED, _ONE_TO_MANY = "removed", "one-to-many"


def table(facts: Facts) -> str:
    """The table as JSON, with a line for each class, field and message."""
    enums = ",\n".join(f"{_json(name)}:{_json(of['values'])}" for name, of in facts["enums"].items())
    relations = ",\n".join(_json(relation[:4]) for relation in facts["relations"] if relation[4] == _ONE_TO_MANY)
    classes = ",\n".join(f"{_json(name)}:{_class(of)}" for name, of in facts["classes"].items())
    return f'{{"enums":{{\n{enums}\n}},\n"relations":[\n{relations}\n],\n"classes":{{\n{classes}\n}}}}\n'


def _class(of: Facts) -> str:
    head = {
        "database": of["in_database"],
        "events": of["events"],
        "implied": [message for name, message in _OF_CLASS.items() if name in of["implicit"]],
        "takes": of.get("constructor_args", []),
    }
    if of["state"] == _REMOVED:
        head["removed"] = True
    fields = ",\n".join(_json(_field(field)) for field in of["fields"])
    messages = ",\n".join(_json(_message(message)) for message in of["messages"])
    return f'{_json(head)[:-1]},\n"fields":[\n{fields}],\n"messages":[\n{messages}]}}'


def _field(field: Facts) -> Facts:
    return _only(field, "name", "type", "q", "default", "path", "internal") | _removed(field)


def _message(message: Facts) -> Facts:
    kept = _only(message, "name", "result", "role", "async", "session", "pool_internal")
    params = [[each["name"], each["type"], *_default(each)] for each in message["params"]]
    return kept | {"params": params} | _removed(message)


def _default(parameter: Facts) -> list[Any]:
    return [parameter["default"]] if "default" in parameter else []


def _removed(what: Facts) -> dict[str, Any]:
    return {"removed": True} if what.get("state") == _REMOVED else {}


def _only(what: Facts, *names: str) -> dict[str, Any]:
    return {name: what[name] for name in names if name in what}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source, open(PATH, "w", encoding="utf-8") as target:
        target.write(table(json.load(source)))
