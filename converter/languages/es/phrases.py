"""Phrases in a watch's terse Spanish, with times, numbers, units, names and alerts."""

from random import Random

_NAMES = """Alba Álvaro Ana Andrés Beatriz Carlos Carmen Clara Daniel Elena Enrique Eva Felipe Gonzalo Inés Iván Javier
Jorge José Juan Julia Laura Lucía Luis Manuel Marcos María Marta Mateo Miguel Natalia Nuria Óscar Pablo
Paula Pedro Pilar Rafael Raquel Rocío Rosa Sara Sergio Sofía Teresa Tomás Valeria Vicente Yolanda Mamá Papá"""
NAMES = _NAMES.split()
PLACES = [
    "casa", "el trabajo", "el colegio", "el gimnasio", "la oficina", "la estación", "el aeropuerto", "la panadería",
    "la biblioteca", "el parque", "el hospital", "la calle Mayor", "el centro", "el mercado", "el banco", "la farmacia",
    "la plaza de España", "Madrid", "Barcelona", "Sevilla", "Valencia", "Bogotá", "Buenos Aires", "Lima", "Guadalajara",
]  # fmt: skip
EVENTS = [
    "reunión de equipo", "cita con el dentista", "comida con Ana", "clase de yoga", "clase de piano", "videollamada",
    "revisión del proyecto", "partido de fútbol", "cita en la peluquería", "vuelo a Málaga", "fiesta de cumpleaños",
    "entrevista de trabajo", "cita con el médico", "sesión de fisioterapia", "cena con los vecinos", "noche de cine",
]  # fmt: skip
DAYS = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]
MONTHS = [
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
]  # fmt: skip
WEATHER = [
    "sol", "nubes", "lluvia débil", "lluvia fuerte", "nieve", "niebla", "tormenta", "viento fuerte", "cielo despejado",
    "llovizna", "granizo", "intervalos nubosos",
]  # fmt: skip
UNITS = [
    "kilómetros", "metros", "pasos", "calorías", "minutos", "horas", "segundos", "grados", "litros", "gramos", "kilos",
    "pulsaciones por minuto", "pisos", "vueltas",
]  # fmt: skip
SHORT_UNITS = ["km", "m", "kg", "g", "min", "h", "°C", "%", "km/h", "ml", "kcal", "lpm"]
ORDINALS = ["primera", "segunda", "tercera", "cuarta", "quinta", "sexta"]
DIRECTIONS = ["a la izquierda", "a la derecha", "un poco a la izquierda", "un poco a la derecha"]
TASKS = [
    "regar las plantas", "llamar al banco", "tomar las pastillas", "dar de comer al gato", "comprar leche",
    "enviar el informe", "cargar el móvil", "estirar las piernas", "recoger el paquete", "cerrar la puerta",
    "apagar el horno", "beber agua", "reservar mesa", "pagar el alquiler", "sacar la basura",
]  # fmt: skip
HOURS = [
    "la una", "las dos", "las tres", "las cuatro", "las cinco", "las seis", "las siete", "las ocho", "las nueve",
    "las diez", "las once", "las doce",
]  # fmt: skip
MINUTES = [
    "en punto", "y cinco", "y diez", "y cuarto", "y veinte", "y media", "menos veinte", "menos cuarto", "menos diez",
]  # fmt: skip


def _time(rng: Random) -> str:
    """Return a time with its article, in digits or words."""
    hour, minute = rng.randint(0, 23), rng.choice([0, 5, 10, 15, 20, 30, 40, 45, rng.randint(1, 59)])
    digits = f"{'la' if hour in (1, 13) else 'las'} {hour}:{minute:02d}"
    return rng.choice([digits, f"{rng.choice(HOURS)} {rng.choice(MINUTES)}"])


def watch_phrase(rng: Random) -> str:
    """Return a random phrase that a watch might speak."""
    name, place, event, task = rng.choice(NAMES), rng.choice(PLACES), rng.choice(EVENTS), rng.choice(TASKS)
    day, month, unit = rng.choice(DAYS), rng.choice(MONTHS), rng.choice(UNITS)
    small, percent, time = rng.randint(2, 59), rng.randint(2, 100), _time(rng)
    big = rng.choice([rng.randint(60, 999), rng.randint(1000, 30000)])
    grouped = f"{big:,}".replace(",", ".")
    forms = [
        f"{'Es' if time.startswith('la ') else 'Son'} {time}.",
        f"Hoy es {day}, {rng.randint(1, 31)} de {month}.",
        f"{event[0].upper() + event[1:]} a {time}.",
        f"Tu {event} empieza en {small} minutos.",
        f"Mensaje de {name}.",
        f"{name} te está llamando.",
        f"Mensaje nuevo de {name}: nos vemos a {time}.",
        f"Tienes {small} mensajes nuevos.",
        f"Llamada perdida de {name} a {time}.",
        f"Batería al {percent} por ciento.",
        f"Batería baja: queda un {rng.randint(2, 20)} %.",
        f"Cargando, {percent} por ciento.",
        f"Hoy has dado {grouped} pasos.",
        f"{grouped} {unit}.",
        f"Faltan {small} {unit}.",
        f"{rng.randint(1, 99)},{rng.randint(1, 9)} {rng.choice(SHORT_UNITS)}.",
        f"Has quemado {grouped} calorías.",
        f"Tu pulso es de {rng.randint(48, 185)} latidos por minuto.",
        f"Pulso: {rng.randint(48, 185)}.",
        f"En {rng.choice([50, 100, 200, 300, 500, 800])} metros, gira {rng.choice(DIRECTIONS)}.",
        f"Toma la {rng.choice(ORDINALS)} salida en la rotonda.",
        f"Sigue recto {small} metros y gira {rng.choice(DIRECTIONS)}.",
        f"Has llegado a {place}.",
        f"Tardarás {small} minutos en llegar a {place}.",
        f"Hay mucho tráfico hacia {place}: sal antes de {time}.",
        f"Hoy: {rng.choice(WEATHER)}, {rng.randint(-15, 42)} grados.",
        f"Mañana, {rng.choice(WEATHER)}, con una máxima de {rng.randint(2, 42)} grados.",
        f"El {day} hay un {percent} por ciento de probabilidad de lluvia.",
        f"Temporizador de {small} minutos.",
        "El temporizador ha terminado.",
        f"Alarma a {time}.",
        f"Alarma en {rng.randint(2, 11)} horas y {small} minutos.",
        f"No te olvides de {task}.",
        f"Recuerda: {task}.",
        f"¿Quieres que te recuerde {task}?",
        f"¿Quieres llamar a {name}?",
        f"¿Respondo a {name}?",
        f"¿Has dicho {name} o {rng.choice(NAMES)}?",
        f"El {rng.randint(2, 31)} de {month} de {rng.randint(1950, 2035)}.",
        f"El {rng.randint(1, 28)}/{rng.randint(1, 12)}/{rng.randint(2020, 2035)} a {time}.",
        f"¡Muy bien, {name}!",
        f"¡Nuevo récord: {small} {unit}!",
        f"Ritmo: {rng.randint(3, 9)} minutos y {small} segundos por kilómetro.",
        f"Vuelta {rng.randint(2, 20)}, {small} segundos.",
        f"Sueño: {rng.randint(4, 9)} horas y {small} minutos.",
        f"La puerta de casa está {rng.choice(['abierta', 'cerrada'])}.",
        f"Has pagado {rng.randint(2, 99)} euros con {small} céntimos.",
        f"{rng.randint(2, 99)},{rng.randint(10, 99)} €.",
        f"El vuelo {rng.choice('ABIKLUVX')}{rng.choice('ABEKLSX')} {rng.randint(10, 999)} embarca por la puerta "
        f"{rng.choice('ABCDJK')}{rng.randint(1, 60)}.",
        "Levántate y muévete un poco.",
        "Respira hondo.",
        "Tu móvil está fuera de alcance.",
        f"Conectado al móvil de {name}.",
        f"{task[0].upper() + task[1:]} el {day} a {time}.",
        f"¿Qué hora es? {'Es' if time.startswith('la ') else 'Son'} {time}.",
        f"¿Quieres ir a {place} el {day}?",
        f"Llama al {rng.randint(600, 799)} {rng.randint(100, 999)} {rng.randint(100, 999)}.",
    ]
    return rng.choice(forms).replace(" a el ", " al ")
