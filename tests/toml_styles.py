"""A state file as people might have written it: the same objects in any form that TOML has, with comments anywhere."""

import datetime as dt
import json
import random
import re
from itertools import count
from typing import Any

Table = dict[str, Any]
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Styled:
    """A text that says the tables, in a style drawn by chance.

    `owners` has for each comment the class and the uuid of the object on whose line it stands; `()` for a line of its
    own. `data` are the bytes of a file with the text, in front of which is the `mark`; lines end in one of the `breaks`.
    """

    def __init__(self, draw: random.Random, tables: Table) -> None:
        self.draw = draw
        self.owners: dict[str, tuple[str, ...]] = {}
        self._numbers = count()
        self._root: list[str] = []
        self._sections: list[list[str]] = []
        for cls, table in tables.items():
            if cls == "state":
                self._header(table)
            else:
                self._class(cls, table)
        if draw.random() < 0.5:
            draw.shuffle(self._sections)
        lines = self._strewn([*self._root, *(line for section in self._sections for line in section)])
        self.text = "\n".join(lines) + draw.choice(("", "\n", "\n\n"))
        self.mark = draw.choice(("", "\ufeff"))
        self.breaks = draw.choice((("\n",), ("\r\n",), ("\n", "\r\n")))
        self.data = (self.mark + re.sub("\n", lambda _: draw.choice(self.breaks), self.text)).encode()

    def _header(self, table: Table) -> None:
        form = self.draw.choice(("table", "dotted", "value"))
        if form == "value":
            self._root.append(self._line(("state",), f"state = {self._value(table, one_line=True)}"))
        elif form == "dotted":
            self._root += [self._line(("state",), f"state.{self._pair(name, text)}") for name, text in table.items()]
        else:
            lines = [self._line(("state",), self._pair(name, text)) for name, text in table.items()]
            self._sections.append([self._line(("state",), "[state]"), *lines])

    def _class(self, cls: str, objects: Table) -> None:
        form = self.draw.choice(("tables", "tables", "class table", "root", "value", "mixed"))
        if form == "value":
            self._root.append(self._line((cls,), f"{self._key(cls)} = {self._value(objects, one_line=True)}"))
            return
        inside: list[str] = []
        for uuid, fields in objects.items():
            here = self.draw.choice(("tables", "root", "tables")) if form == "mixed" else form
            if here == "tables":
                self._table(cls, uuid, fields)
            elif here == "root":
                self._root += self._spread((cls, uuid), fields, f"{self._key(cls)}.")
            else:
                inside += self._spread((cls, uuid), fields, "")
        if form == "class table" or (form == "tables" and not objects):
            self._sections.append([self._line((cls,), f"[{self._key(cls)}]"), *inside])

    def _table(self, cls: str, uuid: str, fields: Table) -> None:
        """An object under its own header; its maps may have headers of their own, and may be all there is."""
        often = self.draw.choice((0.3, 1))
        inner = [name for name, value in fields.items() if value and type(value) is dict and self.draw.random() < often]
        lines = []
        for name, value in fields.items():
            if name not in inner:
                lines += self._field((cls, uuid), name, value, "")
        parts = []
        if lines or not inner or self.draw.random() < 0.3:
            parts.append([self._line((cls, uuid), f"[{self._spaced(cls, uuid)}]"), *lines])
        for name in inner:
            pairs = [self._line((cls, uuid), self._pair(key, text)) for key, text in fields[name].items()]
            parts.append([self._line((cls, uuid), f"[{self._spaced(cls, uuid, name)}]"), *pairs])
        self._sections += parts

    def _spread(self, owner: tuple[str, str], fields: Table, before: str) -> list[str]:
        """An object among others: a value, or a line for each field."""
        if not fields or self.draw.random() < 0.3:
            return [self._line(owner, f"{before}{self._key(owner[1])} = {self._value(fields, one_line=True)}")]
        lines = []
        for name, value in fields.items():
            lines += self._field(owner, name, value, f"{before}{self._key(owner[1])}{self._dot()}")
        return lines

    def _field(self, owner: tuple[str, str], name: str, value: Any, before: str) -> list[str]:
        if isinstance(value, dict) and value and self.draw.random() < 0.4:
            start = f"{before}{self._key(name)}{self._dot()}"
            return [self._line(owner, f"{start}{self._pair(key, text)}") for key, text in value.items()]
        return [self._line(owner, before + self._pair(name, value))]

    def _line(self, owner: tuple[str, ...], text: str) -> str:
        behind = self._comment(owner) if self.draw.random() < 0.3 else ""
        return self.draw.choice(("", "", "  ", "\t")) + text + behind

    def _strewn(self, lines: list[str]) -> list[str]:
        """The lines with blank ones and comments between them."""
        found = []
        for line in lines:
            between = self.draw.choice((0, 0, 0, 1, 2))
            found += [self._comment(()) if self.draw.random() < 0.5 else "" for _ in range(between)]
            found.append(line)
        return [*found, self._comment(())]

    def _comment(self, owner: tuple[str, ...]) -> str:
        comment = f"# {self.draw.choice(('é ', '[vm.x] ', 'a = 1 ', chr(34) * 3, ''))}comment {next(self._numbers)}."
        self.owners[comment] = owner
        return comment if not owner else f" {comment}"

    def _spaced(self, *path: str) -> str:
        return self._dot().join(map(self._key, path))

    def _dot(self) -> str:
        return self.draw.choice((".", ".", " . "))

    def _key(self, name: str) -> str:
        forms = [json.dumps(name, ensure_ascii=False)]
        forms += [f"'{name}'"] * ("'" not in name)
        forms += [name] * 4 if _BARE.fullmatch(name) else []
        return self.draw.choice(forms)

    def _pair(self, name: str, value: Any) -> str:
        return f"{self._key(name)}{self.draw.choice((' = ', '=', '  =  '))}{self._value(value)}"

    def _value(self, value: Any, *, one_line: bool = False) -> str:
        if isinstance(value, dict):
            pairs = (f"{self._key(name)} = {self._value(text, one_line=True)}" for name, text in value.items())
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, list):
            members = [self._value(member, one_line=one_line) for member in value]
            if one_line or not members or self.draw.random() < 0.5:
                return "[" + ", ".join(members) + "]"
            return "[ # [no.header]\n" + "".join(f"  {member}, # [\n" for member in members) + "]"
        if isinstance(value, str):
            return self._text(value, one_line=one_line)
        if isinstance(value, dt.datetime):
            hours = self.draw.choice((-5, 0, 3))
            there = value.astimezone(dt.timezone(dt.timedelta(hours=hours)))
            return there.isoformat(sep=self.draw.choice("T "))
        if isinstance(value, int) and not isinstance(value, bool):
            forms = [str(value), f"{value:_}"] + ([f"0x{value:X}", f"+{value}"] if value >= 0 else [])
            return self.draw.choice(forms)
        return str(value).lower()

    def _text(self, text: str, *, one_line: bool) -> str:
        escaped = json.dumps(text, ensure_ascii=self.draw.random() < 0.3 and text.isascii())
        forms = [escaped]
        if "'" not in text and text.isprintable():
            forms.append(f"'{text}'")
        if "'" not in text and text.isprintable() and not one_line:
            forms.append(f"'''\n{text}'''")
        if not one_line:
            forms.append(f'"""\\\n   {escaped[1:-1]}"""' if text[:1] != " " else escaped)
        return self.draw.choice(forms)
