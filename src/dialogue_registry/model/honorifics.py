"""Titles, honorifics and post-nominals in the languages of lists of participants.

A word stands here without its last dot, which it may have. With ``.`` behind it, it is a
title only with the dot: "Gen." is a general, Gen is a given name. ``AMBIGUOUS`` holds words
that are titles of some people and names of others: nothing is derived beside them.

Sources: Wikipedia, "Style (form of address)", "English honorifics" and "List of post-nominal
letters (United Kingdom)"; the code system "Name Prefix" of HL7 New Zealand
(build.fhir.org/ig/HL7NZ/hpi). Words of other languages are the usual ones of their lists,
written down without a source.
"""

import re
import unicodedata

_TITLES = {
    "en": """
        Mr; Mrs; Ms; Miss; Mx; Messrs; Sir; Dame; Madam; Mister; Lord; Lady; Mdm; Dr; Drs; Doctor; Prof; Professor;
        Associate Professor; Assistant Professor; Assoc Prof; Asst Prof; Emeritus Professor; Ambassador; Amb;
        Ambassador-designate; Ambassador-at-Large; High Commissioner; Minister; Minister Counsellor; Prime Minister;
        Foreign Minister; Deputy Minister; Vice Minister; Deputy Prime Minister; Deputy Foreign Minister; Vice
        Foreign Minister; Minister of State; Premier; President; Vice President; Vice-President; Chairman;
        Chairwoman; Chairperson; Speaker; Secretary; Secretary General; Secretary-General; Under-Secretary; Under
        Secretary; Assistant Secretary; State Secretary; Permanent Secretary; Foreign Secretary; Director; Director
        General; Director-General; Deputy Director General; Counsellor; Councillor; Cllr; Counselor; Attaché; Consul
        General; Permanent Representative; Special Envoy; Special Representative; Envoy; Delegate; Commissioner;
        Governor; Gov.; Mayor; Senator; Sen.; Congressman; Congresswoman; Representative; Rep.; Honourable;
        Honorable; Hon.; Rt Hon; Rt. Hon; Rt Honourable; Rt Hon Sir; Right Hon; Right Honourable; Right Honorable;
        The Hon; The Honourable; The Honorable; The Rt Hon; The Right Honourable; Most Hon; Excellency; His
        Excellency; Her Excellency; Your Excellency; Their Excellencies; Highness; Royal Highness; His Highness; Her
        Highness; His Royal Highness; Her Royal Highness; HRH; HIH; HSH; HH; HM; His Majesty; Her Majesty; Majesty;
        His Holiness; His Eminence; Eminence; His Grace; Her Grace; His Serene Highness; Baroness; Viscount;
        Viscountess; Countess; Duchess; Princess; Marquess; Marquis; Crown Prince; Crown Princess; Rev.; Revd;
        Reverend; Right Reverend; Rt Rev; Most Reverend; Monsignor; Msgr; Rabbi; Archbishop; Archdeacon; Nuncio;
        Apostolic Nuncio; Father; Captain; Capt; Cpt; Commander; Cmdr; Cdr; Colonel; Col; Lt; Lieut; Lieutenant; Lt
        Col; Lt Gen; Lt Cdr; Maj.; Maj Gen; Major General; Brig; Brig Gen; Brigadier; Brigadier General; General;
        Gen.; Lieutenant General; Lieutenant Colonel; Admiral; Adm; Vice Admiral; Rear Admiral; V Adm; R Adm;
        Commodore; Cdre; Air Marshal; Air Chief Marshal; Air Vice Marshal; Air Commodore; Field Marshal; Group
        Captain; Wing Commander; Squadron Leader; Sergeant; Sgt; Engineer; Engr; Eng.; Advocate; Adv.; Atty.;
        Attorney; Academician; Chief; Comrade; Chargé d'Affaires; Charge d'Affaires
    """,
    "de": """
        Herr; Herrn; Frau; Fräulein; Hr; Botschafter; Botschafterin; Ministerin; Bundesminister; Bundesministerin;
        Bundeskanzler; Bundeskanzlerin; Staatssekretär; Staatssekretärin; Staatsminister; Staatsministerin;
        Exzellenz; Seine Exzellenz; Ihre Exzellenz; Präsident; Präsidentin; Bundespräsident; Generalsekretär;
        Generalsekretärin; Doktor; Dr h c; Dr h c mult; Dr med; Dr jur; Dr iur; Dr phil; Dr rer nat; Dr rer pol; Dr
        Ing; Dr-Ing; Prof Dr; Priv-Doz; PD Dr; Dipl Ing; Dipl-Ing; Mag.; Magister; Oberst; Konsul; Generalkonsul;
        Gesandter; Gesandte
    """,
    "fr": """
        Monsieur; Madame; Mademoiselle; Messieurs; Mesdames; Mme; Mmes; Mlle; Maître; Docteur; Professeur; Pr;
        Ambassadeur; Ambassadrice; Ministre; Premier ministre; Première ministre; Président; Présidente; Sénateur;
        Sénatrice; Député; Députée; Général; Amiral; Capitaine; Secrétaire; Secrétaire général; Secrétaire générale;
        Directeur; Directrice; Excellence; Son Excellence; Sa Majesté; Son Altesse; Son Altesse Royale; Chargé;
        Chargée; Représentant permanent; Consul général; Monseigneur; Mgr
    """,
    "es": """
        Sr; Sra; Srta; Sres; Señor; Señora; Señorita; Doña; Dña; Dra; Lic; Licenciado; Licenciada; Ing.; Ingeniero;
        Ingeniera; Arq.; Embajador; Embajadora; Ministro; Ministra; Canciller; Presidente; Presidenta; Senador;
        Senadora; Diputado; Diputada; Excmo; Excma; Excmo Sr; Excma Sra; Ilmo; Ilma; Excelentísimo; Excelentísima;
        Excelentísimo Señor; Excelentísima Señora; Excelencia; Su Excelencia; Su Majestad; Su Alteza; Profesor;
        Profesora; Coronel; Almirante; Viceministro; Viceministra; Secretario; Secretaria
    """,
    "pt": """
        Senhor; Senhora; Doutor; Doutora; Embaixador; Embaixadora; Exmo; Exma; Exmo Sr; Exma Sra; Excelência; Sua
        Excelência; Chanceler; Deputado; Deputada
    """,
    "it": """
        Sig; Sigg; Sig ra; Sig.ra; Sigra; Signor; Signore; Signora; Signorina; Dott; Dott ssa; Dott.ssa; Dottore;
        Dottoressa; Prof ssa; Prof.ssa; Professoressa; Avv; Avvocato; On.; Onorevole; Ambasciatore; Ambasciatrice;
        Cav.; Eccellenza; Sua Eccellenza; Sottosegretario
    """,
    "nl": "Dhr; De heer; Mevr; Mevrouw; Mw; Meneer; Ir; Ambassadeur; Zijne Excellentie; Hare Excellentie",
    "nordic": "Fru; Herra; Rouva; Statsminister; Statsråd; Suurlähettiläs; Ambassadør; Ambassadör",
    "pl cs sk": """
        Pani; Paní; Inż; Mgr inż; Dr hab; Prof dr hab; JUDr; PhDr; MUDr; RNDr; MVDr; PaedDr; Bc; Doc.; Minister;
        Ambasador; Velvyslanec; Velvyslankyně
    """,
    "ru uk kk": """
        Г-н; Г-жа; Господин; Госпожа; Д-р; Доктор; Проф; Профессор; Посол; Чрезвычайный и Полномочный Посол;
        Министр; Замминистра; Премьер-министр; Президент; Вице-президент; Генерал; Полковник; Адмирал; Акад;
        Академик; Товарищ; Тов; Его Превосходительство; Её Превосходительство; Ее Превосходительство; Сенатор;
        Депутат; Советник; Пані; П-н; П-ні; Міністр; Мырза; Ханым
    """,
    "el bg sr ro hu": """
        Κύριος; Κυρία; Κος; Κα; Δρ; Καθ; Καθηγητής; Πρέσβης; Υπουργός; Г-ца; Господинът; Господа; Gospodin; Gospođa;
        Domnul; Doamna; Dl; Dna; Domnul Ambasador; Úr; Asszony
    """,
    "tr": "Sayın; Sn.; Büyükelçi; Bakan; Av.",
    "ar fa he": """
        السيد; السيدة; الآنسة; السادة; الدكتور; الدكتورة; د.; أ.د; الأستاذ; الأستاذة; المهندس; المهندسة;
        السفير; السفيرة; الوزير; الوزيرة; معالي; معالي السيد; معالي السيدة; معالي الدكتور; سعادة; سعادة
        السيد; سعادة السفير; سعادة السيدة; فخامة; فخامة الرئيس; دولة; سمو; سمو الشيخ; سمو الأمير; صاحب
        السمو; صاحب السمو الملكي; صاحب السعادة; صاحب المعالي; الشيخ; الأمير; اللواء; العميد; العقيد; الفريق;
        آقای; خانم; جناب; دکتر; مר; גב; גברת; פרופ; שגריר
    """,
    "hi ur bn ms id th": """
        Shri; Shrimati; Smt; Janab; Dato; Dato'; Dato Sri; Dato' Sri; Dato Seri; Dato' Seri; Datuk; Datuk
        Seri; Datuk Sri; Datin; Datin Paduka; Datin Seri; Tan Sri; Puan Sri; Puan; Encik; Cik; Pehin; Bapak;
        Ibu; Bpk; Khun; Dasho; Lyonpo; श्री; श्रीमती; डॉ; डॉ.
    """,
    "sw am": "Mheshimiwa; Mhe.; Bwana; Balozi; Ato; Woizero; Alhaji; Alhaj",
}

_LETTERS = "H.E; S.E; I.E; S.E.M; S.E.Mme; H.R.H; H.I.H; H.S.H; H.H; H.M; S.M; S.A.R; S.A.S; S.A; Е.П; أ.د"
"""Titles that are nothing but letters, which may be the initials of a name instead."""

_AMBIGUOUS = """
    Hon; Gen; Pan; Ing; Don; Dom; Dona; Bay; Bayan; Sri; Daw; U; Ko; Ma; Major; Judge; Justice; King; Queen;
    Prince; Duke; Earl; Count; Baron; Marshal; Dean; Bishop; Pope; Cardinal; Deacon; Abbot; Canon; Imam; Sheikh;
    Sheikha; Shaikh; Shaikha; Sheik; Shaykh; Cheikh; Sultan; Emir; Amir; Shah; Khan; Mir; Sayyid; Sayed; Syed; Seyed;
    Haji; Hajji; Hadji; Hajah; Begum; Raja; Rani; Maharaja; Nawab; Tengku; Tunku; Tun; Ustad; Mullah; Maulana;
    Master; Bey;
    Pasha; Effendi; Hanım; Graf; Gräfin; Freiherr; Freifrau; Fürst; Prinz; Prinzessin; Ritter; Consul; Rector;
    Chancellor; Brother; Sister; Mother; Elder; Pastor; Prior; Regent; Dr.h.c; Acting; Deputy; Former; Vice;
    Assistant; Associate; Emeritus; Right; Most; The; His; Her; Son; Su; Sua; Seine; Ihre; Пан; Князь; Хан;
    Шейх; Султан; М-р; Fr; Br; Me; Bi
"""

_POST_NOMINALS = """
    MP; MEP; MSP; MLA; MHA; MNA; MdB; MdL; MdEP; TD; MS; AM; KC; QC; SC; JP; PC; Esq; Esquire; PhD; Ph.D; DPhil;
    D.Phil; EdD; DSc; D.Sc; ScD; LLM; LL.M; LLB; LL.B; LLD; LL.D; JD; J.D; MD; M.D; DDS; DVM; MBA; M.B.A; MPA;
    MPP; MPhil; M.Phil; MSc; M.Sc; BSc; B.Sc; MA; M.A; BA; B.A; MEng; BEng; PEng; P.Eng; CEng; CPA; CFA; FCA;
    CSc; DrSc; OBE; CBE; MBE; KBE; DBE; GBE; BEM; CMG; KCMG; DCMG; GCMG; CB; KCB; DCB; GCB; CVO; KCVO; DCVO;
    GCVO; LVO; MVO; CH; OM; KG; KT; LG; LT; VC; GC; DSO; DSC; MC; DFC; AC; AO; OAM; AK; ONZ; CNZM; ONZM; MNZM;
    KNZM; DNZM; GNZM; OC; CC; CM; OJ; GCStJ; KStJ; DStJ; CStJ; OStJ; FRS; FBA; FRSE; FRSC; FRCP; FRCS; RN; RAF;
    USN; USAF; USMC; USA; RAN; RNZN; SJ; S.J; OP; O.P; OSB; Jr; Jnr; Junior; Snr; Sr; Senior; ret; retd; rtd;
    Retired; aD; a.D; i.R; h.c; e.h; Bt; Bart; père; fils; д.н; к.н; ст; мл; 氏; 先生; 女士; 小姐; 閣下; 阁下; 殿; 様;
    大使; 博士; 教授; 大臣; 部長; 部长; 씨; 님; 대사; 장관; 박사
"""
_MAY_BE_FAMILY_NAMES = "MA; BA; AM; AO; OM; CH; CB; AC; AK; SC; MS; KT; CC; CM; OC; LT; OJ; OP; TD; MC; LG; SJ; 殿"

ROMAN = frozenset(
    [
        "II",
        "III",
        "IV",
        "VI",
        "VII",
        "VIII",
        "IX",
        "XI",
        "XII",
        "XIII",
        "XIV",
        "XV",
        "XVI",
        "XVII",
        "XVIII",
        "XIX",
        "XX",
    ]
)
"""Roman numerals of more than one letter, which are nobody's family name."""


_TOKEN = re.compile(r"\([^()]*\)|[^\s.,()]+\.*|[^\s]")


def tokens(text: str) -> list[re.Match[str]]:
    """Return the words of a text; each ends with its dots, and what stands in brackets is one."""
    return list(_TOKEN.finditer(text))


def word_key(word: str) -> str:
    """Return the text under which a word stands in the tables: no case, no dots, no brackets, ' for ’."""
    return unicodedata.normalize("NFC", word).strip("()[],;.-").replace(".", "").replace("’", "'").casefold()


def _entries(table: str) -> list[str]:
    return [" ".join(entry.split()) for entry in table.split(";") if entry.strip()]


def _key(entry: str) -> str:
    return " ".join(word_key(word[0]) for word in tokens(entry))


def _bare(entry: str) -> str:
    return entry.strip("()[],; ").replace(".", "")


_ALL = [entry for table in _TITLES.values() for entry in _entries(table)]

TITLES = frozenset(_key(entry) for entry in _ALL if not entry.endswith("."))
"""Titles, by their key."""
DOTTED_TITLES = frozenset(_key(entry) for entry in _ALL if entry.endswith("."))
"""Titles that are none without their dot."""
LETTER_TITLES = frozenset(_key(entry) for entry in _entries(_LETTERS))
"""Titles of single letters."""
AMBIGUOUS = frozenset(_key(entry) for entry in _entries(_AMBIGUOUS))
"""Words that are titles of some people, and names of others."""
LONGEST = max(len(key.split()) for key in TITLES | LETTER_TITLES)
"""The words of the longest title."""
CONTINUED = frozenset({"h c", "h c mult", "e h", "a i", "extraordinary and plenipotentiary", "designate"})
"""Words that go on with the title before them."""
EXCELLENCIES_OF_MONSIEUR = frozenset({"s e", "son excellence", "sa majesté", "excellence"})
"""French titles behind which "M." is Monsieur."""

_POST = frozenset(_bare(entry) for entry in _entries(_POST_NOMINALS))
_POST_IN_CAPITALS = frozenset(entry.upper() for entry in _POST)
_POST_IN_ANY_CASE = frozenset(entry.lower() for entry in _POST if not entry[1:].isupper() and entry[1:].islower())
_DOUBTFUL = frozenset(_entries(_MAY_BE_FAMILY_NAMES))


def is_post_nominal(word: str) -> bool:
    """Return whether a word may stand behind a name without being part of it: PhD, MP, Jr., (ret.), III."""
    bare = _bare(word)
    return bare in _POST | ROMAN or bare in _POST_IN_CAPITALS or bare.lower() in _POST_IN_ANY_CASE


def is_doubtful(word: str) -> bool:
    """Return whether a post-nominal is a family name too, unless a comma or a bracket sets it off."""
    return word.replace(".", "") in _DOUBTFUL
