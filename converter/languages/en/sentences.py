"""American English: the default training text, and a check that sentences look like English.

General sentences are the examples quoted in WordNet's glosses (Debian package wordnet-base). Watch phrases are
generated in a watch's terse style, with times, numbers, units, names and alerts.
"""

import re
from pathlib import Path
from random import Random

from ticktalk.converter.errors import MissingToolError
from ticktalk.converter.languages.likeness import Likeness
from ticktalk.converter.languages.prompts import mixed

WORDNET = Path("/usr/share/wordnet")
TEXT_SOURCE = "examples of WordNet 3.0 (WordNet licence) and generated watch phrases"

unlike = Likeness(
    "English",
    letters="",
    # Common English words, except those that also occur in neighbouring languages, such as "is", "in" and "was".
    words="""about after and are at been but by call can could did for from had has have his how it it's left more my
    new not now off one or our out right shall she some take that the their them there they this time to today
    turn well were what when which who with would you your""",
    least_common=0.08,
    enough_words=40,
)

_NAMES = """Anna Ben Clara David Emma Felix Grace Henry Isabel Jack Karen Liam Maria Noah Olivia Peter Quinn Rachel Sam
Tara Victor Wendy Yusuf Zoe Alex Beth Carlos Diana Ethan Fiona George Hannah Ivan Julia Kevin Laura Marcus Nina Oscar
Paula Robert Sophie Thomas Vera William Mum Dad Grandma"""
NAMES = _NAMES.split()
PLACES = [
    "home", "work", "school", "the gym", "the office", "the station", "the airport", "the bakery", "the library",
    "the park", "the dentist", "the hospital", "Main Street", "the city centre", "the market", "the bank",
    "the pharmacy", "the stadium", "Berlin", "Paris", "London", "New York", "Chicago", "Tokyo", "Madrid", "Rome",
    "Oslo", "Seattle",
]  # fmt: skip
EVENTS = [
    "team meeting", "dentist appointment", "lunch with Anna", "yoga class", "piano lesson", "video call",
    "project review", "parents evening", "football practice", "haircut", "flight to Madrid", "weekly stand-up",
    "birthday party", "job interview", "doctor's appointment", "train to London", "book club", "budget review",
    "school run", "movie night",
]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]  # fmt: skip
WEATHER = [
    "sunny", "cloudy", "light rain", "heavy rain", "snow", "fog", "a thunderstorm", "strong wind", "clear skies",
    "drizzle", "hail", "partly cloudy",
]  # fmt: skip
UNITS = [
    "kilometres", "miles", "metres", "steps", "calories", "minutes", "hours", "seconds", "degrees", "percent",
    "litres", "grams", "kilograms", "beats per minute", "floors", "laps", "metres per second",
]  # fmt: skip
ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
DIRECTIONS = ["left", "right", "sharp left", "sharp right", "slightly left", "slightly right"]
TASKS = [
    "water the plants", "call the bank", "take your pills", "feed the cat", "buy some milk", "send the report",
    "charge your phone", "stretch your legs", "pick up the parcel", "lock the door", "turn off the oven",
    "drink some water", "book a table", "pay the rent", "take out the rubbish",
]  # fmt: skip


def _time(rng: Random) -> str:
    hour, minute = rng.randint(1, 12), rng.choice([0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, rng.randint(1, 59)])
    return rng.choice(
        [
            f"{hour}:{minute:02d}",
            f"{hour}:{minute:02d} am",
            f"{hour}:{minute:02d} pm",
            f"{hour} o'clock",
            f"half past {hour}",
            f"quarter to {hour}",
            f"quarter past {hour}",
            f"{rng.choice([5, 10, 20, 25])} to {hour}",
            f"{rng.choice([5, 10, 20, 25])} past {hour}",
        ]
    )


def watch_phrase(rng: Random) -> str:
    """Return a random phrase that a watch might speak."""
    name, place, event, task = rng.choice(NAMES), rng.choice(PLACES), rng.choice(EVENTS), rng.choice(TASKS)
    day, month, unit = rng.choice(DAYS), rng.choice(MONTHS), rng.choice(UNITS)
    small, big, percent = (
        rng.randint(2, 59),
        rng.choice([rng.randint(60, 999), rng.randint(1000, 30000)]),
        rng.randint(1, 100),
    )
    forms = [
        f"It is {_time(rng)}.",
        f"The time is {_time(rng)}.",
        f"It's {_time(rng)} on {day}.",
        f"{event[0].upper() + event[1:]} at {_time(rng)}.",
        f"Your {event} starts in {small} minutes.",
        f"Message from {name}.",
        f"{name} is calling.",
        f"New message from {name}: see you at {_time(rng)}.",
        f"You have {small} new messages.",
        f"You missed a call from {name} at {_time(rng)}.",
        f"Battery at {percent} percent.",
        f"Battery low, {rng.randint(1, 20)} percent left.",
        f"Charging, {percent} percent.",
        f"You walked {big} steps today.",
        f"{big} {unit}.",
        f"{small} {unit} to go.",
        f"You burned {big} calories.",
        f"Your heart rate is {rng.randint(48, 185)} beats per minute.",
        f"Heart rate {rng.randint(48, 185)}.",
        f"In {rng.choice([50, 100, 200, 300, 500, 800])} metres, turn {rng.choice(DIRECTIONS)}.",
        f"Turn {rng.choice(DIRECTIONS)} onto {rng.choice(['Main', 'Park', 'Church', 'Station', 'High', 'Mill'])} "
        f"Street.",
        f"Take the {rng.choice(ORDINALS[:4])} exit at the roundabout.",
        f"You have arrived at {place}.",
        f"It will take {small} minutes to get to {place}.",
        f"Traffic to {place} is heavy, leave by {_time(rng)}.",
        f"Today: {rng.choice(WEATHER)}, {rng.randint(-15, 38)} degrees.",
        f"Tomorrow {rng.choice(WEATHER)}, with a high of {rng.randint(1, 38)}.",
        f"There is a {percent} percent chance of rain on {day}.",
        f"Timer set for {small} minutes.",
        "Timer done.",
        f"Alarm set for {_time(rng)}.",
        f"Alarm in {rng.randint(2, 11)} hours and {small} minutes.",
        f"Don't forget to {task}.",
        f"Reminder: {task}.",
        f"Shall I remind you to {task}?",
        f"Do you want to call {name}?",
        f"Reply to {name}?",
        f"Did you mean {name} or {rng.choice(NAMES)}?",
        f"Today is {day}, {month} {rng.randint(1, 31)}.",
        f"The {rng.choice(ORDINALS)} of {month}, {rng.randint(1950, 2035)}.",
        f"Well done, {name}!",
        f"New record: {small} {unit}!",
        f"Pace, {rng.randint(3, 9)} minutes {small} seconds per kilometre.",
        f"Lap {rng.randint(2, 20)}, {small} seconds.",
        f"Sleep: {rng.randint(4, 9)} hours {small} minutes.",
        f"The front door is {rng.choice(['open', 'locked', 'unlocked'])}.",
        f"Paid {rng.randint(1, 99)} dollars and {small} cents.",
        f"Flight {rng.choice('ABKLU')}{rng.choice('ABKLS')} {rng.randint(10, 999)} boards at gate "
        f"{rng.choice('ABCD')} {rng.randint(1, 60)}.",
        "Stand up and move a little.",
        "Take a deep breath.",
        "Your phone is out of range.",
        f"Connected to {name}'s phone.",
        f"{task[0].upper() + task[1:]} on {day} at {_time(rng)}.",
        f"What time is it? It is {_time(rng)}.",
        f"Would you like to go to {place} on {day}?",
        f"Call {rng.randint(200, 999)}, {rng.randint(200, 999)}, {rng.randint(1000, 9999)}.",
    ]
    return rng.choice(forms)


def general_sentences(wordnet: Path = WORDNET) -> list[str]:
    """Return WordNet's example sentences of 5 to 22 words, without duplicates, in file order.

    Each sentence is capitalised and ends in a punctuation mark. Raises MissingToolError if the WordNet files are
    missing.
    """
    files = [wordnet / f"data.{part}" for part in ("adj", "adv", "noun", "verb")]
    missing = [f for f in files if not f.is_file()]
    if missing:
        raise MissingToolError(
            f"WordNet, the source of the default corpus, is not installed ({missing[0]} is missing): "
            "apt install wordnet-base, or pass a text file with --corpus"
        )
    found: dict[str, None] = {}
    for file in files:
        for line in file.read_text(encoding="latin-1").splitlines():
            for quote in re.findall(r'"([^"]+)"', line.partition(" | ")[2]):
                sentence = quote.strip().rstrip(";,. ")
                if 5 <= len(sentence.split()) <= 22 and re.fullmatch(r"[A-Za-z0-9 ,.;:'!?-]+", sentence):
                    sentence = sentence[0].upper() + sentence[1:]
                    found[sentence if sentence[-1] in "!?" else sentence + "."] = None
    return list(found)


def default_sentences(size: int, seed: int) -> list[str]:
    """Return `size` sentences, two thirds general and one third watch phrases (see `mixed`)."""
    return mixed(general_sentences(), watch_phrase, size, seed)
