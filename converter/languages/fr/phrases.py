"""Phrases in a watch's terse French, with times, numbers, units, names and alerts."""

from random import Random

_NAMES = """Adèle Alice Antoine Arthur Baptiste Camille Charlotte Chloé Clément Élise Émile Emma Étienne Florence
Gabriel Hélène Hugo Inès Jeanne Jules Julien Laure Léa Léo Louis Louise Lucas Manon Marie Mathieu Nathalie Nicolas
Noé Olivier Paul Pauline Pierre Romain Sophie Théo Thomas Valérie Victor Yves Zoé Maman Papa"""
NAMES = _NAMES.split()
PLACES = [
    "la maison", "votre travail", "l'école", "la salle de sport", "la gare", "l'aéroport", "la boulangerie", "la poste",
    "la bibliothèque", "l'hôpital", "la pharmacie", "la rue Victor Hugo", "l'avenue Foch", "la mairie", "la piscine",
    "la place d'Italie", "Paris", "Lyon", "Marseille", "Lille", "Nantes", "Bruxelles", "Genève", "Montréal",
]  # fmt: skip
EVENTS = [
    "réunion d'équipe", "visite chez le dentiste", "cours de yoga", "cours de piano", "séance de kiné", "soirée cinéma",
    "revue de projet", "séance chez le coiffeur", "fête d'anniversaire", "conférence en ligne", "visite du médecin",
    "leçon de conduite", "répétition de la chorale", "livraison du colis", "promenade en forêt",
]  # fmt: skip
DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
MONTHS = [
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
]  # fmt: skip
WEATHER = [
    "soleil", "nuages", "pluie faible", "fortes pluies", "neige", "brouillard", "orages", "vent fort", "ciel dégagé",
    "bruine", "grêle", "éclaircies",
]  # fmt: skip
UNITS = [
    "kilomètres", "mètres", "pas", "calories", "minutes", "heures", "secondes", "degrés", "litres", "grammes", "kilos",
    "battements par minute", "étages", "tours",
]  # fmt: skip
SHORT_UNITS = ["km", "m", "kg", "g", "min", "h", "°C", "%", "km/h", "ml", "kcal", "bpm"]
ORDINALS = ["première", "deuxième", "troisième", "quatrième", "cinquième", "sixième"]
DIRECTIONS = ["à gauche", "à droite", "légèrement à gauche", "légèrement à droite"]
TASKS = [
    "arroser les plantes", "appeler la banque", "prendre vos médicaments", "nourrir le chat", "acheter du lait",
    "envoyer le rapport", "charger le téléphone", "vous étirer", "récupérer le colis", "fermer la porte",
    "éteindre le four", "boire de l'eau", "réserver une table", "payer le loyer", "sortir les poubelles",
]  # fmt: skip
HOURS = [
    "une heure", "deux heures", "trois heures", "quatre heures", "cinq heures", "six heures", "sept heures",
    "huit heures", "neuf heures", "dix heures", "onze heures", "midi",
]  # fmt: skip
MINUTES = ["", " cinq", " dix", " et quart", " vingt", " et demie", " moins vingt", " moins le quart", " moins dix"]


def _time(rng: Random) -> str:
    """Return a time, in digits or words."""
    hour, minute = rng.randint(0, 23), rng.choice([0, 5, 10, 15, 20, 30, 40, 45, rng.randint(1, 59)])
    digits = rng.choice([f"{hour} h {minute:02d}", f"{hour}h{minute:02d}", f"{hour}:{minute:02d}"])
    return rng.choice([digits if minute else f"{hour} h", f"{rng.choice(HOURS)}{rng.choice(MINUTES)}"])


def watch_phrase(rng: Random) -> str:
    """Return a random phrase that a watch might speak."""
    name, place, event, task = rng.choice(NAMES), rng.choice(PLACES), rng.choice(EVENTS), rng.choice(TASKS)
    day, month, unit = rng.choice(DAYS), rng.choice(MONTHS), rng.choice(UNITS)
    small, percent, time = rng.randint(2, 59), rng.randint(2, 100), _time(rng)
    big = rng.choice([rng.randint(60, 999), rng.randint(1000, 30000)])
    grouped = f"{big:,}".replace(",", " ")
    of = "d'" if name[0] in "AEIOUYÉ" or name == "Hélène" or name == "Hugo" else "de "
    forms = [
        f"Il est {time}.",
        f"Nous sommes le {day} {rng.randint(2, 31)} {month}.",
        f"{event[0].upper() + event[1:]} à {time}.",
        f"Prochain événement : {event}, dans {small} minutes.",
        f"Message {of}{name}.",
        f"{name} vous appelle.",
        f"Nouveau message {of}{name} : on se voit à {time}.",
        f"Vous avez {small} nouveaux messages.",
        f"Appel manqué {of}{name} à {time}.",
        f"Batterie à {percent} pour cent.",
        f"Batterie faible : il reste {rng.randint(2, 20)} %.",
        f"En charge, {percent} pour cent.",
        f"Vous avez fait {grouped} pas aujourd'hui.",
        f"{grouped} {unit}.",
        f"Encore {small} {unit}.",
        f"{rng.randint(1, 99)},{rng.randint(1, 9)} {rng.choice(SHORT_UNITS)}.",
        f"Vous avez brûlé {grouped} calories.",
        f"Votre pouls est de {rng.randint(48, 185)} battements par minute.",
        f"Pouls : {rng.randint(48, 185)}.",
        f"Dans {rng.choice([50, 100, 200, 300, 500, 800])} mètres, tournez {rng.choice(DIRECTIONS)}.",
        f"Au rond-point, prenez la {rng.choice(ORDINALS)} sortie.",
        f"Continuez tout droit sur {small} mètres, puis tournez {rng.choice(DIRECTIONS)}.",
        f"Vous êtes arrivé : {place}.",
        f"Temps de trajet jusqu'à {place} : {small} minutes.",
        f"Ça roule mal vers {place} : partez avant {time}.",
        f"Aujourd'hui : {rng.choice(WEATHER)}, {rng.randint(-15, 42)} degrés.",
        f"Demain, {rng.choice(WEATHER)}, avec un maximum de {rng.randint(2, 42)} degrés.",
        f"{day.capitalize()}, {percent} pour cent de risque de pluie.",
        f"Minuteur de {small} minutes.",
        "Le minuteur est terminé.",
        f"Réveil à {time}.",
        f"Réveil dans {rng.randint(2, 11)} heures et {small} minutes.",
        f"N'oubliez pas : {task}.",
        f"Rappel : {task}.",
        f"Dois-je vous rappeler de {task} ?".replace("de a", "d'a").replace("de e", "d'e").replace("de é", "d'é"),
        f"Voulez-vous appeler {name} ?",
        f"Faut-il répondre à {name} ?",
        f"Avez-vous dit {name} ou {rng.choice(NAMES)} ?",
        f"Le {rng.randint(2, 31)} {month} {rng.randint(1950, 2035)}.",
        f"Le {rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(2020, 2035)} à {time}.",
        f"Bravo, {name} !",
        f"Nouveau record : {small} {unit} !",
        f"Allure : {rng.randint(3, 9)} minutes et {small} secondes au kilomètre.",
        f"Tour {rng.randint(2, 20)}, {small} secondes.",
        f"Sommeil : {rng.randint(4, 9)} heures et {small} minutes.",
        f"La porte de la maison est {rng.choice(['ouverte', 'fermée'])}.",
        f"Vous avez payé {rng.randint(2, 99)} euros {small}.",
        f"{rng.randint(2, 99)},{rng.randint(10, 99)} €.",
        f"Le vol {rng.choice('ABFKLUVX')}{rng.choice('ABEFKLSX')} {rng.randint(10, 999)} embarque porte "
        f"{rng.choice('ABCDFK')}{rng.randint(1, 60)}.",
        "Levez-vous et bougez un peu.",
        "Respirez profondément.",
        "Votre téléphone est hors de portée.",
        f"Connecté au téléphone {of}{name}.",
        f"{task[0].upper() + task[1:]}, {day} à {time}.",
        f"Quelle heure est-il ? Il est {time}.",
        f"Qu'y a-t-il au programme {day} ? {event[0].upper() + event[1:]} à {time}.",
        f"Appelez le 0{rng.randint(1, 7)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} "
        f"{rng.randint(10, 99)}.",
    ]
    return rng.choice(forms)
