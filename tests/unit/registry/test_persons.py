"""Names that are one person, and names that are not: one of two statements that contradict each other is refused."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from dialogue_registry import ConflictError, DifferentPersons, Registry, SamePerson, Source, UnfitEventError, testing
from dialogue_registry.log.codec import STANDARD_CODEC
from dialogue_registry.log.entry import EMPTY, Draft, seal

P = "JPN"


def same(*names: str, party: str = P, reason: str = "") -> SamePerson:
    return SamePerson(party=party, names=names, reason=reason)


def different(*names: str, party: str = P, reason: str = "") -> DifferentPersons:
    return DifferentPersons(party=party, names=names, reason=reason)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry.open() as opened:
        yield opened


def refused(registry: Registry, *facts: SamePerson | DifferentPersons) -> ConflictError:
    before = registry.position
    with pytest.raises(ConflictError) as found:
        registry.record(*facts)
    assert registry.position == before
    return found.value


def test_names_kept_apart_are_not_joined(registry: Registry) -> None:
    (stands,) = registry.record(different("A", "B"))
    error = refused(registry, same("B", "A"))
    assert (error.standing, error.stands) == (stands.id, different("A", "B"))
    assert "would make one person of 'A' and 'B'" in str(error)


def test_names_joined_are_not_kept_apart(registry: Registry) -> None:
    (stands,) = registry.record(same("A", "B"))
    assert refused(registry, different("C", "A", "B")).standing == stands.id


@pytest.mark.parametrize(
    "links", [[("A", "B"), ("B", "C")], [("B", "C"), ("A", "B")], [("A", "X"), ("Y", "C"), ("X", "Y")]]
)
def test_a_join_through_others_is_refused(registry: Registry, links: list[tuple[str, str]]) -> None:
    *first, last = links
    registry.record(different("A", "C"), *(same(*names) for names in first))
    assert refused(registry, same(*last)).stands == different("A", "C")


def test_keeping_apart_what_others_join_is_refused(registry: Registry) -> None:
    registry.record(same("A", "B"), same("C", "D"), same("B", "C"))
    assert "which are one person" in str(refused(registry, different("D", "A")))


def test_a_batch_that_contradicts_itself_is_refused_whole(registry: Registry) -> None:
    error = refused(registry, same("A", "B"), same("B", "C"), different("A", "C"))
    assert (error.standing, error.item) == ("", 2)
    assert "earlier in the same batch" in str(error)


def test_names_are_compared_folded(registry: Registry) -> None:
    registry.record(different("Jose\u0301  B", "A"))
    refused(registry, same("Jos\u00e9 B", "A\u200b"))


def test_another_party_is_another_matter(registry: Registry) -> None:
    registry.record(different("A", "B"), same("A", "B", party="KAZ"))
    assert registry.position == 2


def test_what_contradicts_nothing_is_recorded(registry: Registry) -> None:
    registry.record(same("A", "B"), same("C", "D"), different("A", "C"), different("B", "D"), same("B", "E"))
    assert registry.position == 5


def test_what_stands_already_is_further_evidence(registry: Registry) -> None:
    registry.record(same("A", "B"), source=Source("Passport list"))
    registry.record(same("A", "B"), source=Source("Letter"))
    refused(registry, different("A", "B"))


def test_a_correction_may_not_contradict(registry: Registry) -> None:
    joined, _ = registry.record(same("A", "B"), different("A", "C"))
    with pytest.raises(ConflictError, match="keeps apart"):
        registry.correct(joined.id, same("A", "C"), reason="a slip")
    registry.correct(joined.id, same("A", "D"), reason="a slip")
    assert registry.position == 3


def test_a_retraction_makes_way_and_is_not_undone_against_what_came_since(registry: Registry) -> None:
    (joined,) = registry.record(same("A", "B"))
    retraction = registry.retract(joined.id, reason="a slip")
    registry.record(different("A", "B"))
    with pytest.raises(ConflictError, match="keeps apart"):
        registry.retract(retraction.id, reason="no slip")
    assert registry.position == 3


# --- logs of others ------------------------------------------------------------------------


def forged(*facts: SamePerson | DifferentPersons) -> list[str]:
    """The export of a log that was recorded by a program which knows no such rule."""
    drafts = [Draft("", *STANDARD_CODEC.encode(fact)) for fact in facts]
    with closing(testing.fed(seal(drafts, EMPTY, {}, datetime.now(UTC)))) as registry:
        return list(registry.export_events())


@pytest.mark.parametrize(
    "facts",
    [
        [different("A", "C"), same("A", "B"), same("B", "C")],
        [same("A", "B"), same("C", "D"), same("B", "C"), different("D", "A")],
    ],
)
def test_a_log_that_joins_what_it_keeps_apart_is_not_imported(
    registry: Registry, facts: list[SamePerson | DifferentPersons]
) -> None:
    with pytest.raises(UnfitEventError, match=f"position {len(facts)} contradicts .*nothing was imported"):
        registry.import_events(forged(*facts))
    assert registry.position == 0


def test_a_log_whose_statements_about_persons_go_together_is_imported(registry: Registry) -> None:
    assert registry.import_events(forged(different("A", "C"), same("A", "B"), same("C", "D"))) == 3
    registry.verify()
