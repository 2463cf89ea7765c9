"""The append-only log: entries and their codec, the hash chain, CloudEvents, and where a log is kept.

A log is kept in a SQLite file or on a PostgreSQL server.
"""
