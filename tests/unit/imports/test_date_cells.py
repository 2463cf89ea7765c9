"""A cell becomes the date that people read in it, or a refusal that says what to write; never another date."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue_registry import InvalidDateError, InvalidValueError, PartialDate
from dialogue_registry.imports.date_cells import DateRules, day_of_moment, find_zone, read_date
from dialogue_registry.imports.date_formats import date_format
from dialogue_registry.imports.date_languages import lexicon

babel_dates = pytest.importorskip("babel.dates")


def rules(*languages: str, formats: tuple[str, ...] = (), **options) -> DateRules:
    return DateRules(languages=languages, formats=tuple(date_format(f, languages) for f in formats), **options)


WRITTEN = [  # as communiqués and lists write them, in thirty-five languages
    ("en", "16 June 2021", "2021-06-16"),
    ("en", "June 16, 2021", "2021-06-16"),
    ("en", "Wednesday, 16 June 2021", "2021-06-16"),
    ("en", "16-17 June 2021", "2021-06-16/2021-06-17"),
    ("en", "June 16–17, 2021", "2021-06-16/2021-06-17"),
    ("en", "16 to 17 June 2021", "2021-06-16/2021-06-17"),
    ("en", "16 and 17 June 2021", "2021-06-16/2021-06-17"),
    ("en", "16/17 June 2021", "2021-06-16/2021-06-17"),
    ("en", "Wed–Thu, 16–17 June 2021", "2021-06-16/2021-06-17"),
    ("en", "30 April - 2 May 2019", "2019-04-30/2019-05-02"),
    ("en", "April 30-May 2, 2019", "2019-04-30/2019-05-02"),
    ("en", "30 December 2019 – 2 January 2020", "2019-12-30/2020-01-02"),
    ("en", "14th May 2019", "2019-05-14"),
    ("en", "the 1st of May, 2019", "2019-05-01"),
    ("en", "Sept. 2019", "2019-09"),
    ("en", "14-May-2019", "2019-05-14"),
    ("en", "14/May/2019", "2019-05-14"),
    ("en", "MAY 2019", "2019-05"),
    ("en", "May 14, 15, and 16, 2019", "2019-05-14/2019-05-16"),
    ("en", "14MAY2019", "2019-05-14"),
    ("en", "May 14 ’19", None),
    ("de", "3. März 2020", "2020-03-03"),
    ("de", "3. Maerz 2020", "2020-03-03"),
    ("de", "im Juli 2012", "2012-07"),
    ("de", "vom 14. bis 16. Mai 2019", "2019-05-14/2019-05-16"),
    ("de", "14./15. Mai 2019", "2019-05-14/2019-05-15"),
    ("de", "30. April – 1. Mai 2004", "2004-04-30/2004-05-01"),
    ("de", "1. Jänner 2019", "2019-01-01"),
    ("de", "Di., 14. Mai 2019", "2019-05-14"),
    ("de", "Frühjahr 2016", None),
    ("fr", "1er février 2019", "2019-02-01"),
    ("fr", "1er fevrier 2019", "2019-02-01"),
    ("fr", "30 avril – 1er mai 2004", "2004-04-30/2004-05-01"),
    ("fr", "du 14 au 16 août 2019", "2019-08-14/2019-08-16"),
    ("fr", "les 14 et 15 août 2019", "2019-08-14/2019-08-15"),
    ("fr", "mardi 14 mai 2019", "2019-05-14"),
    ("fr", "juil. 2019", "2019-07"),
    ("fr", "jui 2019", None),
    ("es", "14 de mayo de 2019", "2019-05-14"),
    ("es", "del 14 al 16 de mayo de 2019", "2019-05-14/2019-05-16"),
    ("es", "30 de abril al 2 de mayo de 2019", "2019-04-30/2019-05-02"),
    ("es", "1º de mayo de 2019", "2019-05-01"),
    ("pt", "14 e 15 de março de 2019", "2019-03-14/2019-03-15"),
    ("it", "dal 14 al 16 maggio 2019", "2019-05-14/2019-05-16"),
    ("it", "1° maggio 2019", "2019-05-01"),
    ("nl", "14 tot 16 mei 2019", "2019-05-14/2019-05-16"),
    ("ru", "16 июня 2021 г.", "2021-06-16"),
    ("ru", "16–17 июня 2021 года", "2021-06-16/2021-06-17"),
    ("ru", "с 30 апреля по 2 мая 2019 г.", "2019-04-30/2019-05-02"),
    ("ru", "16 и 17 июня 2021", "2021-06-16/2021-06-17"),
    ("ru", "Июнь 2021", "2021-06"),
    ("ru", "в июне 2021 года", "2021-06"),
    ("uk", "16 червня 2021 р.", "2021-06-16"),
    ("pl", "16 czerwca 2021 r.", "2021-06-16"),
    ("cs", "16. června 2021", "2021-06-16"),
    ("cs", "červen 2021", "2021-06"),
    ("cs", "červenec 2021", "2021-07"),
    ("pl", "14 i 15 maja 2019", "2019-05-14/2019-05-15"),
    ("pl", "14-16.V.2019", "2019-05-14/2019-05-16"),
    ("pl", "14 XII 2019", "2019-12-14"),
    ("pl", "14 XIII 2019", None),
    ("pl", "II 2019", None),
    ("hu", "2021. június 16–17.", "2021-06-16/2021-06-17"),
    ("tr", "16-17 Haziran 2021", "2021-06-16/2021-06-17"),
    ("tr", "KASIM 2020", "2020-11"),
    ("kk", "2021 жылғы 16 маусым", "2021-06-16"),
    ("kk", "2021 жылғы 16–17 маусым", "2021-06-16/2021-06-17"),
    ("kk", "2021 жылдың 16 маусымында", "2021-06-16"),
    ("kk", "2021 жылдың маусым айы", "2021-06"),
    ("ky", "2021-жылдын 16-июну", "2021-06-16"),
    ("ky", "2021-жылдын 16-17-майы", "2021-05-16/2021-05-17"),
    ("ky", "2021-жылдын 3-сентябрында", "2021-09-03"),
    ("ky", "16-июнь 2021-ж.", "2021-06-16"),
    ("uz", "2021-yil 16-iyun", "2021-06-16"),
    ("uz", "2021-yil 16–17-iyun", "2021-06-16/2021-06-17"),
    ("uz", "16 июнь 2021 йил", "2021-06-16"),
    ("uz", "2021-yil 16-iyun kuni", "2021-06-16"),
    ("uz", "2021 йил 16 июнь куни", "2021-06-16"),
    ("uz", "2021-yilning 16-mayida", "2021-05-16"),
    ("tg", "16-уми июни соли 2021", "2021-06-16"),
    ("tk", "2021-nji ýylyň 16-njy iýuny", "2021-06-16"),
    ("tk", "2021-nji ýylyň 16–17-nji maýynda", "2021-05-16/2021-05-17"),
    ("mn", "2021 оны 6-р сарын 16-ны өдөр", "2021-06-16"),
    ("mn", "2021 оны 06 дугаар сарын 16", "2021-06-16"),
    ("mn", "2021 оны зургаадугаар сард", "2021-06"),
    ("az", "2021-ci il iyunun 16-da", "2021-06-16"),
    ("es", "setiembre de 2021", "2021-09"),
    ("es", "1.º de set. de 2021", "2021-09-01"),
    ("zh-Hant", "中華民國110年6月16日", "2021-06-16"),
    ("zh-Hant", "民國0年6月16日", None),
    ("tg", "16 июни соли 2021", "2021-06-16"),
    ("az", "16 iyun 2021-ci il", "2021-06-16"),
    ("ja", "2021年6月16日", "2021-06-16"),
    ("ja", "２０２１年６月１６日（水）", "2021-06-16"),
    ("ja", "2021年8月13日(金)～8月15日(日)", "2021-08-13/2021-08-15"),
    ("ja", "2021年6月16日から17日まで", "2021-06-16/2021-06-17"),
    ("ja", "二〇二一年六月十六日", "2021-06-16"),
    ("ja", "令和3年6月16日", "2021-06-16"),
    ("ja", "令和元年5月", "2019-05"),
    ("ja", "平成40年5月", None),
    ("ja", "2021年度", None),
    ("ja", "2021年6月上旬", None),
    ("zh", "2021年6月16日至17日", "2021-06-16/2021-06-17"),
    ("zh", "2021年6月16日星期三", "2021-06-16"),
    ("ko", "2021년 6월 16일(수)~17일(목)", "2021-06-16/2021-06-17"),
    ("ko", "2021. 6. 16.", "2021-06-16"),
    ("vi", "ngày 16 tháng 6 năm 2021", "2021-06-16"),
    ("vi", "ngày 16 tháng 12 năm 2021", "2021-12-16"),
    ("ar", "١٦ يونيو ٢٠٢١", "2021-06-16"),
    ("ar", "16 حزيران 2021", "2021-06-16"),
    ("ar", "16 كانون الأول 2021", "2021-12-16"),
    ("fi", "16.–17. kesäkuuta 2021", "2021-06-16/2021-06-17"),
    ("fi", "kesäkuussa 2021", "2021-06"),
    ("el", "14-16 Μαΐου 2019", "2019-05-14/2019-05-16"),
    ("he", "16 ביוני 2021", "2021-06-16"),
    ("fa", "۱۶ ژوئن ۲۰۲۱", "2021-06-16"),
    ("fa", "۲۶ خرداد ۱۴۰۰", None),
    ("sr", "16. јуна 2021. године", "2021-06-16"),
    ("sr", "16. juna 2021.", "2021-06-16"),
    ("sl", "16. junija 2021", "2021-06-16"),
    ("hr", "od 14. do 16. svibnja 2019.", "2019-05-14/2019-05-16"),
    ("lt", "2021 m. birželio 16–17 d.", "2021-06-16/2021-06-17"),
    ("lv", "2021. gada 16. jūnijā", "2021-06-16"),
    ("et", "16. juuni 2021", "2021-06-16"),
    ("ka", "2021 წლის 16 ივნისი", "2021-06-16"),
    ("ja", "2021年6月16日（水）・17日（木）", "2021-06-16/2021-06-17"),
    ("ja", "昭和64年1月7日", "1989-01-07"),
    ("ru", "1-ое июня 2021", "2021-06-01"),
    ("th", "16 มิถุนายน 2564", None),
]


@pytest.mark.parametrize(("language", "cell", "day"), WRITTEN)
def test_a_date_is_read_as_its_language_writes_it(language: str, cell: str, day: str | None) -> None:
    if day is None:
        with pytest.raises(InvalidDateError):
            read_date(cell, rules(language))
    else:
        assert read_date(cell, rules(language)) == PartialDate.of(day)


IN_FIGURES = [
    ("2021-06-16", "", "2021-06-16"),
    ("2021-6-16", "", "2021-06-16"),
    ("2021/06/16", "", "2021-06-16"),
    ("2021.6.16", "", "2021-06-16"),
    ("20210616", "", "2021-06-16"),
    ("16.06.2021", "", "2021-06-16"),
    ("6/16/2021", "", "2021-06-16"),
    ("05.06.2021", "", None),
    ("05.06.2021", "day first", "2021-06-05"),
    ("05/06/2021", "month first", "2021-05-06"),
    ("06/16/2021", "day first", None),
    ("06.06.2021", "", "2021-06-06"),
    ("16. 6. 2021", "", "2021-06-16"),
    ("06/2021", "", "2021-06"),
    ("2021/06", "", "2021-06"),
    ("14.-15.05.2019", "", "2019-05-14/2019-05-15"),
    ("30.04.–02.05.2019", "day first", "2019-04-30/2019-05-02"),
    ("14/05-16/05/2019", "day first", "2019-05-14/2019-05-16"),
    ("05/14-05/16/2019", "month first", "2019-05-14/2019-05-16"),
    ("05/14-16/2019", "", "2019-05-14/2019-05-16"),
    ("05/06-07/2019", "", None),
    ("05/06-07/2019", "month first", "2019-05-06/2019-05-07"),
    ("05/06-07/2019", "day first", None),
    ("16.06.2021 - 18.06.2021", "", "2021-06-16/2021-06-18"),
    ("2021-06-16 to 2021-06-17", "", "2021-06-16/2021-06-17"),
    ("2021-06-16/17", "", "2021-06-16/2021-06-17"),
    ("2021.06.16~06.17", "", "2021-06-16/2021-06-17"),
    ("04.-06.05.2019", "", None),
    ("04.-06.05.2019", "day first", "2019-05-04/2019-05-06"),
    ("[2007-12-14..2011-11-30]", "", "[2007-12-14..2011-11-30]"),
    ("[2004-05..2004-06]", "", "[2004-05-01..2004-06-30]"),
    ("[2004..2006]", "", "[2004-01-01..2006-12-31]"),
    ("2004-05-XX", "", "2004-05"),
    ("200X", "", "[2000-01-01..2009-12-31]"),
    ("2009/10", "", None),
    ("2019/20", "", None),
]


@pytest.mark.parametrize(("cell", "order", "day"), IN_FIGURES)
def test_figures_are_read_in_the_one_way_that_fits(cell: str, order: str, day: str | None) -> None:
    if day is None:
        with pytest.raises(InvalidDateError):
            read_date(cell, rules(order=order))
    else:
        assert str(read_date(cell, rules(order=order))) == day


REFUSED = [
    ("43599", "looks like the number that a spreadsheet keeps for 14 May 2019"),
    ("43599.5", "looks like the number that a spreadsheet keeps for 14 May 2019"),
    ("1678318200", "looks like seconds since 1970, 2023-03-08 23:30 in UTC"),
    ("210616", "is a number and no date"),
    ("TBC", 'missing = ["", "TBC"]'),
    ("14 May 2019 and 16 May 2019", "names two days, 2019-05-14 and 2019-05-16, and not a span"),
    ("14, 16 and 18 May 2019", "names 3 days"),
    ("early 2004", "is a part of a year or a month"),
    ("spring 2005", "[2004-01-01..2004-06-30]"),
    ("Q2 2019", "is a part of a year or a month"),
    ("ca. 2004", "is a part of a year or a month"),
    ("2004-21", "is a season"),
    ("2004?", "is uncertain"),
    ("2004-05~", "is uncertain"),
    ("16 June 2021 (tbc)", "is uncertain"),
    ("2004-05/..", "is open at one end"),
    ("[..2004]", "is open at one end"),
    ("May–June 2019", "is a span of months"),
    ("2004-05/2004-06", "is a span of months"),
    ("2004–2005", "is a span of months or years"),
    ("2019-02-30", "names a day that does not exist"),
    ("31 February 1996", "'31 February 1996' has the day 1996-02-31, which does not exist"),
    ("30.02.2019", "which does not exist"),
    ("16 May 2019 - 14 May 2019", "before it begins"),
    ("30 December - 2 January 2020", "the year at both ends"),
    ("Monday 16 June 2021", "a Wednesday"),
    ("05/06/2021", "2021-06-05 with the day first or 2021-05-06 with the month first"),
    ("16 June", '[dates] year = "{Year}"'),
    ("16.06.21", "[dates] century = 1950"),
    ("16 Jun 21", "[dates] century = 1950"),
    ("16 Juli 2021", 'languages = ["de"]'),
    ("16 juillet 2021", '"fr"'),
    ("16 июля 2021", 'languages = ["ru"]'),
    ("2021-06-16 09:30", 'times = "drop"'),
    ("16 June 2021, 9.30 a.m.", 'times = "drop"'),
    ("09:30", "is a time of day, and no day"),
    ("2021-06-16T23:30:00Z", "zone of the place"),
    ("16 June 2021, 23:30 UTC", "zone of the place"),
    ("next week", "'next', which is no month, day or year"),
]


@pytest.mark.parametrize(("cell", "words"), REFUSED)
def test_a_refusal_says_what_the_cell_seems_to_be_and_what_to_write(cell: str, words: str) -> None:
    with pytest.raises(InvalidDateError) as caught:
        read_date(cell, rules())
    assert words in str(caught.value)
    assert "[dates] formats" not in str(caught.value)


def test_a_cell_of_unknown_form_points_to_formats_unless_there_are_some() -> None:
    with pytest.raises(InvalidDateError, match=r"say in the mapping, \[dates\] formats"):
        read_date("16;06;2021", rules())
    with pytest.raises(InvalidDateError, match=r"none of \[dates\] formats fits \('%d %B %Y'\)"):
        read_date("16;06;2021", rules(formats=("%d %B %Y",)))


# --- what a mapping says -------------------------------------------------------------


def test_two_digit_years_lie_in_the_hundred_years_that_are_said() -> None:
    these = rules(century=1950, order="day first")
    for cell, day in [
        ("16.06.21", "2021-06-16"), ("16.06.50", "1950-06-16"), ("16.06.49", "2049-06-16"), ("16-Jun-99", "1999-06-16"),
        ("16 June '21", "2021-06-16"),
    ]:  # fmt: skip
        assert str(read_date(cell, these)) == day
    with pytest.raises(InvalidDateError):
        read_date("05-06-07", rules(century=1950))
    with pytest.raises(InvalidDateError, match="century"):
        read_date("16.06.21", rules(formats=("%d.%m.%y",)))
    assert str(read_date("16.06.21", rules(formats=("%d.%m.%y",), century=1950))) == "2021-06-16"


def test_a_month_with_a_number_is_a_day_or_a_year_and_not_both() -> None:
    assert str(read_date("Jun-16", rules(), year=2020)) == "2020-06-16"
    with pytest.raises(InvalidDateError, match="2020-06-16 or 2016-06"):
        read_date("Jun-16", rules(century=1950), year=2020)


def test_the_year_of_days_without_one_is_said() -> None:
    assert str(read_date("8月13日(木)～8月15日(土)", rules("ja"), year=2020)) == "2020-08-13/2020-08-15"
    assert str(read_date("16-17 June", rules(), year=2021)) == "2021-06-16/2021-06-17"
    assert str(read_date("16.06.", rules(), year=2021)) == "2021-06-16"
    assert str(read_date("16 June 2019", rules(), year=2021)) == "2019-06-16"
    with pytest.raises(InvalidDateError, match="with the day first"):
        read_date("05/06", rules(), year=2021)


def test_formats_are_read_as_they_say_and_two_that_fit_otherwise_are_refused() -> None:
    assert str(read_date("2021年06月16日", rules(formats=("%Y年%m月%d日",)))) == "2021-06-16"
    assert str(read_date("05/06/2021 – 07/06/2021", rules(formats=("%d/%m/%Y",)))) == "2021-06-05/2021-06-07"
    assert str(read_date("16.06.2021 14:30", rules(formats=("%d.%m.%Y %H:%M",)))) == "2021-06-16"
    assert str(read_date("2021-167", rules(formats=("%Y-%j",)))) == "2021-06-16"
    assert str(read_date("16-17 Mai 2018", rules("de", formats=("%d. %B %Y",)))) == "2018-05-16/2018-05-17"
    assert str(read_date("14-16/05/2019", rules(formats=("%d/%m/%Y",)))) == "2019-05-14/2019-05-16"
    with pytest.raises(InvalidDateError, match=r"by '%d/%m/%Y' or 2021-05-06 by '%m/%d/%Y'"):
        read_date("05/06/2021", rules(formats=("%d/%m/%Y", "%m/%d/%Y")))
    assert str(read_date("01112003", rules(formats=("%d%m%Y",)))) == "2003-11-01"
    for cell, text in (("11 2003", "%d %m %Y"), ("1112003", "%d%m%Y")):  # 1 January, or a day of no month
        with pytest.raises(InvalidDateError):
            read_date(cell, rules(formats=(text,)))
    for text in ("%d %B", "%Y %Q", "%Y-%m-%m"):
        with pytest.raises(InvalidValueError):
            date_format(text, ())


def test_times_of_day_are_dropped_where_the_mapping_says_so_and_midnight_always() -> None:
    for cell in (
        "2021-06-16 09:30", "16 June 2021, 9.30 a.m.", "16 June 2021 at 10:00", "16 June 2021 (10:00–12:00 JST)",
        "16.06.2021 14 Uhr", "2021年6月16日 午後3時", "16 June 2021 14h30", "16 June 2021 at 9.30",
        "16 June 2021 09:00 - 16 June 2021 17:00",
    ):  # fmt: skip
        assert str(read_date(cell, rules(drop_times=True))) == "2021-06-16"
        with pytest.raises(InvalidDateError, match="time of day"):
            read_date(cell, rules())
    assert str(read_date("2021-06-16 00:00:00", rules())) == "2021-06-16"
    assert day_of_moment(datetime.fromisoformat("2021-06-16"), rules(), None) == date(2021, 6, 16)
    assert day_of_moment(datetime.fromisoformat("2021-06-16T09:00"), rules(drop_times=True), None) == date(2021, 6, 16)
    with pytest.raises(InvalidDateError, match="time of day"):
        day_of_moment(datetime.fromisoformat("2021-06-16T09:00"), rules(), None)


@pytest.mark.parametrize(
    ("cell", "in_tokyo", "without"),
    [
        ("2023-03-08T23:30:00Z", "2023-03-09", None),
        ("2023-03-08T23:30:00+00:00", "2023-03-09", None),
        ("2023-03-08 23:30 UTC", "2023-03-09", None),
        ("2023-03-09T08:30:00+09:00", "2023-03-09", "2023-03-09"),
        ("2023-03-09T00:00:00Z", "2023-03-09", "2023-03-09"),
        ("2023-03-09", "2023-03-09", "2023-03-09"),
        ("2022-12-31T22:00:00Z", "2023-01-01", None),
        ("2023-03-08T23:30:00.123456789+0000", "2023-03-09", None),
    ],
)
@pytest.mark.parametrize("formats", [(), ("%Y-%m-%dT%H:%M:%S%z",)])
def test_the_day_of_an_instant_is_that_of_the_place(cell: str, in_tokyo: str, without: str | None, formats) -> None:
    these = rules(formats=formats)
    assert str(read_date(cell, these, zone=find_zone("Asia/Tokyo"))) == in_tokyo
    if without is None:
        with pytest.raises(InvalidDateError, match="zone of the place"):
            read_date(cell, these)
    else:
        assert str(read_date(cell, these)) == without


@pytest.mark.parametrize(
    ("cell", "in_tokyo", "in_new_york"),
    [
        ("8 March 2023, 11.30 p.m. UTC", "2023-03-09", "2023-03-08"),
        ("8 March 2023 3 pm UTC", "2023-03-09", "2023-03-08"),
        ("8 March 2023 12:30 am UTC", "2023-03-08", "2023-03-07"),
        ("2023年3月8日 午後3時半 UTC", "2023-03-09", "2023-03-08"),
        ("Wed, 08 Mar 2023 23:30:00 +0000", "2023-03-09", "2023-03-08"),
        ("Wed, 08 Mar 2023 23:30:00 -0500", "2023-03-09", "2023-03-08"),
        ("8 March 2023 23:30 UTC+0", "2023-03-09", "2023-03-08"),
        ("8 March 2023 03:30 GMT+9", "2023-03-08", "2023-03-07"),
        ("2023-03-08T23:30:00+00:00[UTC]", "2023-03-09", "2023-03-08"),
        ("2023-03-08T23:30:00Z/2023-03-10T08:00:00Z", "2023-03-09/2023-03-10", "2023-03-08/2023-03-10"),
        ("2023-03-08T23:30Z - 2023-03-09T08:00Z", "2023-03-09", "2023-03-08/2023-03-09"),
    ],
)
def test_an_instant_is_one_however_it_is_written(cell: str, in_tokyo: str, in_new_york: str) -> None:
    for these in (rules("ja"), rules("ja", drop_times=True)):
        assert str(read_date(cell, these, zone=find_zone("Asia/Tokyo"))) == in_tokyo
        assert str(read_date(cell, these, zone=find_zone("America/New_York"))) == in_new_york


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("2023-03-08T23:30:00Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("2023-03-08 23:30:00 UTC", "%Y-%m-%d %H:%M:%S %Z"),
        ("08.03.2023 23:30 GMT", "%d.%m.%Y %H:%M GMT"),
        ("2023067T233000Z", "%Y%jT%H%M%SZ"),
    ],
)
def test_a_format_that_says_utc_in_letters_reads_an_instant(cell: str, written: str) -> None:
    these = rules(formats=(written,))
    assert str(read_date(cell, these, zone=find_zone("Asia/Tokyo"))) == "2023-03-09"
    with pytest.raises(InvalidDateError, match="zone of the place"):
        read_date(cell, these)


@pytest.mark.parametrize("cell", ["8 March 2023 08:00-1030", "8 March 2023 14:00 -1600", "8 March 2023 10:00 +2300"])
def test_a_range_of_hours_is_no_offset(cell: str) -> None:
    tokyo = find_zone("Asia/Tokyo")
    with pytest.raises(InvalidDateError, match="time of day"):
        read_date(cell, rules(), zone=tokyo)
    assert str(read_date(cell, rules(drop_times=True), zone=tokyo)) == "2023-03-08"


def test_an_instant_on_a_span_of_days_is_on_no_day_that_anybody_knows() -> None:
    with pytest.raises(InvalidDateError, match="time of day"):
        read_date("8-9 March 2023, 23:30 UTC", rules(), zone=find_zone("Asia/Tokyo"))


def test_a_zone_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(InvalidValueError, match="'Asia/Tokio' is no time zone"):
        find_zone("Asia/Tokio")


# --- languages -----------------------------------------------------------------------


def test_a_month_of_one_language_never_becomes_another_month() -> None:
    assert str(read_date("listopad 2019", rules("cs"))) == "2019-11"
    assert str(read_date("listopad 2019", rules("hr"))) == "2019-10"
    with pytest.raises(InvalidDateError, match="two in the languages"):
        read_date("listopad 2019", rules("cs", "hr"))


def test_a_language_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(InvalidValueError, match="'xx' is no language"):
        lexicon(("xx",))


LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "ru", "uk", "pl", "cs", "kk", "ky", "uz", "tg", "tr", "ja", "zh")
DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 31))


@given(st.sampled_from(LANGUAGES), DAYS, st.sampled_from(["full", "long", "medium", "short", "d MMM y", "MMMM y"]))
def test_what_the_cldr_writes_is_read_back_or_refused(language: str, day: date, form: str) -> None:
    cell = babel_dates.format_date(day, form, locale=language)
    wanted = day.isoformat()[:7] if form == "MMMM y" else day.isoformat()
    try:
        read = read_date(cell, rules(language))
    except InvalidDateError:
        assert form in ("medium", "short")  # in figures, of which two readings may fit
        return
    assert str(read) == wanted


@given(st.sampled_from(LANGUAGES), DAYS, st.integers(1, 400), st.sampled_from(["yMMMd", "yMMMMd"]))
def test_spans_that_the_cldr_writes_are_read_back_or_refused(language: str, day: date, days: int, form: str) -> None:
    last = day + timedelta(days=days)
    cell = babel_dates.format_interval(day, last, form, locale=language)
    try:
        read = read_date(cell, rules(language))
    except InvalidDateError:
        assert language == "cs"  # whose spans are in figures, of which two readings may fit
        return
    assert str(read) == f"{day}/{last}"


@given(st.text("0123456789-/. ~–[]?XT:+Z日月年", max_size=24))
def test_whatever_the_cell_it_is_a_date_or_refused(cell: str) -> None:
    for these in (rules(), rules(order="day first", century=1950, drop_times=True)):
        try:
            read = read_date(cell, these, year=2020)
        except InvalidDateError:
            continue
        assert PartialDate.of(str(read)) == read


@given(DAYS, st.sampled_from(["day first", "month first"]))
def test_day_and_month_are_never_swapped(day: date, order: str) -> None:
    cell = f"{day.day}/{day.month}/{day.year}" if order == "day first" else f"{day.month}/{day.day}/{day.year}"
    assert read_date(cell, rules(order=order)).earliest == day
    try:
        assert read_date(cell, rules()).earliest == day
    except InvalidDateError:
        assert day.day <= 12
        assert day.day != day.month
