"""
How gunicorn runs the web under fault tests: as the product does, with its modules read beforehand.

A worker that is killed each half second must be back sooner than it takes to read 600 modules; the
application, its keys and its connections are each worker's own all the same.
"""

import payments.app  # noqa: F401 - read by the parent
from payments.gunicorn import *  # noqa: F403
