"""Keep the register of an invented council: 40 members, 60 sittings, and who came how often.

    python examples/who_came.py

Members were absent, excused and represented; two left and two joined later. Of some sittings
nothing is recorded of some members. Two people of one name sit for one member, and one name is
spelled in two ways. The registry is in memory, and nothing is kept.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from dialogue_registry import (
    DelegateAbsent,
    DelegateAttended,
    DialogueLaunched,
    HeadcountStated,
    HeadcountVerdict,
    MeetingHeld,
    PartyJoined,
    PartyLeft,
    Registry,
    SeriesOpened,
    Source,
)
from dialogue_registry.model.events import Fact

MEMBERS = [f"Land {number:02}" for number in range(1, 41)]
SITTINGS = 60
FIRST = date(2015, 1, 12)
LEFT = {"Land 07": 31, "Land 19": 45}  # the first sitting without them
JOINED = {"Land 39": 21, "Land 40": 41}
NAMESAKES, RESPELLED = "Land 03", "Land 05"
GUEST, GUEST_AT = "Land 99", 30
MISCOUNTED, RESPELLED_AFTER = 17, 40
_GIVEN = ["Amira", "Bo", "Chidi", "Dana", "Emre", "Faye", "Goran", "Hala", "Ilse", "Jomo"]
_FAMILY = ["VELDRANOV", "KORSINTHA", "MBUYALANE", "THORSEVAL"]


def day_of(sitting: int) -> date:
    """Return the day of a sitting, one every eight weeks."""
    return FIRST + timedelta(weeks=8 * (sitting - 1))


def name_of(member: str) -> str:
    """Return the name of a member's representative."""
    number = MEMBERS.index(member)
    return f"{_GIVEN[number % 10]} {_FAMILY[number // 10]}"


def is_member(member: str, sitting: int) -> bool:
    """Return whether a member had joined by a sitting, and not left."""
    return JOINED.get(member, 1) <= sitting < LEFT.get(member, SITTINGS + 1)


def founding() -> Iterator[Fact]:
    """Yield the council, its sittings, and who joined and left when."""
    yield DialogueLaunched(dialogue="council", name="The invented Council", launched="2015")
    yield SeriesOpened(series="council/sitting", dialogue="council", name="Sittings")
    for member in MEMBERS:
        first = day_of(JOINED[member]) if member in JOINED else FIRST
        yield PartyJoined(dialogue="council", party=member, name=member, joined=first)
    for member, sitting in LEFT.items():
        yield PartyLeft(dialogue="council", party=member, on=day_of(sitting))


def minutes(sitting: int) -> Iterator[Fact]:
    """Yield who came to a sitting, who did not, and how many were there by its minutes."""
    meeting = f"council/sitting/{sitting}"
    yield MeetingHeld(meeting=meeting, series="council/sitting", date=day_of(sitting), ordinal=sitting)
    present = 0
    for number, member in enumerate(MEMBERS):
        if not is_member(member, sitting):
            continue
        came = list(representatives(meeting, member, sitting, number))
        present += sum(isinstance(fact, DelegateAttended) for fact in came)
        yield from came
    if sitting == GUEST_AT:
        yield DelegateAttended(meeting=meeting, party=GUEST, name="Nia OBERLIN", role="guest")
        present += 1
    stated = present + 2 if sitting == MISCOUNTED else present  # somebody miscounted
    yield HeadcountStated(meeting=meeting, count=stated)


def representatives(meeting: str, member: str, sitting: int, number: int) -> Iterator[Fact]:
    """Yield what the minutes say of one member."""
    name = name_of(member)
    if member == NAMESAKES:  # two people of one name, told apart by ids
        yield DelegateAttended(meeting=meeting, party=member, name=name, person="elder", level="minister")
        if sitting % 4 == 0:
            yield DelegateAttended(meeting=meeting, party=member, name=name, person="younger", level="expert")
        return
    match (7 * sitting + 13 * number) % 29:
        case 0:
            yield DelegateAbsent(meeting=meeting, party=member, name=name, excused=True, reason="illness")
        case 1:
            yield DelegateAbsent(meeting=meeting, party=member, name=name)
        case 2:
            return  # the minutes are silent
        case 3:
            substitute = f"Deputy of {member}"
            yield DelegateAbsent(meeting=meeting, party=member, name=name, represented_by=substitute)
            yield DelegateAttended(meeting=meeting, party=member, name=substitute, on_behalf_of=name, level="expert")
        case _:
            spelled = name.replace("V", "W") if member == RESPELLED and sitting > RESPELLED_AFTER else name
            yield DelegateAttended(meeting=meeting, party=member, name=spelled, level="minister")


def council() -> Registry:
    """Return a registry of the whole council."""
    registry = Registry.open()
    registry.record(*founding(), source=Source("Statute of the Council"))
    for sitting in range(1, SITTINGS + 1):
        registry.record(*minutes(sitting), source=Source(f"Minutes of sitting {sitting}"))
    return registry


def main() -> None:
    """Print the rates, who was no member, the head-count that is wrong, and the look-alikes."""
    with council() as registry:
        print(f"{'party':8}  held  present  absent  excused  not known  rate")
        for row in registry.attendance_rates(dialogue="council"):
            print(
                f"{row.party:8}  {row.held:4}  {row.present:7}  {row.absent:6}  {row.excused:7}  {row.not_known:9}"
                f"  {row.rate}"
            )
        print("\nAt the level of a minister or higher")
        for row in registry.attendance_rates(level="minister")[:3]:
            print(f"{row.party}: {row.rate}")
        print("\nNo members")
        for guest in registry.non_members():
            print(f"{guest.party}: {guest.present}")
        print("\nWrong head-counts")
        for count in registry.headcounts():
            if count.verdict is HeadcountVerdict.DISAGREES:
                print(f"{count.meeting}: {count.stated} stated, {count.listed} listed")
        print("\nNamesakes")
        for person in registry.people(party=NAMESAKES):
            print(f"{person.name} ({person.person}): {person.meetings} meetings")
        print("\nOne person?")
        for pair in registry.look_alikes():
            print(f"{pair.party}: {' and '.join(pair.names)}, {pair.why}")


if __name__ == "__main__":
    main()
