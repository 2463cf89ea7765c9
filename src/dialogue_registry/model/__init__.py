"""What can be recorded, and what may be recorded next: events, dates, names, tables as values, recording rules.

Pure: no clock, no file, no randomness, no logging.
"""
