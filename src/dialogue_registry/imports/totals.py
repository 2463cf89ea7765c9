"""Rows that are none: totals, and notes below a table."""

_TOTALS_IN_WORDS = (
    "total totals sum summe gesamt insgesamt somme totaux totale итого всего барлығы jami toplam 合計 計 合计 总计 합계"
)
_TOTALS = frozenset(_TOTALS_IN_WORDS.split())
_NOTES_IN_WORDS = (
    "note notes source sources quelle quellen anmerkung anmerkungen remarque nota fuente примечание источник 注 出典"
)
_NOTES = frozenset(_NOTES_IN_WORDS.split())


def is_total(text: str) -> bool:
    """Return whether the first cell of a row says that it holds totals."""
    return text.strip().rstrip(": ").casefold() in _TOTALS


def note_of(text: str) -> str:
    """Return the word with which a note below a table begins, as it is written; "" where it is none."""
    word = text.strip().partition(":")[0]
    return word if word.casefold() in _NOTES and ":" in text else ""
