"""The questions that list facts: dialogues, series, meetings, attendance, topics, statements, disputes, sources …"""

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import attrs
import click

from dialogue_registry.cli.access import asking, in_language, is_party, names_of_parties, party_in, scope
from dialogue_registry.cli.kinds import all_kinds
from dialogue_registry.cli.main import question
from dialogue_registry.cli.options import answer_options, day, file_argument, language_option, scope_options
from dialogue_registry.cli.output import show, whole
from dialogue_registry.imports.fact_fields import find_kind
from dialogue_registry.model.dates import PartialDate
from dialogue_registry.model.events import DelegateAttended, Format, Role
from dialogue_registry.model.kinds import Kinds
from dialogue_registry.model.status import Status
from dialogue_registry.queries.dicts import to_dict
from dialogue_registry.queries.display import differing, in_words
from dialogue_registry.queries.results import Attendance, Dispute, Presence
from dialogue_registry.registry.kept_copies import CopyState
from dialogue_registry.registry.registry import Snapshot

_SEAT = [name for name in attrs.fields_dict(Attendance) if name in attrs.fields_dict(DelegateAttended)]
_ABSENCE = [name for name in attrs.fields_dict(Attendance) if name not in (*_SEAT, "event", "sources")]


@question(example="dialogue-registry dialogues ca-jad.db")
@file_argument
@scope_options("dialogue")
@click.option("--party", help="Only those that this party joined, a code or a name.")
@language_option
@answer_options
def dialogues(file: str, *, dialogue: str | None, party: str | None, lang: str | None, shown: str | None) -> None:
    """List the dialogues and their parties."""
    with asking(file) as registry:
        within, code = scope(registry, dialogue=dialogue), party_in(registry, party)
        found = [
            known
            for known in registry.dialogues()
            if within(known.dialogue)
            and (code is None or any(is_party(code, joined.party) for joined in known.parties))
        ]
        rows = in_language(registry, [to_dict(dialogue) for dialogue in found], "dialogue", lang)
    if shown is None:
        rows = [{**row, "parties": [whole(party["party"]) for party in row["parties"]]} for row in rows]
    show(rows, "dialogue name launched parties aliases", shown)


@question(example="dialogue-registry series ca-jad.db", name="series")
@file_argument
@scope_options("dialogue", "series")
@language_option
@answer_options
def series_(file: str, *, lang: str | None, shown: str | None, **ids: str | None) -> None:
    """List the series of meetings."""
    with asking(file) as registry:
        within = scope(registry, **ids)
        found = [to_dict(series) for series in registry.series() if within(series.series)]
        rows = in_language(registry, found, "series", lang)
    show(rows, "series dialogue name abbreviation aliases", shown)


@question(example="dialogue-registry meetings ca-jad.db --series ca-jad/som --status held")
@file_argument
@scope_options("dialogue", "series", "meeting")
@click.option("--status", type=click.Choice([status.value for status in Status]), help="Only those of a status.")
@click.option("--format", "how", type=click.Choice([how.value for how in Format]), help="Only those of a format.")
@click.option("--since", metavar="DATE", type=day, help="Only those that can have been on this date or later.")
@click.option("--until", metavar="DATE", type=day, help="Only those that can have been on this date or earlier.")
@answer_options
def meetings(
    file: str,
    *,
    status: str | None,
    how: str | None,
    since: str | None,
    until: str | None,
    shown: str | None,
    **ids: str | None,
) -> None:
    """List meetings with their present status, by their days."""
    first = None if since is None else PartialDate.of(since).earliest
    last = None if until is None else PartialDate.of(until).latest
    with asking(file) as registry:
        within = scope(registry, **ids)
        found = registry.meetings(ids["series"], status=status, format=how, dialogue=ids["dialogue"])
    show(
        [meeting for meeting in found if within(meeting.meeting) and _can_have_been(meeting.date, first, last)],
        "meeting status date ordinal format place country title reason until",
        shown,
    )


def _can_have_been(when: PartialDate | None, first: date | None, last: date | None) -> bool:
    """Return whether a date may lie between two days; one that is not known may, unless a day is given."""
    if when is None:
        return first is None and last is None
    return (first is None or when.latest >= first) and (last is None or when.earliest <= last)


@question(example="dialogue-registry attendance ca-jad.db --meeting ca-jad/som/14")
@file_argument
@scope_options("dialogue", "series", "meeting")
@click.option("--party", help="Only for this party, a code or a name.")
@click.option("--name", help="Only of this name, as written.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Only in this role.")
@click.option(
    "--presence",
    type=click.Choice([*(presence.value for presence in Presence), "all"]),
    default="present",
    help="Those present by default; or those absent, those excused, or all.",
)
@language_option
@answer_options
def attendance(
    file: str,
    *,
    party: str | None,
    lang: str | None,
    name: str | None,
    role: str | None,
    presence: str,
    shown: str | None,
    **ids: str | None,
) -> None:
    """List who took part, or did not come."""
    with asking(file) as registry:
        within = scope(registry, **ids)
        asked = None if presence == "all" else presence
        code = party_in(registry, party)
        attended = registry.attendance(ids["meeting"], party=code, name=name, role=role, presence=asked)
        found = [row for row in attended if within(row.meeting)]
        rows = _with_parties(registry, found, lang) if shown is None else found
    absence = [*_ABSENCE] * (presence != "present")
    show(rows, " ".join([*_SEAT, *absence]), shown)


@question(example="dialogue-registry headcounts ca-jad.db --meeting ca-jad/som/14")
@file_argument
@scope_options("dialogue", "series", "meeting")
@click.option("--party", help="Only those of this party, a code or a name.")
@answer_options
def headcounts(file: str, *, party: str | None, shown: str | None, **ids: str | None) -> None:
    """List the stated numbers of people beside the numbers listed."""
    with asking(file) as registry:
        within, code = scope(registry, **ids), party_in(registry, party)
        stated = registry.headcounts(ids["meeting"], series=ids["series"])
        found = [row for row in stated if within(row.meeting) and is_party(code, row.party)]
    show(found, "meeting of party format stated listed verdict remark source", shown)


@question(example='dialogue-registry delegate ca-jad.db "Shuichi TOKUDA"')
@file_argument
@click.argument("name")
@scope_options("dialogue", "series", "meeting")
@click.option("--party", help="Only for this party, a code or a name.")
@language_option
@answer_options
def delegate(
    file: str, name: str, *, party: str | None, lang: str | None, shown: str | None, **ids: str | None
) -> None:
    """List the appearances of one person, with office and party; the order and honorific of the name do not matter."""
    if not name.strip():
        raise click.UsageError("the name is empty: give one, as it is written in a list")
    with asking(file) as registry:
        within, code = scope(registry, **ids), party_in(registry, party)
        found = [row for row in registry.delegate(name) if within(row.meeting) and is_party(code, row.party)]
        rows = _with_parties(registry, found, lang) if shown is None else found
    first = ["date", "meeting", "name", "party"]
    show(rows, " ".join([*first, *(column for column in _SEAT if column not in first)]), shown)


def _with_parties(registry: Snapshot, rows: Sequence[Any], lang: str | None) -> Sequence[Mapping[str, Any]]:
    """Return rows with the name of each party beside it, where it has another one."""
    names = names_of_parties(registry, lang)
    return [{**to_dict(row), "party": whole(row.party) + _beside(row.party, names)} for row in rows]


def _beside(party: str, names: Mapping[str, str]) -> str:
    name = names.get(party, party)
    return "" if name == party else f" {name}"


class _OfMeeting(Protocol):
    @property
    def meeting(self) -> str: ...


def _of_meetings(
    name: str, ask: Callable[[Snapshot, str | None], Sequence[_OfMeeting]], columns: str, meaning: str
) -> None:
    """Add the question for the facts about meetings of one kind."""

    @question(example=f"dialogue-registry {name} ca-jad.db --meeting ca-jad/som/14", name=name, meaning=meaning)
    @file_argument
    @scope_options("dialogue", "series", "meeting")
    @answer_options
    def listed(file: str, *, shown: str | None, **ids: str | None) -> None:
        with asking(file) as registry:
            within = scope(registry, **ids)
            show([row for row in ask(registry, ids["meeting"]) if within(row.meeting)], columns, shown)


_of_meetings("topics", lambda r, id_: r.topics(id_), "meeting topic", "List the topics that were discussed.")
_of_meetings(
    "activities", lambda r, id_: r.activities(id_), "meeting title organisers field date",
    "List the related activities that were reported, which are never counted.",
)  # fmt: skip
_of_meetings("outcomes", lambda r, id_: r.outcomes(id_), "meeting title kind", "List what meetings agreed on.")


@question(example="dialogue-registry statements ca-jad.db --series ca-jad/som")
@file_argument
@scope_options("dialogue", "series")
@click.option("--reported-at", metavar="ID", help="Only those of the release of this meeting.")
@answer_options
def statements(file: str, *, reported_at: str | None, shown: str | None, **ids: str | None) -> None:
    """List the counts that sources stated."""
    with asking(file) as registry:
        within, released = scope(registry, **ids), scope(registry, meeting=reported_at)
        found = [
            row
            for row in registry.statements(ids["series"])
            if within(row.counted) and (reported_at is None or released(row.reported_at or ""))
        ]
    columns = "series dialogue count as_of format reported_at"
    show(found, f"{columns} sources" if shown is None else columns, shown)


@question(example="dialogue-registry disputes ca-jad.db --dialogue ca-jad")
@file_argument
@scope_options("dialogue", "series", "meeting")
@answer_options
def disputes(file: str, *, shown: str | None, **ids: str | None) -> None:
    """List the claims that are kept beside facts which read otherwise."""
    with asking(file) as registry:
        within = scope(registry, **ids)
        kinds = registry.kinds
        found = [dispute for dispute in registry.disputes() if within(kinds.subject(dispute.standing))]
    if shown is None:
        show([_in_words(dispute, kinds) for dispute in found], "position subject claim stands reason sources", shown)
    else:
        show(found, "disputed standing claim reason event sources", shown)


def _in_words(dispute: Dispute, kinds: Kinds) -> Mapping[str, Any]:
    fields = differing(dispute.claim, dispute.standing)
    return {
        **to_dict(dispute),
        "position": dispute.event,
        "subject": kinds.subject(dispute.standing),
        "claim": in_words(dispute.claim, fields),
        "stands": in_words(dispute.standing, fields),
    }


@question(example="dialogue-registry facts ca-jad.db MeetingHeld --subject ca-jad/som/14")
@file_argument
@click.argument("event", required=False)
@click.option("--subject", metavar="ID", help="Only those about this dialogue, series or meeting.")
@answer_options
def facts(file: str, event: str | None, *, subject: str | None, shown: str | None) -> None:
    """List the facts that stand, of one EVENT such as MeetingHeld, or all; of installed packages too."""
    kind = None if event is None else find_kind(event, all_kinds())
    with asking(file) as registry:
        found = list(registry.facts(None if kind is None else kind.cls, subject))
    if shown in ("json", "nl"):
        show(found, "", shown)
    elif kind is None:
        rows = [{"position": one.position, "subject": one.subject, "fact": in_words(one.event)} for one in found]
        show(rows, "position subject fact", shown)
    else:
        rows = [{"position": one.position, **{name: getattr(one.event, name) for name in kind.shapes}} for one in found]
        show(rows, " ".join(["position", *kind.shapes]), shown)


@question(example="dialogue-registry sources ca-jad.db --meeting ca-jad/som/14")
@file_argument
@scope_options("dialogue", "series", "meeting")
@click.option(
    "--check",
    is_flag=True,
    help="The copies that attach kept, compared with their checksums; ends with exit code 1 if one changed or is gone.",
)
@answer_options
def sources(file: str, *, check: bool, shown: str | None, **ids: str | None) -> None:  # fmt: skip
    """List the sources, each with its number and how many events name it."""
    narrowest = ids["meeting"] or ids["series"] or ids["dialogue"]
    with asking(file) as registry:
        within = scope(registry, **ids)
        found = registry.sources(narrowest) if narrowest is None or within(narrowest) else ()
        numbers = {source.number for source in found}
        copies = registry.check_sources() if check else ()
    if not check:
        show(found, "number title publisher published language kind url events", shown)
        return
    copies = tuple(copy for copy in copies if narrowest is None or copy.number in numbers)
    show(copies, "number title state retrieved archived sha256", shown)
    if any(copy.state in (CopyState.CHANGED, CopyState.GONE) for copy in copies):
        sys.exit(1)
