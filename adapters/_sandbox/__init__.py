"""
The sandbox bank: accounts, transfers, the feeds that tell of them, statements. Loopback only.

It shares ``signature.py`` with the adapters, which is pinned by vectors from elsewhere.
"""
