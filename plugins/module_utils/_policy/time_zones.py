# Copyright (c) 2026, Safe Harbor contributors
# GNU General Public License v3.0 or later (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This file is PRIVATE to the collection: it may change without notice.
"""Windows time zone ids, which backup policies want, and the IANA names that stand for them.

The pairs are those of Unicode's CLDR (https://unicode.org/reports/tr35/tr35-dates.html#Windows_Zones).
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

# A Windows id, and below it IANA names as Area/Place,Place; without an area they stand behind a plain slash.
_TABLE = """\
Afghanistan Standard Time
  Asia/Kabul
Alaskan Standard Time
  America/Anchorage,Juneau,Metlakatla,Nome,Sitka,Yakutat US/Alaska
Alberta Standard Time
  America/Edmonton,Inuvik,Yellowknife Canada/Mountain
Aleutian Standard Time
  America/Adak,Atka US/Aleutian
Altai Standard Time
  Asia/Barnaul
Arab Standard Time
  Asia/Aden,Bahrain,Kuwait,Qatar,Riyadh
Arabian Standard Time
  Asia/Dubai,Muscat Etc/GMT-4
Arabic Standard Time
  Asia/Baghdad
Argentina Standard Time
  America/Argentina/Buenos_Aires,Argentina/Catamarca,Argentina/ComodRivadavia,Argentina/Cordoba,Argentina/Jujuy
  America/Argentina/La_Rioja,Argentina/Mendoza,Argentina/Rio_Gallegos,Argentina/Salta,Argentina/San_Juan
  America/Argentina/San_Luis,Argentina/Tucuman,Argentina/Ushuaia,Buenos_Aires,Catamarca,Cordoba,Jujuy,Mendoza
  America/Rosario
Astrakhan Standard Time
  Europe/Astrakhan,Ulyanovsk
Atlantic Standard Time
  America/Glace_Bay,Goose_Bay,Halifax,Moncton,Thule Atlantic/Bermuda Canada/Atlantic
AUS Central Standard Time
  Australia/Darwin,North
Aus Central W. Standard Time
  Australia/Eucla
AUS Eastern Standard Time
  Australia/ACT,Canberra,Melbourne,NSW,Sydney,Victoria
Azerbaijan Standard Time
  Asia/Baku
Azores Standard Time
  America/Scoresbysund Atlantic/Azores
Bahia Standard Time
  America/Bahia
Bangladesh Standard Time
  Asia/Dacca,Dhaka,Thimbu,Thimphu
Belarus Standard Time
  Europe/Minsk
Bougainville Standard Time
  Pacific/Bougainville
British Columbia Standard Time
  America/Vancouver Canada/Pacific
Canada Central Standard Time
  America/Regina,Swift_Current Canada/Saskatchewan
Cape Verde Standard Time
  Atlantic/Cape_Verde Etc/GMT+1
Caucasus Standard Time
  Asia/Yerevan
Cen. Australia Standard Time
  Australia/Adelaide,Broken_Hill,South,Yancowinna
Central America Standard Time
  America/Belize,Costa_Rica,El_Salvador,Guatemala,Managua,Tegucigalpa Etc/GMT+6 Pacific/Galapagos
Central Asia Standard Time
  Antarctica/Vostok Asia/Bishkek,Kashgar,Urumqi Etc/GMT-6 Indian/Chagos
Central Brazilian Standard Time
  America/Campo_Grande,Cuiaba
Central Europe Standard Time
  Europe/Belgrade,Bratislava,Budapest,Ljubljana,Podgorica,Prague,Tirane
Central European Standard Time
  /Poland Europe/Sarajevo,Skopje,Warsaw,Zagreb
Central Pacific Standard Time
  Antarctica/Casey Etc/GMT-11 Pacific/Efate,Guadalcanal,Kosrae,Noumea,Pohnpei,Ponape
Central Standard Time
  /CST6CDT America/Chicago,Indiana/Knox,Indiana/Tell_City,Knox_IN,Matamoros,Menominee,North_Dakota/Beulah
  America/North_Dakota/Center,North_Dakota/New_Salem,Ojinaga,Rankin_Inlet,Resolute US/Central,Indiana-Starke
Central Standard Time (Mexico)
  America/Bahia_Banderas,Chihuahua,Merida,Mexico_City,Monterrey Mexico/General
Chatham Islands Standard Time
  /NZ-CHAT Pacific/Chatham
China Standard Time
  /Hongkong,PRC Asia/Chongqing,Chungking,Harbin,Hong_Kong,Macao,Macau,Shanghai
Cuba Standard Time
  /Cuba America/Havana
Dateline Standard Time
  Etc/GMT+12
E. Africa Standard Time
  Africa/Addis_Ababa,Asmara,Asmera,Dar_es_Salaam,Djibouti,Kampala,Mogadishu,Nairobi Antarctica/Syowa Etc/GMT-3
  Indian/Antananarivo,Comoro,Mayotte
E. Australia Standard Time
  Australia/Brisbane,Lindeman,Queensland
E. Europe Standard Time
  Europe/Chisinau,Tiraspol
E. South America Standard Time
  America/Sao_Paulo Brazil/East
Easter Island Standard Time
  Chile/EasterIsland Pacific/Easter
Eastern Standard Time
  /EST5EDT America/Detroit,Indiana/Petersburg,Indiana/Vincennes,Indiana/Winamac,Iqaluit,Kentucky/Louisville
  America/Kentucky/Monticello,Louisville,Montreal,Nassau,New_York,Nipigon,Pangnirtung,Thunder_Bay,Toronto
  Canada/Eastern US/Eastern,Michigan
Eastern Standard Time (Mexico)
  America/Cancun
Egypt Standard Time
  /Egypt Africa/Cairo
Ekaterinburg Standard Time
  Asia/Yekaterinburg
Fiji Standard Time
  Pacific/Fiji
FLE Standard Time
  Europe/Helsinki,Kiev,Kyiv,Mariehamn,Riga,Sofia,Tallinn,Uzhgorod,Vilnius,Zaporozhye
Georgian Standard Time
  Asia/Tbilisi
GMT Standard Time
  /Eire,GB,GB-Eire,Portugal,WET Atlantic/Canary,Faeroe,Faroe,Madeira
  Europe/Belfast,Dublin,Guernsey,Isle_of_Man,Jersey,Lisbon,London
Greenland Standard Time
  America/Godthab,Nuuk
Greenwich Standard Time
  /Iceland
  Africa/Abidjan,Accra,Bamako,Banjul,Bissau,Conakry,Dakar,Freetown,Lome,Monrovia,Nouakchott,Ouagadougou,Timbuktu
  America/Danmarkshavn Atlantic/Reykjavik,St_Helena
GTB Standard Time
  /EET Asia/Famagusta,Nicosia Europe/Athens,Bucharest,Nicosia
Haiti Standard Time
  America/Port-au-Prince
Hawaiian Standard Time
  /HST Etc/GMT+10 Pacific/Honolulu,Johnston,Rarotonga,Tahiti US/Hawaii
India Standard Time
  Asia/Calcutta,Kolkata
Iran Standard Time
  /Iran Asia/Tehran
Israel Standard Time
  /Israel Asia/Jerusalem,Tel_Aviv
Jordan Standard Time
  Asia/Amman
Kaliningrad Standard Time
  Europe/Kaliningrad
Kamchatka Standard Time
Korea Standard Time
  /ROK Asia/Seoul
Libya Standard Time
  /Libya Africa/Tripoli
Line Islands Standard Time
  Etc/GMT-14 Pacific/Kiritimati
Lord Howe Standard Time
  Australia/LHI,Lord_Howe
Magadan Standard Time
  Asia/Magadan
Magallanes Standard Time
  America/Coyhaique,Punta_Arenas
Manitoba Standard Time
  America/Rainy_River,Winnipeg Canada/Central
Marquesas Standard Time
  Pacific/Marquesas
Mauritius Standard Time
  Indian/Mahe,Mauritius,Reunion
Mid-Atlantic Standard Time
Middle East Standard Time
  Asia/Beirut
Montevideo Standard Time
  America/Montevideo
Morocco Standard Time
  Africa/Casablanca,El_Aaiun
Mountain Standard Time
  /MST7MDT,Navajo America/Boise,Cambridge_Bay,Ciudad_Juarez,Denver,Shiprock US/Mountain
Mountain Standard Time (Mexico)
  America/Mazatlan Mexico/BajaSur
Myanmar Standard Time
  Asia/Rangoon,Yangon Indian/Cocos
N. Central Asia Standard Time
  Asia/Novosibirsk
Namibia Standard Time
  Africa/Windhoek
Nepal Standard Time
  Asia/Kathmandu,Katmandu
New Zealand Standard Time
  /NZ Antarctica/McMurdo,South_Pole Pacific/Auckland
Newfoundland Standard Time
  America/St_Johns Canada/Newfoundland
Norfolk Standard Time
  Pacific/Norfolk
North Asia East Standard Time
  Asia/Irkutsk
North Asia Standard Time
  Asia/Krasnoyarsk,Novokuznetsk
North Korea Standard Time
  Asia/Pyongyang
Omsk Standard Time
  Asia/Omsk
Pacific SA Standard Time
  America/Santiago Chile/Continental
Pacific Standard Time
  /PST8PDT America/Los_Angeles US/Pacific
Pacific Standard Time (Mexico)
  America/Ensenada,Santa_Isabel,Tijuana Mexico/BajaNorte
Pakistan Standard Time
  Asia/Karachi
Paraguay Standard Time
  America/Asuncion
Qyzylorda Standard Time
  Asia/Qyzylorda
Romance Standard Time
  /CET,MET Africa/Ceuta Europe/Brussels,Copenhagen,Madrid,Paris
Russia Time Zone 10
  Asia/Srednekolymsk
Russia Time Zone 11
  Asia/Anadyr,Kamchatka
Russia Time Zone 3
  Europe/Samara
Russian Standard Time
  /W-SU Europe/Kirov,Moscow,Simferopol
SA Eastern Standard Time
  America/Belem,Cayenne,Fortaleza,Maceio,Paramaribo,Recife,Santarem Antarctica/Palmer,Rothera Atlantic/Stanley
  Etc/GMT+3
SA Pacific Standard Time
  /EST,Jamaica
  America/Atikokan,Bogota,Cayman,Coral_Harbour,Eirunepe,Guayaquil,Jamaica,Lima,Panama,Porto_Acre,Rio_Branco
  Brazil/Acre Etc/GMT+5
SA Western Standard Time
  America/Anguilla,Antigua,Aruba,Barbados,Blanc-Sablon,Boa_Vista,Curacao,Dominica,Grenada,Guadeloupe,Guyana
  America/Kralendijk,La_Paz,Lower_Princes,Manaus,Marigot,Martinique,Montserrat,Port_of_Spain,Porto_Velho
  America/Puerto_Rico,Santo_Domingo,St_Barthelemy,St_Kitts,St_Lucia,St_Thomas,St_Vincent,Tortola,Virgin Brazil/West
  Etc/GMT+4
Saint Pierre Standard Time
  America/Miquelon
Sakhalin Standard Time
  Asia/Sakhalin
Samoa Standard Time
  Pacific/Apia
Sao Tome Standard Time
  Africa/Sao_Tome
Saratov Standard Time
  Europe/Saratov
SE Asia Standard Time
  Antarctica/Davis Asia/Bangkok,Ho_Chi_Minh,Jakarta,Phnom_Penh,Pontianak,Saigon,Vientiane Etc/GMT-7 Indian/Christmas
Singapore Standard Time
  /Singapore Asia/Brunei,Kuala_Lumpur,Kuching,Makassar,Manila,Singapore,Ujung_Pandang Etc/GMT-8
South Africa Standard Time
  Africa/Blantyre,Bujumbura,Gaborone,Harare,Johannesburg,Kigali,Lubumbashi,Lusaka,Maputo,Maseru,Mbabane Etc/GMT-2
South Sudan Standard Time
  Africa/Juba
Sri Lanka Standard Time
  Asia/Colombo
Sudan Standard Time
  Africa/Khartoum
Syria Standard Time
  Asia/Damascus
Taipei Standard Time
  /ROC Asia/Taipei
Tasmania Standard Time
  Antarctica/Macquarie Australia/Currie,Hobart,Tasmania
Tocantins Standard Time
  America/Araguaina
Tokyo Standard Time
  /Japan Asia/Dili,Jayapura,Tokyo Etc/GMT-9 Pacific/Palau
Tomsk Standard Time
  Asia/Tomsk
Tonga Standard Time
  Pacific/Tongatapu
Transbaikal Standard Time
  Asia/Chita
Turkey Standard Time
  /Turkey Asia/Istanbul Europe/Istanbul
Turks And Caicos Standard Time
  America/Grand_Turk
Ulaanbaatar Standard Time
  Asia/Choibalsan,Ulaanbaatar,Ulan_Bator
US Eastern Standard Time
  America/Fort_Wayne,Indiana/Indianapolis,Indiana/Marengo,Indiana/Vevay,Indianapolis US/East-Indiana
US Mountain Standard Time
  /MST America/Creston,Dawson_Creek,Fort_Nelson,Hermosillo,Phoenix Etc/GMT+7 US/Arizona
UTC
  /GMT,GMT+0,GMT-0,GMT0,Greenwich,UCT,UTC,Universal,Zulu Etc/GMT,GMT+0,GMT-0,GMT0,Greenwich,UCT,UTC,Universal,Zulu
UTC+12
  /Kwajalein Etc/GMT-12 Pacific/Funafuti,Kwajalein,Majuro,Nauru,Tarawa,Wake,Wallis
UTC+13
  Etc/GMT-13 Pacific/Enderbury,Fakaofo,Kanton
UTC-02
  America/Noronha Atlantic/South_Georgia Brazil/DeNoronha Etc/GMT+2
UTC-08
  Etc/GMT+8 Pacific/Pitcairn
UTC-09
  Etc/GMT+9 Pacific/Gambier
UTC-11
  Etc/GMT+11 Pacific/Midway,Niue,Pago_Pago,Samoa US/Samoa
Venezuela Standard Time
  America/Caracas
Vladivostok Standard Time
  Asia/Ust-Nera,Vladivostok
Volgograd Standard Time
  Europe/Volgograd
W. Australia Standard Time
  Australia/Perth,West
W. Central Africa Standard Time
  Africa/Algiers,Bangui,Brazzaville,Douala,Kinshasa,Lagos,Libreville,Luanda,Malabo,Ndjamena,Niamey,Porto-Novo
  Africa/Tunis Etc/GMT-1
W. Europe Standard Time
  Arctic/Longyearbyen Atlantic/Jan_Mayen
  Europe/Amsterdam,Andorra,Berlin,Busingen,Gibraltar,Luxembourg,Malta,Monaco,Oslo,Rome,San_Marino,Stockholm,Vaduz
  Europe/Vatican,Vienna,Zurich
W. Mongolia Standard Time
  Asia/Hovd
West Asia Standard Time
  Antarctica/Mawson Asia/Almaty,Aqtau,Aqtobe,Ashgabat,Ashkhabad,Atyrau,Dushanbe,Oral,Qostanay,Samarkand,Tashkent
  Etc/GMT-5 Indian/Kerguelen,Maldives
West Bank Standard Time
  Asia/Gaza,Hebron
West Pacific Standard Time
  Antarctica/DumontDUrville Etc/GMT-10 Pacific/Chuuk,Guam,Port_Moresby,Saipan,Truk,Yap
Yakutsk Standard Time
  Asia/Khandyga,Yakutsk
Yukon Standard Time
  America/Dawson,Whitehorse Canada/Yukon
"""


@cache
def windows_ids() -> dict[str, str]:
    """Every Windows id by its lower-case form."""
    return {line.lower(): line for line in _TABLE.splitlines() if not line.startswith(" ")}


@cache
def _iana_names() -> dict[str, tuple[str, str]]:
    """IANA name and Windows id by the lower-case IANA name."""
    names: dict[str, tuple[str, str]] = {}
    windows = ""
    for line in _TABLE.splitlines():
        if not line.startswith(" "):
            windows = line
            continue
        for group in line.split():
            area, _slash, places = group.partition("/")
            for place in places.split(","):
                name = f"{area}/{place}" if area else place
                names[name.lower()] = (name, windows)
    return names


def resolve(name: str) -> str | None:
    """The Windows id for a Windows id or an IANA name in any letter case, None when it is neither."""
    known = name.strip().lower()
    return windows_ids().get(known) or _iana_names().get(known, ("", None))[1]


def near(name: str) -> list[str]:
    """Up to three names that may have been meant: Windows ids and IANA names that look alike or hold all the words."""
    known = name.strip().lower()
    spelled = {**{key: pair[0] for key, pair in _iana_names().items()}, **windows_ids()}
    words = known.replace("_", " ").replace("/", " ").split()
    alike = get_close_matches(known, spelled, n=2, cutoff=0.7)
    holding = sorted(
        (key for key in spelled if words and all(word in key for word in words)),
        key=lambda key: (key not in windows_ids(), len(key)),
    )
    return [spelled[key] for key in dict.fromkeys([*holding, *alike])][:3]
