"""Recording of facts: decide, append, fold.

All of it happens while the write lock is held: what was looked up still holds when it is
appended, and a refusal leaves no trace.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from dialogue_registry.errors import RefusedError
from dialogue_registry.log.entry import Entry, seal
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.log.sqlite_scopes import Connection, Step
from dialogue_registry.projections.engine import Views
from dialogue_registry.registry.call import Call
from dialogue_registry.registry.decider import Decider, Page
from dialogue_registry.registry.items import Appended, Batch, Item
from dialogue_registry.registry.known_facts import KnownFacts


class Recorder:
    """The one way for facts into the log of a registry.

    ``send`` is called with the entries of each call once nothing about them is refused.
    """

    def __init__(
        self,
        connection: Connection,
        log: SQLiteLog,
        views: Views,
        *,
        send: Callable[[Sequence[Entry]], object] | None = None,
    ) -> None:
        self._connection = connection
        self._log = log
        self._views = views
        self._stands = KnownFacts(connection, views.facts)
        self._send = send
        #: Whether the batch before said mostly what was recorded already: then the next one probably does, too.
        self._repeats = False

    def record(
        self, items: Sequence[Item], by: str, expected: int | None, call: Call | None = None
    ) -> Iterator[Appended]:
        """Append the facts not yet recorded with their source; return what became of each item, in order.

        ``call`` remembers what was said in earlier batches of the same call. A RefusedError
        says in ``item`` which item was refused.
        """
        head = self._log.head()
        call = Call() if call is None else call
        page = self._page(items)
        hopeful = not self._repeats and expected in (None, head.position)
        fresh: Collection[int] = range(len(items)) if hopeful else ()
        while True:
            call.begin()
            batch = Batch(head, by)
            decider = Decider(self._log, self._views, self._stands, page=page, batch=batch, call=call)
            try:
                decider.decide(fresh, expected)
                with Step(self._connection, several=len(items) > 1) as step:
                    repeated = decider.fold()
                    if repeated:
                        step.take_back()
                    entries = [] if repeated else self._append(batch, page.sources)
            except RefusedError:
                call.undo()
                if not fresh:
                    raise
                fresh = ()  # what was refused may only have been said before: that is looked up now
                continue
            except BaseException:
                call.undo()
                raise
            if not repeated:
                self._repeats = 2 * len(batch.drafts) < len(items)  # an import run again repeats all its rows
                return batch.outcomes(entries)
            call.undo()
            fresh = {number for number, position in decider.hoped.items() if position not in repeated}

    def _page(self, items: Sequence[Item]) -> Page:
        """Look up all that is needed of every item, in one question each."""
        kinds = [self._log.codec.kinds.of(item.fact) for item in items]
        subjects = [kind.subject(item.fact) for kind, item in zip(kinds, items, strict=True)]
        named = {getattr(item.fact, name) for kind, item in zip(kinds, items, strict=True) for name in kind.naming}
        return Page(
            items,
            kinds,
            subjects,
            self._stands.subjects(named - {"", None}),
            self._views.facts.exceptional(subjects),
            self._log.number_sources([item.source for item in items]),
        )

    def _append(self, batch: Batch, sources: Mapping[str | None, int]) -> Sequence[Entry]:
        """Append the entries of a batch whose facts are folded already; return them."""
        if not batch.drafts:
            return []
        versions = self._log.versions({draft.subject for draft in batch.drafts})
        entries = seal(batch.drafts, batch.head, versions, datetime.now(UTC))
        if self._send is not None:
            self._send(entries)
        self._log.extend(entries, sources)
        self._views.reach(entries[-1].position)
        return entries
