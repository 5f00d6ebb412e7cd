"""The inbox of exceptions: all that waits for finance, once, with owner and deadline."""
