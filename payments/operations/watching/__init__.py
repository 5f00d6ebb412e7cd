"""What a monitoring system asks: figures of one facility, and whether a program can serve."""
