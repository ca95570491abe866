"""A server of files in this process, with faults on demand."""

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from seqmodels.data import download

BODY = os.urandom(300_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers as its list of plans says, request after request; the last plan stays."""

    daemon_threads = True
    plans: list[Callable[["Handler"], None]]
    ranges: list[str | None]
    paths: list[str]
    finished: threading.Event

    def url(self, path: str = "file.bin") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server  # type: ignore[assignment]

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        self.server.paths.append(self.path)
        plans = self.server.plans
        plan = plans.pop(0) if len(plans) > 1 else plans[0]
        with contextlib.suppress(ConnectionError):
            plan(self)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send(self, body: bytes, start: int = 0, status: int = 200, until: int | None = None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) - start))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        self.wfile.write(body[start:until])


def serves(body: bytes = BODY, until: int | None = None) -> Callable[[Handler], None]:
    """Return a good server's plan; `until`: it hangs up before that byte."""

    def plan(handler: Handler) -> None:
        asked = handler.headers.get("Range")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(body):
            handler.send_error(416)
        else:
            handler.send(body, start, 206 if asked else 200, until)

    return plan


def fails(status: int) -> Callable[[Handler], None]:
    return lambda handler: handler.send_error(status)


def fetch(url: str, sha256: str = SHA256, progress: bool = False) -> Path:
    return download.fetch(url, folder="set", name="file.bin", sha256=sha256, progress=progress)


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Start a server that sends `BODY`."""
    server = Server(("127.0.0.1", 0), Handler)
    server.plans, server.ranges, server.paths = [serves()], [], []
    server.finished = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.finished.set()
    server.shutdown()
    server.server_close()
    thread.join(5)
