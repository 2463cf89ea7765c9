"""The capacity in which somebody took part in a meeting: for whom, in which office and role, at what level."""

from typing import NamedTuple

from dialogue_registry.charts.language import Language
from dialogue_registry.model.events import Role


class Capacity(NamedTuple):
    """A capacity; "" stands for what is not known."""

    party: str
    office: str
    role: str
    on_behalf_of: str
    level: str
    format: str

    def data(self) -> dict[str, str]:
        """Return the capacity as JSON has it, without a level and a format that are not known."""
        return {name: text for name, text in self._asdict().items() if text or name not in ("level", "format")}


def in_words(say: Language, capacity: Capacity) -> str:
    """Return office, role, level and presence in words, such as "Ambassador (head, online)"."""
    role = "" if capacity.role == Role.DELEGATE else capacity.role
    level = "" if not capacity.level else say("level: {level}", level=say(capacity.level.replace("-", " ")))
    beside = [say(role) if role else "", level, say(capacity.format.replace("-", " ")) if capacity.format else ""]
    words = ", ".join(filter(None, beside))
    if capacity.office and words:
        words = f"{capacity.office} ({words})"
    words = words or capacity.office
    if not capacity.on_behalf_of:
        return words
    return ", ".join(filter(None, (words, say("on behalf of {name}", name=capacity.on_behalf_of))))
