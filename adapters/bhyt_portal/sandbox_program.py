"""
The portal's stand-in as a program of its own, for the demo:

    python -m adapters.bhyt_portal.sandbox_program --port 8082
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence

from werkzeug.serving import WSGIRequestHandler, make_server

from adapters.bhyt_portal.sandbox import PortalSandbox
from payments.kernel.clock import SystemClock


class _Handler(WSGIRequestHandler):
    """Writes no addresses down: that of a look-up holds the session and the password's hash."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""

    def connection_dropped(self, error: BaseException, environ: object = None) -> None:
        self.close_connection = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve on loopback until interrupted."""
    parser = argparse.ArgumentParser(description="Cổng BHYT thử nghiệm (loopback only)")
    parser.add_argument("--port", type=int, default=8082, help="0 chooses a free one")
    args = parser.parse_args(arguments)
    sandbox = PortalSandbox(SystemClock())
    server = make_server(
        "127.0.0.1", args.port, sandbox.app, threaded=True, request_handler=_Handler
    )

    def end(*_: object) -> None:
        # shutdown waits for serve_forever, which runs in the thread that the signal interrupted.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(f"Cổng BHYT thử nghiệm: http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
