"""From the log to tables: the facts that stand, the engine that folds them, and the standard projection.

A program that makes tables of its own imports the values from here.
"""

from dialogue_registry.model.tables import Projection, State, Table, Tally, View

__all__ = ["Projection", "State", "Table", "Tally", "View"]
