"""What a server is to be: at which doors it listens, and who may log in. A command says it; the server is elsewhere."""

from __future__ import annotations


class Door:
    """An address to listen at: the path of a Unix socket, or a host and port; port 0 is any free one."""

    __slots__ = ("host", "path", "port")

    def __init__(self, host: str = "", port: int = 0, *, path: str = "") -> None:
        self.host = host
        self.port = port
        self.path = path

    @property
    def is_local(self) -> bool:
        """Whether only this machine gets there."""
        return bool(self.path) or self.host in {"localhost", "::1"} or self.host.startswith("127.")

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"[{self.host}]:{self.port}" if ":" in self.host else self._plain()

    def _plain(self) -> str:
        return f"{self.host}:{self.port}"


class Service:
    """The doors, the user and the password; no password lets the server make one.

    With `tls`, the doors that are no Unix sockets speak TLS, with the certificate and the key in these files or, if
    none are named, with a certificate that the server makes. `logs` says that each request gets a line.
    """

    __slots__ = ("certificate", "doors", "key", "logs", "password", "tls", "user")

    def __init__(
        self,
        doors: list[Door],
        *,
        user: str,
        password: str | None,
        tls: bool,
        certificate: str = "",
        key: str = "",
        logs: bool = False,
    ) -> None:
        self.doors = doors
        self.user = user
        self.password = password
        self.tls = tls
        self.certificate = certificate
        self.key = key
        self.logs = logs
