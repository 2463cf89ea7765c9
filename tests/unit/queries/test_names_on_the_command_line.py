"""With --lang, commands show the names of that language, as far as they are recorded."""

from pathlib import Path

from click.testing import CliRunner

from dialogue_registry import (
    DelegateAttended,
    DialogueLaunched,
    MeetingHeld,
    NameUsed,
    PartyJoined,
    Registry,
    SeriesOpened,
)
from dialogue_registry.cli import cli


def test_names_are_shown_in_the_language_that_is_asked_for(tmp_path: Path) -> None:
    file = str(tmp_path / "d.db")
    with Registry.open(file) as registry:
        registry.record(
            DialogueLaunched(dialogue="d", name="Dialogue", launched="2000"),
            SeriesOpened(series="d/s", dialogue="d", name="Sessions"),
            MeetingHeld(meeting="d/s/1", series="d/s"),
            PartyJoined(dialogue="d", party="JPN", name="Japan"),
            DelegateAttended(meeting="d/s/1", party="JPN", name="TOKUDA Shuichi"),
            NameUsed(of="d", name="対話", language="ja"),
            NameUsed(of="d/s", name="会合", language="ja"),
            NameUsed(party="JPN", name="日本", language="ja"),
        )
    for command, plain, japanese in (
        (["dialogues", file], "Dialogue", "対話"),
        (["series", file], "Sessions", "会合"),
        (["counts", file], "Sessions", "会合"),
        (["attendance", file], "Japan", "日本"),
        (["delegate", file, "Shuichi Tokuda"], "Japan", "日本"),
    ):
        for lang, shown, other in (
            ([], plain, japanese),
            (["--lang", "ja"], japanese, plain),
            (["--lang", "fr"], plain, japanese),
        ):
            output = CliRunner().invoke(cli, [*command, *lang]).output
            assert shown in output, (command, lang)
            assert other not in output, (command, lang)
