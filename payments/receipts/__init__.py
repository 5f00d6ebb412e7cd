"""Payment: money received once, what it pays for, and its paper."""
