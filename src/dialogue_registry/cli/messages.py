"""Messages of errors on the command line: in commands, where the message of the library speaks Python."""

from dialogue_registry.errors import (
    AmendmentError,
    ConflictError,
    DialogueRegistryError,
    IdInUseError,
    UnknownSubjectError,
)
from dialogue_registry.model.events import MeetingAnnounced
from dialogue_registry.queries.display import differing, in_words

PHRASES = {
    "give series= or dialogue=": "give --series or --dialogue",
    "give of= or party=": "give --of or --party",
    "give a str": "give a text",
    "give True or False": "give yes or no",
    "give a datetime.date or text such as": "give a day such as",
    ", or None where it is not known": ", or leave it out where it is not known",
    "MeetingShared(…)": "MeetingShared",
    "(on=…)": "(--on)",
    "give on= if": "give --on if",
    " (format= in Python)": "",
    " (in Python create_log)": "",
    "base_url is": "--base-url is",
    "mend that, then call catch_up()": "mend that, then run any command on it",
    "catch_up() compares them": "dialogue-registry follow compares them",
}
"""Words of Python in a message, and the words of the command line in their place."""

_RECORDING = {
    "dialogue": "record DialogueLaunched for it",
    "series": "record SeriesOpened for it",
    "meeting": "record MeetingAnnounced or MeetingHeld for it",
}


def in_commands(error: DialogueRegistryError) -> str:
    """Return what is, what was wanted and what to do next, in the words of the command line."""
    match error:
        case ConflictError(fact=fact, stands=stands, position=position) if fact is not None and fact == stands:
            return (
                f"event {position} says {in_words(fact)} too, and would contradict the outcome: retract it first "
                f"(dialogue-registry retract FILE {position} --because …), or keep the other wording beside both "
                "with dispute"
            )
        case ConflictError(fact=fact, stands=stands, position=0) if fact is not None:
            return f"{in_words(fact)} contradicts what the same command says before: {in_words(stands)}"
        case ConflictError(fact=fact, stands=stands, position=position) if fact is not None:
            return (
                f"{in_words(fact)} contradicts event {position}, which says "
                f"{in_words(stands, differing(stands, fact))}: {_advice(fact, position)}"
            )
        case AmendmentError(fact=fact, stands=stands) if fact is not None and fact == stands:
            return (
                f"the event reads {in_words(fact)} already: there is nothing to change; to add a source, "
                "record the fact again with it"
            )
        case AmendmentError(fact=fact, stands=stands) if fact is not None:
            return (
                f"{in_words(fact)} does not contradict {in_words(stands)}: a dispute claims the same kind of fact "
                "about the same id; record it as a fact of its own"
            )
        case IdInUseError(fact=fact) if fact is not None:
            return f"{in_words(fact)} would use an id that already names something else: choose another id"
        case UnknownSubjectError(kind=kind, id=id_) if kind in _RECORDING and "first" in str(error):
            return f"{kind} {id_!r} is not recorded: check the id, or {_RECORDING[kind]} first"
        case _:
            return reworded(str(error))


def reworded(message: str) -> str:
    """Return a message of the library with the words of the command line."""
    for python, command in PHRASES.items():
        message = message.replace(python, command)
    return message


def _advice(fact: object, position: int) -> str:
    """Return what to do about a contradiction with the event at a position."""
    if hasattr(fact, "seat") and hasattr(fact, "person"):
        return (
            "if it is another person of that name, give --person to each; if one person sat in two capacities, give "
            f"--seat to each; if the standing one is wrong, dialogue-registry correct FILE {position} --because …"
        )
    changed = "if the plan has changed, give the day on which that was announced, --on; "
    return (
        f"{changed * isinstance(fact, MeetingAnnounced)}"
        f"if that one is wrong, dialogue-registry correct FILE {position} --because …; if sources disagree, keep both "
        f"with dialogue-registry dispute FILE {position} --source …"
    )
