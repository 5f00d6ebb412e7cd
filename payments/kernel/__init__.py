"""Words that every layer may use: plain Python, no I/O."""
