"""The events that can be recorded and the rules of what may follow: events, dates, names, tables as values.

Pure: no clock, no file, no randomness, no logging.
"""
