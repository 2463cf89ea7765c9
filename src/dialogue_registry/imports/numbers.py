"""Long lists of whole numbers, one for each of a million rows, in little memory."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator

_PIECE = 8192


class Numbers:
    """A list of whole numbers of a width, as ``array`` has it: "i" for 4 bytes, "q" for 8.

    It grows piece by piece: an array is copied as it grows, and the process keeps the place it leaves. That was a
    third of the memory of an import of 870,000 rows.
    """

    def __init__(self, width: str) -> None:
        self._empty = array(width, [0]) * _PIECE
        self._pieces: list[array[int]] = []
        self._length = 0

    def append(self, number: int) -> None:
        """Append a number."""
        place = self._length % _PIECE
        if not place:
            self._pieces.append(self._empty[:])
        self._pieces[-1][place] = number
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> int:
        return self._pieces[place // _PIECE][place % _PIECE]


class Runs:
    """A list of whole numbers in which most are the one before and a step more: only where one is not, it is kept."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._starts = Numbers("i")
        self._values = Numbers("q")
        self._next: int | None = None
        self._length = 0

    def append(self, number: int) -> None:
        """Append a number."""
        if number != self._next:
            self._starts.append(self._length)
            self._values.append(number)
        self._next = number + self._step
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> int:
        run = bisect_right(self._starts, place) - 1
        return self._values[run] + self._step * (place - self._starts[run])

    def __iter__(self) -> Iterator[int]:
        for run in range(len(self._starts)):
            end = self._starts[run + 1] if run + 1 < len(self._starts) else self._length
            value = self._values[run]
            for place in range(end - self._starts[run]):
                yield value + self._step * place
