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
    """A list of whole numbers that mostly stay the same, or go up by one: of each such run its beginning is kept."""

    def __init__(self) -> None:
        #: The runs that have ended: where each begins, with which number, and its step.
        self._starts = Numbers("i")
        self._values = Numbers("q")
        self._steps = Numbers("b")
        #: The run that goes on.
        self._start = self._value = self._step = 0
        self._length = 0

    def append(self, number: int) -> None:
        """Append a number."""
        behind = self._length - self._start
        if behind == 1 and number == self._value + 1:
            self._step = 1
        elif number != self._value + self._step * behind or not behind:
            if behind:
                self._starts.append(self._start)
                self._values.append(self._value)
                self._steps.append(self._step)
            self._start, self._value, self._step = self._length, number, 0
        self._length += 1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> int:
        if place >= self._start:
            return self._value + self._step * (place - self._start)
        run = bisect_right(self._starts, place) - 1
        return self._values[run] + self._steps[run] * (place - self._starts[run])

    def __iter__(self) -> Iterator[int]:
        return (self[place] for place in range(self._length))
