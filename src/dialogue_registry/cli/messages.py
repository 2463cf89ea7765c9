"""How an error is worded on the command line: in commands, where its own message speaks Python."""

from dialogue_registry.errors import (
    AmendmentError,
    ConflictError,
    DialogueRegistryError,
    IdInUseError,
    UnknownSubjectError,
)
from dialogue_registry.queries.display import differing, in_words

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
                f"{in_words(stands, differing(stands, fact))}: if that one is wrong, "
                f"dialogue-registry correct FILE {position} --because …; if sources disagree, keep both with "
                f"dialogue-registry dispute FILE {position} --source …"
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
        case UnknownSubjectError(kind=kind, id=id_) if kind in _RECORDING:
            return f"{kind} {id_!r} is not recorded: check the id, or {_RECORDING[kind]} first"
        case _:
            return str(error)
