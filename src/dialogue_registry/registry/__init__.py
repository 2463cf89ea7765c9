"""The registry: open a file or a server, record, amend, ask, verify, follow, copy."""
