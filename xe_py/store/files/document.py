"""A state file: where it is and how it is kept; and one version of it: what identifies it, and its text."""

from __future__ import annotations

import os

from xe_py.errors import StateFileError
from xe_py.store.terms import Outcome, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mmap import mmap
    from typing import Any

_LARGE = 1 << 20
_BOM = "\ufeff"


def identity(status: os.stat_result) -> tuple[int, ...]:
    """What tells one version of a file from another: device, inode, size, and both times in ns."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class Site:
    """The place of a state file: the path that the user named, and `target`, the file that it leads to.

    `source` is the path with the folder in which the user named it. `settings` are those for the file, and `outcome`
    notes what is done to the file.
    """

    __slots__ = ("outcome", "path", "settings", "source", "target")

    def __init__(
        self, path: str, settings: Settings | None = None, outcome: Outcome | None = None, folder: str = ""
    ) -> None:
        self.path = path
        self.source = os.path.join(folder, path)
        self.target = self._target()
        self.settings = settings or Settings({})
        self.outcome = outcome or Outcome()

    def _target(self) -> str:
        try:
            return os.path.realpath(self.source)
        except OSError as error:
            raise StateFileError(f"The state file {self.path} cannot be reached: {error.strerror}.") from None
        except ValueError:
            raise StateFileError(f"The path of the state file has a zero byte in it: {self.path!a}.") from None


def changed_meanwhile(path: str) -> StateFileError:
    """The error if someone else has written to the file since it was read."""
    return StateFileError(
        f"The state file {path} was changed by someone else in the meantime.\n"
        "Nothing was written; run the command again."
    )


class Document:
    """One version of a state file. `target` is the real file if `path` is a link; `head` is its index, if it has one.

    `is_plain` says that the text is known to be of the plain form, with all lines whole. `reordered` says that the next
    text has objects in another order than the state. `taken_out` has, by class and uuid, the fields that a text of an
    older format has and the state does not. The text is read when it is asked for; StateFileError if the file has been
    replaced by then.
    """

    __slots__ = ("_text", "_wrapping", "head", "identity", "is_plain", "path", "reordered", "taken_out", "target")

    def __init__(
        self, path: str, target: str, version: tuple[int, ...], *, text: str | None = None, head: Any = None
    ) -> None:
        self.path = path
        self.target = target
        self.identity = version
        self.head = head
        self.is_plain = False
        self.reordered = False
        self.taken_out: dict[tuple[str, ...], dict[str, Any]] = {}
        self._wrapping = "", "\n"
        self._text = text and self._unwrapped(text)

    @property
    def text(self) -> str:
        """The text of this version, without a byte order mark; line breaks are LF if all of them were CRLF."""
        if self._text is None:
            self._text = self._unwrapped(bytes(self.content()).decode())
        return self._text

    @property
    def is_wrapped(self) -> bool:
        """Whether the file has more bytes than its text: a byte order mark, or the line breaks of Windows."""
        return self._wrapping != ("", "\n")

    def encoded(self, text: str) -> bytes:
        """The text as bytes, with the byte order mark and the line breaks of this file."""
        mark, line_break = self._wrapping
        return (mark + (text if line_break == "\n" else text.replace("\n", line_break))).encode()

    def _unwrapped(self, text: str) -> str:
        mark = _BOM if text.startswith(_BOM) else ""
        windows = "\r" in text and text.count("\r\n") == text.count("\n") == text.count("\r")
        self._wrapping = mark, "\r\n" if windows else "\n"
        text = text.removeprefix(mark)
        return text.replace("\r\n", "\n") if windows else text

    def content(self) -> bytes | mmap:
        """The bytes of this version; a large file is mapped into memory instead of read."""
        if self._text is not None:
            return self._text.encode()
        try:
            with open(self.target, "rb") as file:
                if identity(os.fstat(file.fileno())) != self.identity:
                    raise changed_meanwhile(self.path)
                if self.identity[2] < _LARGE:
                    return file.read()
                from mmap import ACCESS_READ, mmap

                return mmap(file.fileno(), 0, access=ACCESS_READ)
        except OSError as error:
            raise StateFileError(f"The state file {self.path} cannot be read: {error.strerror}.") from None
