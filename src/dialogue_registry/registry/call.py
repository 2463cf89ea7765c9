"""One call that records facts, in one batch or several."""

import attrs


class Call:
    """The reports of each source about a meeting's status within one call, which may be of several batches.

    All that is recorded within one transaction is one call: so a table is, whose rows are
    recorded one by one.
    """

    def __init__(self) -> None:
        self._reports: dict[tuple[str, str | None], SourceReports] = {}
        self._before: dict[tuple[str, str | None], SourceReports | None] = {}

    def begin(self) -> None:
        """Begin a batch, which ``undo()`` would forget."""
        self._before.clear()

    def reports_of(self, meeting: str, source: str | None) -> "SourceReports":
        """Return what a source said of a meeting within the call."""
        key = (meeting, source)
        reports = self._reports.get(key)
        if key not in self._before:
            self._before[key] = None if reports is None else SourceReports(set(reports.lines), reports.plan)
        if reports is None:
            reports = self._reports[key] = SourceReports()
        return reports

    def undo(self) -> None:
        """Forget what was said in the batch that has begun last, which was refused."""
        for key, before in self._before.items():
            if before is None:
                del self._reports[key]
            else:
                self._reports[key] = before


@attrs.define
class SourceReports:
    """The lines of one source about one meeting within one call."""

    #: The wordings of its further reports; a first one is repeated where it interrupts nothing.
    lines: set[bytes] = attrs.field(factory=set)
    #: The last plan reported.
    plan: int | None = None
