"""The words of the demo: a travel agency with four desks, each a namespace with a service and agents of its own."""

from dataclasses import dataclass

TENANT = "Lumen Travel"
NAMES = (
    "Amara", "Bruno", "Chiara", "Dario", "Elif", "Farid", "Greta", "Hanna", "Ivo", "Jonas", "Keiko", "Leila",
    "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Selma", "Tomas", "Ulla", "Vera", "Wanda", "Yusuf",
)  # fmt: skip
PLACES = (
    "Lisbon", "Porto", "Seville", "Bologna", "Trieste", "Ljubljana", "Graz", "Krakow", "Gdansk", "Riga", "Tallinn",
    "Bergen", "Aarhus", "Ghent", "Lyon", "Bilbao", "Zadar", "Athens", "Izmir", "Valletta",
)  # fmt: skip
HOTELS = ("Hotel Aurora", "the Lighthouse Inn", "Casa Verde", "the Old Mill", "Pension Linde", "the Harbour House")
SEATS = ("aisle", "window")
FOOD = ("vegetarian", "vegan", "gluten-free", "kosher", "halal")
SIGHTS = ("the old harbour", "the opera", "the botanical garden", "the cathedral", "the night market", "the sea wall")
PRODUCTS = ("booking app", "itinerary page", "rail pass", "loyalty card", "travel wallet", "check-in form")
PROBLEMS = (
    "shows an empty page", "asks for the password twice", "loses the second passenger", "charges twice",
    "rejects the voucher", "shows the wrong time zone", "does not send the confirmation",
)  # fmt: skip
CAUSES = ("the last update", "a change of phone", "the payment failed once", "a name was corrected", "a refund")
FIXES = (
    "signing out and in again helped", "the cache had to be cleared", "the second charge was paid back",
    "the voucher was issued anew", "the time zone was set by hand", "the confirmation was sent again",
)  # fmt: skip
CHECKS = ("the traveller's name", "the last four digits of the card", "the date of departure", "the e-mail address")
DRIVERS = ("the school holidays", "the wine fair", "cheap flights", "the marathon", "the film festival", "the weather")
DELAYS = ("a road works detour", "fog", "a late ferry", "a flat tyre", "a long queue at the border", "a missing guide")
PARTS = ("a new windscreen", "brake pads", "a spare mirror", "two winter tyres", "a fresh inspection sticker")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
MODELS = ("concierge-small", "desk-router", "price-forecast", "route-planner")


@dataclass(frozen=True)
class Sentence:
    """A kind of memory and how it is said. `again` says the same in other words; `against` names the blank whose
    other word makes it say the contrary, and `ask` is a question that it answers."""

    kind: str
    text: str
    tags: tuple[str, ...]
    topic: str = ""
    again: str = ""
    against: str = ""
    ask: str = ""
    importance: float | None = None


@dataclass(frozen=True)
class Desk:
    """`share` of all that happens is its; of what is asked there `misses` is not found."""

    name: str
    service: str
    agents: tuple[str, ...]
    share: float
    misses: float
    sentences: tuple[Sentence, ...]
    asks: tuple[str, ...]


BOOKINGS = Desk(
    "bookings", "booking-api", ("concierge", "planner"), 0.42, 0.06,
    (
        Sentence("preference", "{name} prefers {seat} seats on flights over {n} hours.", ("seat", "flight"), "seating",
                 ask="Which seat does {name} like?",
                 again="On flights of more than {n} hours {name} likes {seat} seats best.", against="seat"),
        Sentence("preference", "{name} always asks for {food} meals, also on trains.", ("food",), "meals",
                 ask="What does {name} eat on the way?",
                 again="{name} wants {food} meals on every journey, trains too.", against="food"),
        Sentence("fact", "{name} booked {hotel} in {place} for {n} nights from {month} {day}.", ("stay",), "stays",
                 ask="Where does {name} stay in {place}?",
                 again="From {month} {day} {name} has {n} nights at {hotel} in {place}."),
        Sentence("constraint", "{name} never departs before {early} in the morning.", ("time",), "departures",
                 ask="How early may {name} depart?",
                 again="No departures before {early} in the morning for {name}.", against="early", importance=0.9),
        Sentence("goal", "{name} wants to see {sight} in {place} before {month} is over.", ("wish",), "wishes",
                 ask="What does {name} want to see in {place}?"),
        Sentence("event", "{name} missed the connection in {place} on {month} {day} and took the train to {other}.",
                 ("delay",), "journeys"),
        Sentence("habit", "{name} books about {n} weeks ahead and pays by instalments.", ("payment",), "payment"),
        Sentence("message", "Can you move my stay in {place} to {month} {day}?", ("change",), "changes"),
        Sentence("message", "Please add a second traveller to the trip to {place} on {month} {day}.", ("change",)),
        Sentence("message", "Is {hotel} in {place} free for {n} nights in {month}?", ("question",)),
        Sentence("fact", "{name} travels to {place} with a colleague called {second}.", ("people",), "company",
                 ask="Who travels to {place} with {name}?"),
    ),
    ("Which seat does {name} like?", "What does {name} eat on the way?", "Where does {name} stay in {place}?",
     "How early may {name} depart?", "What did {name} want to see in {place}?", "Who travels with {name}?"),
)  # fmt: skip
SUPPORT = Desk(
    "support", "help-desk", ("desk-agent", "triage"), 0.31, 0.11,
    (
        Sentence("event", "{name} reported that the {product} {problem} since {cause}.", ("ticket",), "tickets",
                 again="Since {cause} the {product} {problem}, {name} says."),
        Sentence("procedure", "When the {product} {problem}, ask for {check} first; then {fix}.", ("how",), "fixes",
                 ask="What helps when the {product} {problem}?", importance=0.8),
        Sentence("fact", "Ticket {ticket} about the {product} was closed after {n} hours: {fix}.", ("ticket",),
                 "tickets", again="After {n} hours ticket {ticket} on the {product} was closed, as {fix}."),
        Sentence("message", "The {product} {problem} again, what shall I do?", ("question",)),
        Sentence("message", "Thank you, {fix} and the {product} works now.", ("thanks",)),
        Sentence("preference", "{name} wants answers by {channel}, not by {other_channel}.", ("contact",), "contact",
                 ask="How does {name} want to be answered?",
                 again="Write to {name} by {channel}; {other_channel} is not wanted.", against="channel"),
        Sentence("context", "{name} has called {n} times this month about the {product}.", ("ticket",), "tickets"),
    ),
    ("What helps when the {product} {problem}?", "Which tickets of {name} are about the {product}?",
     "How does {name} want to be answered?", "Why does the {product} fail after {cause}?"),
)  # fmt: skip
PRICING = Desk(
    "pricing", "price-watch", ("pricer",), 0.15, 0.19,
    (
        Sentence("fact", "The rate of {hotel} in {place} rose by {n} per cent for {month}.", ("rate",), "rates",
                 ask="How did the rate of {hotel} in {place} change?",
                 again="For {month} {hotel} in {place} costs {n} per cent more."),
        Sentence("hypothesis", "Demand for {place} in {month} may follow {driver}.", ("demand",), "demand",
                 ask="What may drive demand for {place} in {month}?"),
        Sentence("fact", "A competitor sells {n} nights in {place} from {price} euros in {month}.", ("market",),
                 "market"),
        Sentence("task", "Review the margin on {place} for {month}; {n} contracts are still open.", ("margin",),
                 "margins"),
        Sentence("event", "Flights to {place} were sold out {n} days early because of {driver}.", ("demand",),
                 "demand"),
    ),
    ("How did the rate of {hotel} in {place} change?", "What drives demand for {place} in {month}?",
     "What does the competition charge in {place}?"),
)  # fmt: skip
FLEET = Desk(
    "fleet", "coach-ops", ("dispatcher",), 0.12, 0.08,
    (
        Sentence("event", "The {clock} coach to {place} left {n} minutes late because of {delay}.", ("delay",),
                 "delays", ask="Why was the {clock} coach to {place} late?",
                 again="Because of {delay} the coach to {place} at {clock} was {n} minutes late."),
        Sentence("task", "Coach {coach} waits in {place} for {part}, expected on {month} {day}.", ("repair",),
                 "repairs", ask="What is coach {coach} waiting for?"),
        Sentence("constraint", "Drivers on the {place} route rest at least {n} hours between two shifts.", ("rest",),
                 "rules", importance=0.95),
        Sentence("fact", "Coach {coach} seats {seats} and has a lift for wheelchairs.", ("coach",), "coaches"),
        Sentence("procedure", "Before the pass to {place} the driver checks tyres, chains and {part}.", ("how",),
                 "rules"),
    ),
    ("Why was the coach to {place} late?", "What is coach {coach} waiting for?",
     "How long do drivers rest on the {place} route?"),
)  # fmt: skip
DESKS = (BOOKINGS, SUPPORT, PRICING, FLEET)
