"""Filling in the sentences of the demo. Plain Python."""

import random
from collections.abc import Mapping

from config.demo import words

Blanks = Mapping[str, str]
CHANNELS = ("e-mail", "phone", "chat")


def blanks(dice: random.Random, name: str) -> dict[str, str]:
    """A word for every blank of a sentence about this traveller, whose likings stay the same."""
    place, other = dice.sample(words.PLACES, 2)
    second = dice.choice([one for one in words.NAMES if one != name])
    return {
        "name": name, "second": second, "place": place, "other": other,
        "n": str(dice.randrange(2, 15)), "day": str(dice.randrange(1, 29)),
        "clock": f"{dice.randrange(6, 21)}:{dice.choice(('00', '15', '30', '45'))}",
        "ticket": f"T-{dice.randrange(1000, 9999)}", "coach": str(dice.randrange(11, 60)),
        "price": str(dice.randrange(180, 900, 10)), "seats": str(dice.randrange(28, 60, 2)),
    } | {blank: dice.choice(among) for blank, among in AMONG.items()} | likings(name)  # fmt: skip


def likings(name: str) -> dict[str, str]:
    own = random.Random(name)  # noqa: S311  a play, not a secret
    channel, other_channel = own.sample(CHANNELS, 2)
    early = f"{own.randrange(7, 12)}:{own.choice(('00', '15', '30', '45'))}"
    told = {"seat": own.choice(words.SEATS), "food": own.choice(words.FOOD), "early": early}
    return told | {"channel": channel, "other_channel": other_channel}


AMONG = {
    "hotel": words.HOTELS, "sight": words.SIGHTS, "month": words.MONTHS,
    "product": words.PRODUCTS, "problem": words.PROBLEMS, "cause": words.CAUSES, "fix": words.FIXES,
    "check": words.CHECKS, "driver": words.DRIVERS, "delay": words.DELAYS, "part": words.PARTS,
}  # fmt: skip
OTHERS = {
    "seat": words.SEATS, "food": words.FOOD, "channel": CHANNELS, "early": ("6:15", "12:30"),
}  # fmt: skip


def contrary(filled: Blanks, blank: str) -> dict[str, str]:
    """The same blanks with another word in this one."""
    other = next(word for word in OTHERS[blank] if word != filled[blank])
    swapped = {"other_channel": filled["channel"]} if blank == "channel" else {}
    return {**filled, **swapped, blank: other}


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
