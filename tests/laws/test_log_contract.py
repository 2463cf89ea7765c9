"""What every log promises, the one in a file keeps: it is put to the contract that ships to users."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from hypothesis import settings

from dialogue_registry.log.entry import Entry
from dialogue_registry.log.sqlite_file import connect, memory_uri
from dialogue_registry.log.sqlite_log import SQLiteLog, create_log
from dialogue_registry.log.sqlite_scopes import WriteTransaction
from dialogue_registry.testing import check_log


class OneTransactionEach(SQLiteLog):
    """The log of a file, each append a transaction."""

    def append(self, entries: Sequence[Entry], *, expected: int) -> None:
        with WriteTransaction(self._connection):
            super().append(entries, expected=expected)


@contextmanager
def two_handles() -> Iterator[tuple[SQLiteLog, SQLiteLog]]:
    uri = memory_uri()
    with closing(connect(uri)) as one, closing(connect(uri)) as other:
        with WriteTransaction(one):
            create_log(one)
        yield OneTransactionEach(one), OneTransactionEach(other)


def test_the_log_in_a_file_keeps_the_promise_of_a_log() -> None:
    check_log(two_handles, settings=settings())
