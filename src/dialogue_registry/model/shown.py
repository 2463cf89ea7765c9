"""Values as messages show them: any value, of whatever class, in a few characters, and no password."""

from dialogue_registry.model.addresses import may_hold_password


def shown(value: object) -> str:
    """Return a value as code for a message, shortened to 80 characters; of an address, its class."""
    try:
        text = repr(value)
    except ValueError:  # Python writes out no number of more than some thousand digits
        text = f"a huge {type(value).__name__}"
    except Exception:  # noqa: BLE001 - a foreign class may fail in any way when it is shown
        text = f"a {type(value).__name__}"
    if "\n" in text or may_hold_password(text):  # a table, or an address
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}…"
