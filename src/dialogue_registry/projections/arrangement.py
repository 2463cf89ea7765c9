"""The arrangement of facts that say the same: the first stands, the others are behind it. Pure."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import attrs

from dialogue_registry.errors import ConflictError
from dialogue_registry.model.events import DelegateAttended, Format, brief
from dialogue_registry.model.wordings import same_fact


class Member(NamedTuple):
    """One fact of a group: its number, the event by which it reads, its wording and its source."""

    fact: int
    event: int
    content: Any
    source: int


class Place(NamedTuple):
    """The place of a fact of a group: behind a leader, or standing with a wording as arranged."""

    event: int
    leader: int | None
    content: Any
    source: int


def arrange(members: Iterable[Member]) -> dict[int, Place]:
    """Place the facts of one group: the first stands, the others are behind it.

    Two rows of one seat that differ in the format alone come to hybrid. Raises
    ConflictError where two say different things.
    """
    placed: dict[int, Place] = {}
    leader: Member | None = None
    for member in sorted(members):
        if leader is None:
            leader = member
            placed[member.fact] = Place(member.event, None, member.content, member.source)
            continue
        shown = placed[leader.fact].content
        if not same_fact(member.content, leader.content) and not same_fact(member.content, shown):
            joined = join_formats(shown, member.content)
            if joined is None:
                raise ConflictError(
                    f"{brief(member.content)} would contradict {brief(leader.content)}",
                    standing="",
                    position=leader.event,
                    stands=leader.content,
                )
            placed[leader.fact] = placed[leader.fact]._replace(content=joined)
        placed[member.fact] = Place(member.event, leader.fact, member.content, member.source)
    return placed


def join_formats(one: Any, other: Any) -> DelegateAttended | None:
    """Return the hybrid row that two rows of one seat come to, if they differ in the format alone."""
    if not (isinstance(one, DelegateAttended) and isinstance(other, DelegateAttended)):
        return None
    if one.format is None or other.format is None or one.format == other.format:
        return None
    if not same_fact(attrs.evolve(one, format=None), attrs.evolve(other, format=None)):
        return None
    return as_hybrid(one)


def as_hybrid(fact: DelegateAttended) -> DelegateAttended:
    """Return a row whose format is hybrid, as two rows of one seat come to."""
    hybrid = attrs.evolve(fact, format=None)
    object.__setattr__(hybrid, "format", Format.HYBRID)  # which may not be recorded, only come about
    return hybrid
