"""Logging in, and the sessions that come of it."""

from __future__ import annotations

import asyncio
import hmac
import time

from xe_py.errors import Failure
from xe_py.schema.values import EPOCH, TIME_FORM
from xe_py.serve.model import NULL
from xe_py.serve.wire import Time
from xe_py.state.state import new_uuid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from xe_py.serve.shelves import Shelf

# As in XAPI: the seconds that a wrong password takes, after which an unused session ends, and between two notes of its
# last use; and how many sessions there are for one originator, and for none.
WRONG_PASSWORD = 5.0
_UNUSED, _NOTED = 24 * 3600.0, 600.0
_OF_ONE, _OF_NONE = 500, 400
# So many wrong passwords may wait at the same time; more are refused at once.
_WAITING = 100
_REFUSED = "Authentication failure"


class Sessions:
    """The sessions of clients. `user` and `password` are what they must give, unless they come by a socket of root."""

    def __init__(self, shelf: Shelf, user: str, password: str, *, delay: float = WRONG_PASSWORD) -> None:
        self.shelf = shelf
        self._user = user
        self._password = password
        self._delay = delay
        self._waiting = 0
        self._used: dict[str, float] = {}

    async def log_in(self, user: str, password: str, originator: str, host: str, *, is_root: bool) -> str:
        """Begin a session on the host; its reference. SESSION_AUTHENTICATION_FAILED, after a while, if it is wrong."""
        if not (is_root or self._is_right(user, password)):
            await self._wait()
            raise Failure("SESSION_AUTHENTICATION_FAILED", user, _REFUSED)
        ref = self.shelf.put(_record(user or self._user, originator, host))
        self._used[ref] = time.monotonic()
        self._drop_surplus(originator)
        return ref

    def use(self, ref: str) -> None:
        """Note that the session is used; SESSION_INVALID if there is none, or no more."""
        now = time.monotonic()
        used = self._used.get(ref)
        if used is None or now - used > _UNUSED:
            self.end(ref)
            raise Failure("SESSION_INVALID", ref)
        if now - used > _NOTED:
            self.shelf.set(ref, last_active=moment())
        # The one that was used last stands at the end.
        del self._used[ref]
        self._used[ref] = now

    def end(self, ref: str) -> None:
        """End the session, if there is one."""
        self._used.pop(ref, None)
        self.shelf.drop(ref)

    def change_password(self, password: str) -> None:
        """Take another password from now on; the sessions stay."""
        self._password = password

    def _is_right(self, user: str, password: str) -> bool:
        same_user = hmac.compare_digest(user.encode(), self._user.encode())
        return hmac.compare_digest(password.encode(), self._password.encode()) and same_user

    async def _wait(self) -> None:
        if self._waiting < _WAITING:
            self._waiting += 1
            try:
                await asyncio.sleep(self._delay)
            finally:
                self._waiting -= 1

    def _drop_surplus(self, originator: str) -> None:
        """End the session of the originator that was not used for the longest time, if there are too many."""
        same = [ref for ref in self._used if self.shelf[ref]["originator"] == originator]
        if len(same) > (_OF_ONE if originator else _OF_NONE):
            self.end(same[0])


def moment() -> Time:
    """Now, as XenAPI writes it."""
    return Time(time.strftime(TIME_FORM, time.gmtime()))


def _record(user: str, originator: str, host: str) -> dict[str, Any]:
    now = moment()
    return {
        "uuid": new_uuid(),
        "this_host": host,
        "this_user": NULL,
        "last_active": now,
        "pool": False,
        "other_config": {},
        "is_local_superuser": True,
        "subject": NULL,
        "validation_time": now,
        "auth_user_sid": "",
        "auth_user_name": user,
        "rbac_permissions": [],
        "tasks": [],
        "parent": NULL,
        "originator": originator,
        "client_certificate": False,
    }


NEVER = Time(EPOCH)
