"""Search finds facts by their words, in any script, and follows amendments; no text is a mistake."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import (
    ActivityReported,
    DelegateAttended,
    DialogueLaunched,
    Found,
    InvalidValueError,
    MeetingAnnounced,
    MeetingCancelled,
    MeetingHeld,
    OutcomeAgreed,
    PartyJoined,
    ReadOnlyError,
    Registry,
    SeriesOpened,
    Source,
    TopicDiscussed,
)
from dialogue_registry.log.sqlite_log import SQLiteLog
from dialogue_registry.model.kind_tables import ANY_SUBJECT, SUBJECTS
from dialogue_registry.model.standard_kinds import STANDARD_KINDS
from dialogue_registry.queries.search import search_projection
from dialogue_registry.testing import effective, fed, histories, play, stored
from dialogue_registry.testing.laws import sealed

HOST = Source("Page of the host ministry", url="https://example.org/host")
BASE = (
    DialogueLaunched(dialogue="d", name="Диалог «Центральная Азия + Япония»", launched="2004", aliases=["CA+JAD"]),
    PartyJoined(dialogue="d", party="KGZ", name="Kyrgyzstan", aliases=["Kyrgyz Republic"]),
    SeriesOpened(series="d/som", dialogue="d", name="高級実務者会合", abbreviation="SOM"),
    MeetingHeld(meeting="d/som/1", series="d/som", date="2005-03-04", title="Réunion des hauts fonctionnaires"),
    DelegateAttended(meeting="d/som/1", party="JPN", name="TŌGŌ Shin'ichirō", office="Ambassador-at-large (欧州局)"),
    DelegateAttended(meeting="d/som/1", party="KAZ", name="Мұхтар ТІЛЕУБЕРДІ"),
    TopicDiscussed(meeting="d/som/1", topic="การค้าและการลงทุน"),
    ActivityReported(meeting="d/som/1", title="EXPO ２０２０", organisers=["ＪＥＴＲＯ"], field="trade"),
    OutcomeAgreed(meeting="d/som/1", title="Action Plan 15/16", kind="understanding"),
    MeetingAnnounced(meeting="d/som/2", series="d/som", title="Second meeting"),
    MeetingCancelled(meeting="d/som/2", reason="earthquake"),
)


@pytest.fixture
def registry():
    with Registry.open() as registry:
        registry.record(*BASE, source=HOST)
        yield registry


@pytest.mark.parametrize(
    ("text", "kind", "marked"),
    [
        ("togo", "delegate", "[TŌGŌ] Shin'ichirō · Ambassador-at-large (欧州局) · JPN"),
        ("Shin'ichiro TOGO", "delegate", "[TŌGŌ] [Shin'ichirō] · Ambassador-at-large (欧州局) · JPN"),
        ("tōg", "delegate", "[TŌGŌ] Shin'ichirō · Ambassador-at-large (欧州局) · JPN"),
        ("欧州", "delegate", "…ichirō · Ambassador-at-large ([欧州]局) · JPN"),
        ("reunion FONCTIONNAIRES", "meeting", "[Réunion] des hauts [fonctionnaires]"),
        ("実務者", "series", "高級[実務者]会合 · SOM"),
        ("高級実務者会合", "series", "[高級実務者会合] · SOM"),
        ("центральная", "dialogue", "Диалог «[Центральная] Азия + Япония» · CA+JAD"),
        ("тілеуберді", "delegate", "Мұхтар [ТІЛЕУБЕРДІ] · KAZ"),
        ("ลงทุน", "topic", None),
        ("jetro", "activity", None),
        ("2020", "activity", None),
        ("15/16", "outcome", "Action Plan [15/16] · understanding"),
        ("kyrgyz republic", "party", "[Kyrgyzstan] · KGZ · [Kyrgyz] [Republic]"),
        ("ca+jad", "dialogue", "Диалог «Центральная Азия + Япония» · [CA+JAD]"),
        ("earthquake", "meeting", "[earthquake]"),
    ],
)
def test_a_word_is_found_in_any_script_and_without_its_diacritics(
    registry: Registry, text: str, kind: str, marked: str | None
) -> None:
    (found,) = registry.search(text)
    assert (found.kind, found.sources) == (kind, (HOST,))
    assert marked is None or found.snippet == marked


@pytest.mark.parametrize(
    ("text", "name", "marked"),
    [
        ("гете", "ГЁТЕ", "[ГЁТЕ]"),
        ("королев", "Сергей Королёв", "Сергей [Королёв]"),
        ("αθηνα", "ΑΘΗΝΆ", "[ΑΘΗΝΆ]"),
        ("الاحمد", "الأحمد", "[الأحمد]"),
        ("שלום", "שָׁלוֹם", None),
        ("lukasz", "Łukasz", "[Łukasz]"),
        ("oystein", "Øystein", "[Øystein]"),
        ("duc", "Đức", "[Đức]"),
        ("strasse", "STRAßE", "[STRAßE]"),
        ("igdir", "İğdır", "[İğdır]"),
        ("đức", "Duc", "[Duc]"),
        ("मोदी", "नरेन्द्र मोदी", None),
        ("ガ行", "ｶﾞ行", None),
    ],
)
def test_letters_are_found_by_their_plain_form_and_the_other_way_round(
    text: str, name: str, marked: str | None
) -> None:
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name=name, launched="2004"))
        (found,) = registry.search(text)
        assert marked is None or found.snippet == marked
        with registry.at(position=1) as past:
            assert past.search(text) == (found,)


SEEN_ALIKE = ["Bảo Ngưng", "Ba\u0309o Ngu\u031bng", "Bả\u00ado\u00a0Ngưng\ufe0f", "\u2066Bảo\u2069\u200b  Ngưng"]


@pytest.mark.parametrize("name", SEEN_ALIKE)
def test_characters_that_cannot_be_seen_hide_no_name(name: str) -> None:
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name=name, launched="2004"))
        assert [len(registry.search(text)) for text in SEEN_ALIKE] == [1, 1, 1, 1]


@pytest.mark.parametrize(("text", "name"), [("मोदा", "मोदी"), ("か行", "が行"), ("東京", "京東")])
def test_a_sign_that_is_a_letter_is_no_accent(text: str, name: str) -> None:
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name=name, launched="2004"))
        assert registry.search(text) == ()


def test_a_page_is_no_question(registry: Registry) -> None:
    with pytest.raises(InvalidValueError, match="100000 characters is too long to search for"):
        registry.search("会" * 100_000)


def test_all_words_must_be_there_and_a_number_is_no_beginning(registry: Registry) -> None:
    assert registry.search("togo tileuberdi") == ()
    assert registry.search("1") == ()
    assert registry.search("action plan trade") == ()


def test_a_long_word_without_spaces_is_found_by_its_parts() -> None:
    name = "中央アジアプラス日本対話外相会合共同声明"
    with Registry.open() as registry:
        registry.record(DialogueLaunched(dialogue="d", name=name, launched="2004"))
        for start in range(len(name)):
            for end in range(start + 1, len(name) + 1):
                assert len(registry.search(name[start:end])) == 1
        assert registry.search("本日") == ()


@given(st.text() | st.text("\"'*^:()-+{}NEAR AND OR NOT日本é\0", max_size=12))
def test_no_text_is_a_mistake(text: str) -> None:
    with Registry.open() as registry:
        registry.record(*BASE)
        assert all(isinstance(found, Found) for found in registry.search(text))


def test_what_is_no_text_is_refused(registry: Registry) -> None:
    with pytest.raises(InvalidValueError):
        registry.search(None)  # type: ignore[arg-type]
    with pytest.raises(InvalidValueError):
        registry.search("togo", limit=0)


def test_a_wording_comes_once_and_a_limit_counts_wordings(registry: Registry) -> None:
    held = MeetingHeld(meeting="d/som/3", series="d/som", title="Third meeting")
    registry.record(MeetingAnnounced(meeting="d/som/3", series="d/som", title="Third meeting"), held)
    assert [found.subject for found in registry.search("meeting")] == ["d/som/2", "d/som/3"]
    assert len(registry.search("meeting", limit=1)) == 1
    assert registry.search("meeting")[:1] == registry.search("meeting", limit=1)


def test_search_follows_what_is_recorded_corrected_and_retracted(registry: Registry) -> None:
    assert registry.search("yamada") == ()
    (new,) = registry.record(DelegateAttended(meeting="d/som/1", party="JPN", name="YAMADA Taro"))
    assert [found.snippet for found in registry.search("yamada")] == ["[YAMADA] Taro · JPN"]
    fixed = registry.correct(
        new.id, DelegateAttended(meeting="d/som/1", party="JPN", name="YAMADA Jiro"), reason="misread"
    )
    assert registry.search("yamada taro") == ()
    assert [found.event for found in registry.search("yamada jiro")] == [fixed.position]
    registry.retract(new.id, reason="was not there")
    assert registry.search("yamada") == ()
    registry.rebuild()
    assert len(registry.search("togo")) == 1


@given(histories(), st.integers(0, 30))
def test_search_after_amendments_is_search_of_the_effective_log(moves, cut: int) -> None:
    with Registry.open() as registry:
        play(registry, moves[:cut])
        words = _words(registry)  # the index is made in the middle, and has to catch up
        play(registry, moves[cut:])
        words |= _words(registry)
        with fed(sealed(effective(registry.events()))) as fresh:
            for word in words:
                assert _found(registry, word) == _found(fresh, word)
        with registry.at(position=registry.position) as past:
            for word in words:
                assert _found(past, word) == _found(registry, word)


def _words(registry: Registry) -> set[str]:
    registry.search("a")
    return {word for row in registry.db["search_texts"].rows for word in row["text"].split()}


def _found(registry: Registry, word: str) -> list[tuple[object, ...]]:
    return [(f.subject, f.kind, f.text, f.snippet, f.sources) for f in registry.search(word, limit=1000)]


def test_recording_does_not_feed_the_index(registry: Registry) -> None:
    registry.search("togo")
    registry.record(TopicDiscussed(meeting="d/som/1", topic="water"))
    assert "water" not in _texts(registry)
    registry.search("water")
    assert "water" in _texts(registry)


def _texts(registry: Registry) -> set[str]:
    return {row["text"] for row in registry.db["search_texts"].rows}


def test_a_registry_that_may_not_be_written_is_searched_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with Registry.open(path) as registry, Registry.open(path, read_only=True) as reader:
        registry.record(*BASE, source=HOST)
        assert [found.kind for found in reader.search("togo")] == ["delegate"]
        assert not reader.db["search_texts"].exists()
        registry.record(TopicDiscussed(meeting="d/som/1", topic="water"))
        assert [found.kind for found in reader.search("water")] == ["topic"]
        registry.search("togo")  # now there is an index, which the reader uses until it lags
        assert reader.search("togo") == registry.search("togo")
        registry.record(TopicDiscussed(meeting="d/som/1", topic="energy"))
        assert [found.kind for found in reader.search("energy")] == ["topic"]


def test_a_registry_that_may_not_be_written_is_verified_with_its_index(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with Registry.open(path) as registry:
        registry.record(*BASE, source=HOST)
        assert registry.search("understanding")
        head = registry.verify()
    with Registry.open(path, read_only=True) as reader:
        assert reader.verify() == head
        with pytest.raises(ReadOnlyError):
            reader.record(TopicDiscussed(meeting="d/som/1", topic="water"))  # type: ignore[attr-defined]
        assert reader.verify() == head


def test_the_past_is_searched_as_it_was_known(registry: Registry) -> None:
    before = registry.position
    (new,) = registry.record(TopicDiscussed(meeting="d/som/1", topic="water"))
    registry.search("water")
    registry.retract(new.id, reason="no")
    assert registry.search("water") == ()
    with registry.at(position=new.position) as past, registry.at(position=before) as earlier:
        assert [found.subject for found in past.search("water")] == ["d/som/1"]
        assert earlier.search("water") == ()


def test_search_within_a_transaction_sees_it_and_is_undone_with_it(registry: Registry) -> None:
    with pytest.raises(ZeroDivisionError), registry.transaction():
        registry.record(TopicDiscussed(meeting="d/som/1", topic="water"))
        assert len(registry.search("water")) == 1
        raise ZeroDivisionError
    assert registry.search("water") == ()
    registry.verify()


def test_the_index_follows_though_others_record_in_between(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    with Registry.open(path) as one, Registry.open(path) as other:
        one.record(*BASE)
        assert len(one.search("togo")) == 1
        other.record(TopicDiscussed(meeting="d/som/1", topic="water"))
        assert len(one.search("water")) == len(other.search("water")) == 1
        assert stored(one) == stored(other)
        assert SQLiteLog(one._session.connection).head() == SQLiteLog(other._session.connection).head()


def test_every_text_of_a_fact_that_is_searched_is_found_but_ids_and_codes() -> None:
    left_out = {*SUBJECTS, ANY_SUBJECT, "person", "seat", "period", "standing", "language"}
    (table,) = search_projection(STANDARD_KINDS).parts
    for cls, row in table.feed.items():
        kind = STANDARD_KINDS.find(cls)
        assert kind is not None
        texts = [name for name, shape in kind.shapes.items() if shape.cls is str and not shape.many]
        fact = SimpleNamespace(**{name: f"<{name}>" if name in texts else None for name in kind.shapes})
        found = row(fact)
        assert found is not None
        assert set(str(found[2]).split(" · ")) == {f"<{name}>" for name in texts if name not in left_out}, cls
