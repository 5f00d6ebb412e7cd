"""
How gunicorn runs the web: ``gunicorn -c python:payments.gunicorn wsgi:app``.

Threads, for a request waits for the database more than it computes; no preload, for connections
and keys are each worker's own.
"""

from __future__ import annotations

import os
from typing import Final

bind: Final = "127.0.0.1:8080"
worker_class: Final = "gthread"
workers: Final = os.cpu_count() or 1
threads: Final = 8
preload_app: Final = False
timeout: Final = 30
graceful_timeout: Final = 20
keepalive: Final = 15
#: Headers and lines longer than ours ever are do not reach the program.
limit_request_line: Final = 4094
limit_request_fields: Final = 60
limit_request_field_size: Final = 8190
