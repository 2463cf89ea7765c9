"""A plan for look-alikes: a file of TOML that somebody edits, and the facts that it comes to.

Each pair has a decision: "same" (one person), "different" (and not proposed again), or ""
(nothing is recorded). A pair may be given further names.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from dialogue_registry.errors import InvalidValueError
from dialogue_registry.imports.parsing import toml_of
from dialogue_registry.imports.toml_values import toml_comment, toml_value
from dialogue_registry.model.events import DifferentPersons, SamePerson
from dialogue_registry.queries.look_alikes import LookAlike
from dialogue_registry.queries.people import Person

_DECISIONS: dict[str, type[SamePerson | DifferentPersons]] = {"same": SamePerson, "different": DifferentPersons}
_HEAD = """\
# Names that may be one person. Nothing of it is recorded yet.
# Set each decision to "same" or to "different" (it is not proposed again); "" records nothing.
# Then: dialogue-registry people FILE --apply PLAN
"""


def people_plan(found: Iterable[LookAlike]) -> str:
    """Return look-alikes as a plan to edit."""
    return "\n".join((_HEAD, *(line for pair in found for line in _pair(pair))))


def _pair(pair: LookAlike) -> Iterator[str]:
    yield "[[pair]]"
    yield f"# {pair.why}"
    for person in (pair.one, pair.other):
        yield f"#   {toml_comment(_who(person))}"
    if pair.together:
        yield f"#   both were at {toml_comment(', '.join(pair.together[:5]))}{' …' if len(pair.together) > 5 else ''}"
    yield f"party = {toml_value(pair.party)}"
    yield f"names = {toml_value(list(pair.names))}"
    yield 'decision = ""'
    yield 'reason = ""'
    yield ""


def _who(person: Person) -> str:
    """Return in words who somebody is: names, offices, meetings."""
    names = " / ".join(dict.fromkeys((person.name, *person.names)))
    offices = f": {', '.join(person.offices)}" if person.offices else ""
    days = dict.fromkeys(str(day) for day in (person.first, person.last) if day is not None)
    meetings = f"{person.meetings} meeting{'' if person.meetings == 1 else 's'}"
    return f"{names}{offices}; {', '.join(filter(None, (meetings, ' to '.join(days))))}"


def planned_facts(text: str) -> list[SamePerson | DifferentPersons]:
    """Return the facts that an edited plan comes to; raises InvalidValueError, which says which pair is wrong."""
    try:
        plan = toml_of(text)
    except ValueError as error:
        raise InvalidValueError(f"the plan is no TOML ({error}): mend it, or make it anew with --propose") from None
    pairs = plan.get("pair", [])
    if not isinstance(pairs, list) or (stray := plan.keys() - {"pair"}):
        named = "pair" if not isinstance(pairs, list) else min(stray)
        raise InvalidValueError(f"the plan has {named!r:.80}, which is no list of pairs: write each as [[pair]]")
    decided = (_fact(number, pair) for number, pair in enumerate(pairs, 1))
    return [fact for fact in decided if fact is not None]


def _fact(number: int, pair: Any) -> SamePerson | DifferentPersons | None:
    if not isinstance(pair, dict) or (stray := pair.keys() - {"party", "names", "decision", "reason"}):
        named = pair if not isinstance(pair, dict) else min(stray)
        raise InvalidValueError(f"pair {number} has {named!r:.80}: give party, names, decision and reason")
    decision = pair.get("decision", "")
    if decision == "":
        return None
    if not isinstance(decision, str) or decision not in _DECISIONS:
        raise InvalidValueError(f'the decision on pair {number} is {decision!r:.80}: give "same", "different" or ""')
    if missing := [field for field in ("party", "names") if field not in pair]:
        raise InvalidValueError(f"pair {number} has no {missing[0]}: give it, or make the plan anew with --propose")
    try:
        return _DECISIONS[decision](party=pair["party"], names=pair["names"], reason=pair.get("reason", ""))
    except InvalidValueError as error:
        raise InvalidValueError(f"pair {number}: {error}") from None
