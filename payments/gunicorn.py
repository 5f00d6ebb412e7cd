"""
How gunicorn runs the web: ``gunicorn -c python:payments.gunicorn wsgi:app``.

Threads, for a request waits for the database more than it computes; no preload, for connections
and keys are each worker's own. A thread gets what has arrived: see ``payments.whole_requests``.
"""

from __future__ import annotations

import logging
import os
import re
from typing import Final

from payments.kernel.traces import described
from payments.whole_requests import allow_files

bind: Final = "127.0.0.1:8080"
worker_class: Final = "payments.whole_requests.WholeRequests"
workers: Final = os.cpu_count() or 1
threads: Final = 8
preload_app: Final = False
timeout: Final = 30
graceful_timeout: Final = 20
keepalive: Final = 15
#: Of one worker, most of them waiting and not in a thread.
worker_connections: Final = 2_000
#: Headers and lines longer than ours ever are do not reach the program.
limit_request_line: Final = 4094
limit_request_fields: Final = 60
limit_request_field_size: Final = 8190
#: For ``--access-logfile``: neither path nor query, referrer nor browser.
access_log_format: Final = (
    "%(t)s %(m)s %(s)s %(B)s bytes %(M)s ms request=%({x-request-id}o)s from=%(h)s"
)

_QUOTED: Final = re.compile(r"""'.*'|".*"|[?/].*""", re.DOTALL)
#: These name our own addresses and files.
_OURS: Final = ("Listening at", "Unix socket", "Control socket", "Using ", "Booting", "Worker ")


class NothingSent(logging.Filter):
    """Takes out of gunicorn's own lines what the other side had written."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(_OURS):
            record.msg, record.args = _QUOTED.sub("…", record.getMessage()), ()
        failure = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if failure is not None:
            record.exc_text = described(failure)
        return True


def on_starting(_server: object) -> None:
    """Before the workers are made: they inherit both."""
    allow_files()
    logging.getLogger("gunicorn.error").addFilter(NothingSent())
