"""From tables to answers: typed rows, counts, reconciliation, anomalies, history, search, display."""
