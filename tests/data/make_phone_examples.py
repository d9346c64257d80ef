"""Writes phone_examples.csv: the example numbers of every country, as an oracle for src/values/phone.rs.

    python -m venv oracle && oracle/bin/pip install phonenumbers && oracle/bin/python make_phone_examples.py

The phonenumbers package is a port of Google's libphonenumber, other code than the crate that Tradecounter uses. A number
is written down only when phonenumbers, reading each of its forms in that country, finds the number it started from.
"""

import csv
import importlib.metadata
import pathlib

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

FORMATS = (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)
TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
}


def examples():
    """Every country's example of every type, and those of the codes that belong to no country ("001")."""
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        for wanted in TYPES:
            number = phonenumbers.example_number_for_type(country, wanted)
            if number is not None:
                yield country, number
    for calling_code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        number = phonenumbers.example_number_for_non_geo_entity(calling_code)
        if number is not None:
            yield "001", number


def read_again(typed, country):
    try:
        return phonenumbers.parse(typed, None if country == "001" else country)
    except NumberParseException:
        return None


def rows():
    for country, number in examples():
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for form in FORMATS:
            if country == "001" and form == PhoneNumberFormat.NATIONAL:
                continue
            typed = phonenumbers.format_number(number, form)
            again = read_again(typed, country)
            if again is None or phonenumbers.format_number(again, PhoneNumberFormat.E164) != e164:
                print(f"left out, not read back by phonenumbers: {country} {typed} {e164}")
                continue
            yield country, typed, e164, TYPES.get(phonenumbers.number_type(again), "unknown")


def main():
    version = importlib.metadata.version("phonenumbers")
    target = pathlib.Path(__file__).with_name("phone_examples.csv")
    with target.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# phonenumbers {version} of PyPI, Apache-2.0, derived from Google's libphonenumber metadata.\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("country", "typed", "e164", "type"))
        # A country whose landlines and mobiles share their numbers gives the same example twice.
        written = list(dict.fromkeys(rows()))
        writer.writerows(written)
    print(f"{len(written)} rows in {target.name}")


if __name__ == "__main__":
    main()
