"""Taking in an exported log: the same entries, ids, instants and hashes, or nothing."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched
