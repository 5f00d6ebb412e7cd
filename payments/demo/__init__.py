"""From an empty folder to a working hospital in one command, on the loopback alone."""
