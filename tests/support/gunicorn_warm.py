"""
How gunicorn runs the web under fault tests: as the product does, with its modules read beforehand.

A worker that is killed each half second must be back sooner than it takes to read 600 modules; the
application, its keys and its connections are each worker's own all the same.
"""

from payments.gunicorn import *  # noqa: F403
import payments.app  # noqa: F401, E402, I001 - read by the parent

graceful_timeout = 5
