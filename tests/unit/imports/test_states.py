"""A state's name means exactly one state, or none; the names are those of independent lists."""

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry.imports.states import _names, _rows, state, state_key, table_names
from dialogue_registry.imports.states import states as read_states

babel = pytest.importorskip("babel")
states = lru_cache(read_states)

USUAL = """
United Kingdom GBR | United States USA | Russia RUS | Turkey TUR | Türkiye TUR | South Korea KOR | North Korea PRK
Republic of Korea KOR | Democratic People's Republic of Korea PRK | DPR Korea PRK | ROK KOR | Korea, Rep. KOR
Vietnam VNM | Viet Nam VNM | Laos LAO | Lao PDR LAO | Lao Peoples Democratic Republic LAO | Brunei BRN
Brunei Darussalam BRN | Czech Republic CZE | Slovak Republic SVK | Cape Verde CPV | Cabo Verde CPV
Cote d'Ivoire CIV | Cote D’ivoire CIV | Cote d Ivoire CIV | Ivory Coast CIV | CÔTE D'IVOIRE CIV
São Tomé and Príncipe STP | Sao Tome & Principe STP | St. Lucia LCA | Saint Lucia LCA | St Kitts & Nevis KNA
St. Vincent and the Grenadines VCT | Iran IRN | Iran (Islamic Republic of) IRN | Iran, Islamic Rep. IRN
Bolivia (Plurinational State of) BOL | Venezuela, RB VEN | Micronesia (Federated States of) FSM | Moldova MDA
Tanzania TZA | Syria SYR | Egypt, Arab Rep. EGY | The Gambia GMB | Gambia, The GMB | Bahamas (the) BHS
Congo COG | Congo, Rep. COG | Republic of the Congo COG | DR Congo COD | Congo, Dem. Rep. COD | Congo-Kinshasa COD
Eswatini SWZ | Swaziland SWZ | North Macedonia MKD | Macedonia MKD | FYROM MKD | Myanmar MMR | Timor-Leste TLS
Palestine PSE | Taiwan TWN | Hong Kong HKG | Vatican VAT | Holy See VAT | the Kyrgyz Republic KGZ | Kyrgyzstan KGZ
Republic of Kazakhstan KAZ | Republic of Tajikistan TJK | Turkmenistan TKM | Republic of Uzbekistan UZB
Germany, Federal Republic of DEU | Great Britain GBR | Netherlands NLD | Kingdom of the Netherlands NLD
Bosnia & Herzegovina BIH | Bosnia and Herzegovina BIH | Antigua & Barbuda ATG | Trinidad & Tobago TTO
Guinea-Bissau GNB | Guinea GIN | Equatorial Guinea GNQ | Papua New Guinea PNG | Niger NER | Nigeria NGA
Dominica DMA | Dominican Republic DOM | Samoa WSM | American Samoa ASM | Sudan SDN | South Sudan SSD | Nauru NRU
Curacao CUW | Reunion REU | JP JPN | JPN JPN | NA NAM | UK GBR | U.K. GBR | USA USA | U.S.A. USA | US USA | UAE ARE
Czechoslovakia CSK | Yugoslavia YUG | Serbia and Montenegro SCG | USSR SUN | Soviet Union SUN
Union of Soviet Socialist Republics SUN | German Democratic Republic DDR | Upper Volta HVO | Zaire ZAR
Netherlands Antilles ANT | Libyan Arab Jamahiriya LBY
"""


@pytest.mark.parametrize("line", [line.strip() for line in USUAL.replace("\n", "|").split("|") if line.strip()])
def test_a_usual_name_means_its_state(line: str) -> None:
    name, code = line.rsplit(" ", 1)
    assert state(name, states()) == code


@pytest.mark.parametrize(
    "name",
    [
        "Korea", "Ruritania", "Guinea Bisau", "Republic of China", "Burma", "East Timor", "Virgin Islands", "jp", "us",
        "no", "it", "EU", "GER", "Northern Ireland", "England", "Bonaire", "", " ", "?", "Kazakstan", "Iran and Iraq",
        "Allemagne", "Россия", "OPEC", "World",
    ],
)  # fmt: skip
def test_a_name_that_means_two_or_none_or_is_only_similar_means_none(name: str) -> None:
    assert state(name, states()) is None


@pytest.mark.parametrize(
    ("language", "name", "code"),
    [
        ("fr", "Allemagne", "DEU"), ("fr", "l’Albanie", "ALB"), ("fr", "Les Pays-Bas", "NLD"), ("fr", "Perou", "PER"),
        ("fr", "Bosnie & Herzégovine", None), ("de", "die Schweiz", "CHE"), ("de", "Bosnien & Herzegowina", "BIH"),
        ("ru", "Россия", "RUS"), ("ru", "КАЗАХСТАН", "KAZ"), ("ja", "日本", "JPN"), ("kk", "Өзбекстан", "UZB"),
        ("fr", "Fédération de Russie", "RUS"), ("fr", "République tchèque", "CZE"), ("fr", "Kirghizistan", "KGZ"),
        ("de", "Großbritannien", "GBR"), ("de", "Weissrussland", "BLR"), ("de", "Republik Korea", "KOR"),
        ("ru", "Российская Федерация", "RUS"), ("ru", "США", "USA"), ("ru", "Кыргызская Республика", "KGZ"),
        ("ru", "Республика Корея", "KOR"), ("ru", "КНДР", "PRK"), ("ru", "Корея", None),
        ("ja", "大韓民国", "KOR"), ("ja", "朝鮮民主主義人民共和国", "PRK"), ("ja", "米国", "USA"),
        ("fr", "Российская Федерация", None), ("fr", "République de Chine", None), ("zh", "中华民国", None),
        ("es", "Corea del Sur", "KOR"), ("fr", "Côte d'Ivoire", "CIV"), ("fr", "Corée", None),
        ("fr", "République démocratique du Congo", "COD"), ("es", "Costa de Marfil", "CIV"), ("ja", "日本国", "JPN"),
    ],
)  # fmt: skip
def test_names_in_a_language_are_known_where_it_is_asked_for(language: str, name: str, code: str | None) -> None:
    assert state(name, states((language,))) == code


def test_every_name_means_its_state_but_the_two_that_mean_two() -> None:
    for languages in ((), ("de", "es", "fr", "ru", "ja", "ar", "zh", "kk", "uz")):
        known = states(languages)
        assert {name for name, code in _names(languages) if state(name, known) != code} == {"Burma", "East Timor"}
    assert len({code for _, code in _names(())}) >= 249 + 20


def test_the_names_of_other_languages_are_of_states_of_today_and_in_languages_of_the_cldr() -> None:
    iso3166 = pytest.importorskip("iso3166")
    rows = list(_rows("state_names.csv"))
    assert {row["code"] for row in rows} <= {country.alpha3 for country in iso3166.countries}
    assert {row["source"] for row in rows} == {"UN", "AA", "MOFA", "usage"}
    for row in rows:
        for name in row["names"].split("|"):
            assert state(name, states((row["language"],))) == row["code"], name


def test_the_table_names_states_of_iso_3166_or_of_its_third_part() -> None:
    iso3166 = pytest.importorskip("iso3166")
    codes = {code for _, code in table_names()}
    former = codes - {country.alpha3 for country in iso3166.countries} - {"NRU"}
    assert " ".join(sorted(former)) == (
        "AFI ANT ATB ATN BUR BYS CSK CTE DDR DHY FXX GEL HVO JTN MID NHB NTZ PCI PCZ RHO SCG SKM SUN TMP VDR WAK YMD "
        "YUG ZAR"
    )


@given(st.sampled_from(sorted({name for name, _ in _names(())})), st.data())
def test_another_letter_makes_another_name(name: str, data) -> None:
    """A name with one letter changed is unknown, or is the name of whatever state it now spells."""
    known = states()
    letters = [place for place, letter in enumerate(name) if letter.isalpha()]
    place = data.draw(st.sampled_from(letters))
    changed = name[:place] + data.draw(st.sampled_from("xqw")) + name[place + 1 :]
    if state_key(changed) not in known and changed.replace(".", "") not in known:
        assert state(changed, known) is None


@given(st.sampled_from(sorted({name for name, _ in table_names()})))
def test_case_blanks_and_accents_do_not_matter(name: str) -> None:
    known = states()
    if state_key(name) in known and len(name) > 5:
        assert state(f"  {name.upper()} ", known) == state(name, known) == state(name.replace(" ", "\u00a0 "), known)
