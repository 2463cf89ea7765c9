"""``python -m dialogue_registry``: the command line."""

from dialogue_registry.cli import cli

if __name__ == "__main__":
    cli(prog_name="dialogue-registry")
