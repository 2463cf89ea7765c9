"""Benchmarks of the library beside a peer and beside the limit. Run ``python -m benchmarks``.

Every measured piece of work is a function in ``registry``, ``baseline``, ``peer_eventsourcing``
or ``peer_eventsource``; each runs in a process of its own. ``rounds`` lets contestants
take turns, ``targets`` says what is compared with what, ``table`` prints it.
"""
