"""The append-only log: its entries, their codec and hash chain, and CloudEvents.

A log is kept in a SQLite file or on a PostgreSQL server.
"""
