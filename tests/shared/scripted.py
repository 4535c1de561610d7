"""A raw TCP server that answers as scripted: late, in drips, broken, or not at all; and that keeps what it received."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hookassay.endpoint import Endpoint, Secret

SECRET = Secret("whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Arrival:
    """One request as it came.

    Attributes:
        data: Its bytes.
        connection: The number of its connection, from 0.
        head_at: Monotonic seconds when its head had come.
        whole_at: Monotonic seconds when its last byte had come.
    """

    data: bytes
    connection: int
    head_at: float
    whole_at: float


@dataclass
class Scripted:
    """The running server, and what it received.

    Attributes:
        port: Where it listens, on 127.0.0.1.
        arrivals: Every whole request, in the order of their last bytes.
        connections: How many connections were made.
        over: Set when the test is over: whoever waits for longer than that waits for this.
    """

    port: int = 0
    secure: bool = False
    arrivals: list[Arrival] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def endpoint(self, path: str = "/webhook", **options: Any) -> Endpoint:
        """This server as the endpoint under test, with two seconds for a delivery unless `options` say otherwise."""
        scheme = "https" if self.secure else "http"
        return Endpoint(f"{scheme}://127.0.0.1:{self.port}{path}", SECRET, **{"timeout": 2.0, **options})

    def receive(self, sock: socket.socket, number: int) -> bytes:
        """Read one request off `sock` and keep it; nothing when the peer has closed."""
        data, head_at = b"", 0.0
        while not _whole(data):
            piece = sock.recv(65536)
            if not piece:
                return b""
            data += piece
            if not head_at and b"\r\n\r\n" in data:
                head_at = time.monotonic()
        self.arrivals.append(Arrival(data, number, head_at, time.monotonic()))
        return data


Script = Callable[[socket.socket, Scripted, int], None]
"""What the server does with a connection: the socket, the server, and the connection's number from 0."""


def answering(*answers: bytes) -> Script:
    """Answer a connection's requests with these bytes in turn, the last one ever again."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        count = 0
        while server.receive(sock, number):
            sock.sendall(answers[min(count, len(answers) - 1)])
            count += 1

    return script


def once(answer: bytes) -> Script:
    """Answer one request and close."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        server.receive(sock, number)
        sock.sendall(answer)

    return script


def in_turn(*scripts: Script) -> Script:
    """Follow another script on each connection, the last one ever again."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        scripts[min(number, len(scripts) - 1)](sock, server, number)

    return script


def hanging(sock: socket.socket, server: Scripted, number: int) -> None:
    """Take the request and say nothing."""
    server.receive(sock, number)
    server.over.wait()


def dripping(head: bytes, drop: bytes = b"x", every: float = 0.02) -> Script:
    """Send `head` and then a drop at a time, for ever."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        server.receive(sock, number)
        sock.sendall(head)
        while not server.over.wait(every):
            sock.sendall(drop)

    return script


def early(answer: bytes) -> Script:
    """Answer as soon as the head has come, and close without reading on."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        sock.recv(1)
        sock.sendall(answer)

    return script


@contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Run a server that follows `script` on every connection, each in a thread of its own."""
    server = Scripted(secure=tls is not None)
    open_sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server.port = listener.getsockname()[1]

        def handle(sock: socket.socket, number: int) -> None:
            # The peer may go away at any moment, and many of these tests are about its doing so.
            with suppress(OSError):
                if tls is not None:
                    sock = tls.wrap_socket(sock, server_side=True)
                with sock:
                    script(sock, server, number)
            sock.close()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    open_sockets.append(sock)
                    thread = threading.Thread(target=handle, args=(sock, server.connections), daemon=True)
                    server.connections += 1
                    threads.append(thread)
                    thread.start()

        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield server
        finally:
            server.over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for sock in open_sockets:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            acceptor.join(5)
            for thread in threads:
                thread.join(5)


def self_signed(folder: Path, *, days: int = 1) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that no authority signed: its PEM file, and the context of a server that has it.

    It is valid for so many `days` from now; where they are negative it has expired.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=7))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return certificate_file, context


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _whole(data: bytes) -> bool:
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) >= int(value)
        if name.lower() == b"transfer-encoding":
            return body.endswith(b"0\r\n\r\n")
    return True
