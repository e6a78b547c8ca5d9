"""The words and phrases of STOP, START and HELP, in capitals without accents, apostrophes and marks.

The words are those of FCC 24-24 (stop, quit, end, revoke, opt out, cancel, unsubscribe), of the providers, and their
Spanish and French sisters.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "AROUND",
    "CLOSE_TO",
    "EVERYDAY",
    "HELP",
    "MAYBE",
    "ORDINARY",
    "PHRASES",
    "PROVIDER_WORDS",
    "START",
    "STOP",
    "STOP_SIGNS",
    "TURNED_AROUND",
]


def _listed(text: str) -> frozenset[str]:
    """The entries of *text*, parted by commas and lines."""
    return frozenset(entry.strip() for line in text.splitlines() for entry in line.split(",") if entry.strip())


def _any(*alternatives: str) -> re.Pattern[str]:
    """A pattern of whole words that finds one of *alternatives*."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})(?!\w)")


PROVIDER_WORDS: Final = _listed("STOP,UNSUBSCRIBE,END,QUIT,STOPALL,REVOKE,OPTOUT,CANCEL,START,UNSTOP,HELP,INFO")
"""What the provider itself answers, as the only word of a message, in any case; YES too, to people who opted out."""

STOP: Final = _listed(
    """
    STOP, STOPALL, STOP ALL, STOP IT, STOP THIS, STOP ME, CAN YOU STOP, I SAID STOP, I WANT TO STOP, STOP NO MORE
    QUIT, QUIT ALL, I QUIT, END, END ALL, REVOKE, CANCEL, CANCEL ALL, OPTOUT, OPT OUT, OPT ME OUT
    UNSUBSCRIBE, UNSUBSCRIBE ME, UNSUB, REMOVE, REMOVE ME, TAKE ME OFF
    ALTO, PARAR, PARE, PAREN, BAJA, DARSE DE BAJA, DARME DE BAJA, DAME DE BAJA, DEME DE BAJA, DENME DE BAJA, BASTA
    DETENER, DETENGAN, CANCELAR, CANCELA, CANCELEN, SALIR, ANULAR, QUITAR, QUITENME, DESUSCRIBIR, DESUSCRIBIRME
    NO MAS, NO MAS MENSAJES, ARRET, ARRETER
    WRONG NUMBER, WRONG PERSON, WRONG PHONE, THIS IS THE WRONG NUMBER, THIS IS A WRONG NUMBER
    YOU HAVE THE WRONG NUMBER, YOU HAVE A WRONG NUMBER, YOU GOT THE WRONG NUMBER, U HAVE THE WRONG NUMBER
    YOU HAVE THE WRONG PERSON, NUMERO EQUIVOCADO, ESTE NO ES MI NUMERO
    """
)
"""The whole message. A wrong number is a STOP: its holder never agreed."""

EVERYDAY: Final = _listed(
    "END, QUIT, CANCEL, REMOVE, REVOKE, ALTO, BAJA, PARE, PARAR, BASTA, CANCELA, CANCELAR, SALIR, ANULAR, NO MAS"
)
"""Of these, what says something else as soon as another sentence follows."""

START: Final = _listed(
    "START, UNSTOP, SUBSCRIBE, RESUBSCRIBE, OPT IN, OPTIN, INICIAR, COMENZAR, REANUDAR, SUSCRIBIR, SUSCRIBIRME"
)
HELP: Final = _listed("HELP, INFO, INFORMATION, AYUDA, INFORMACION")

PHRASES: Final = _any(
    "(?:STOP|QUIT) (?:TEXTING|TEXTIN|MESSAGING|CONTACTING|SPAMMING|BOTHERING|HARASSING)",
    "(?:STOP|QUIT) SENDING (?:ME|THESE|THIS|TEXTS?|MESSAGES?|MSGS?)",
    "STOP (?:THE|THESE|THIS|ALL|YOUR|ALL THE|ALL THESE) (?:TEXTS?|TEXT MESSAGES|MESSAGES?|MSGS?)",
    "(?:DONT|DO NOT|NEVER) (?:EVER )?(?:TEXT|MESSAGE|MSG|CONTACT) (?:ME|THIS NUMBER|US)"
    "(?! (?:ON|AT|BEFORE|AFTER|UNTIL|TILL|FROM|DURING|WHILE)\\b)",
    "NO MORE (?:TEXTS|TEXT MESSAGES|MESSAGES|MSGS)",
    "(?:REMOVE|TAKE|DELETE|GET) (?:ME|MY NUMBER|THIS NUMBER|MY PHONE NUMBER) (?:OFF|FROM|OFF OF|OUT OF) "
    "(?:(?:OF|THE|THIS|YOUR|YALLS|UR|ALL|MAILING|CALLING|CALL|TEXT|TEXTING|CONTACT|PHONE|SMS) )*"
    "(?:LISTS?|TEXTS|MESSAGES|DATABASE)",
    "(?:REMOVE|DELETE|LOSE) (?:MY|THIS) (?:PHONE )?NUMBER",
    "LEAVE ME ALONE",
    "UNSUBSCRIBE ME FROM|OPT ME OUT|TAKE ME OUT OF (?:THIS|THE|YOUR) LIST",
    "I (?:WANT|WOULD LIKE|WISH|NEED) TO (?:UNSUBSCRIBE|OPT OUT)",
    "I(?: AM|M)? OPT(?:ING)? OUT",
    "I (?:HEREBY )?REVOKE|(?:REVOKE|WITHDRAW) MY CONSENT",
    "DEJ(?:A|E|EN) DE (?:ENVIAR|MANDAR|ESCRIBIR)(?:ME|NOS)?",
    "NO ME (?:ENVIEN?|MANDEN?|ESCRIBAN?|MOLESTEN?)(?: MAS)?",
)
"""Anywhere in a message: no other meaning comes to mind."""

MAYBE: Final = _any(
    "(?:CANT|CANNOT|HOW (?:DO|CAN) I|TRIED TO|TRYING TO) (?:UNSUBSCRIBE|OPT OUT|STOP (?:THIS|THESE|IT))",
    "REMOVE ME|TAKE ME OFF|UNSUBSCRIBE|OPT OUT|OPTOUT|DAR(?:ME|SE)? DE BAJA",
    "WRONG (?:NUMBER|PERSON)|NUMERO EQUIVOCADO",
    "(?:PLEASE|JUST|SAID|NEED TO|CAN YOU|WILL YOU|MUST|ALREADY) STOP$",
    "^(?:ENOUGH|NO MORE|GO AWAY|SPAM|THIS IS SPAM|FUCK OFF|F OFF|PISS OFF|GET LOST|BLOCKED|PARA|FIN)$",
    "^STOP (?:2|TO) (?:END|QUIT|STOP|CANCEL)$",
)
"""It may be meant so."""

TURNED_AROUND: Final = re.compile(
    r"(?:\b(?:DONT|DO NOT|DIDNT|DID NOT|NEVER|CANT|CANNOT|WONT|WILL NOT|WOULDNT|DID YOU|HOW DO|HOW CAN|IF I|IF YOU)"
    r"(?: PLEASE| EVER| TO| WANT TO)* )$"
)
"""Right before a phrase, it makes the phrase mean the opposite, or ask about it."""

AROUND: Final = re.compile(
    r"^(?:PLEASE|PLS|PLZ|KINDLY|JUST|OK|OKAY|HI|HEY|HELLO|SORRY|SIR|MAAM|POR FAVOR|GRACIAS|THANK YOU|THANKS|YA)\b ?"
    r"| ?\b(?:PLEASE|PLS|PLZ|NOW|ALREADY|IMMEDIATELY|THANKS|THANK YOU|THX|TY|SIR|MAAM)$"
    r"| ?\b(?:POR FAVOR|MUCHAS GRACIAS|GRACIAS|YA)$"
)
"""Greetings, thanks and impatience around a keyword change nothing."""

STOP_SIGNS: Final = frozenset("🛑✋🖐🚫⛔🖕")

CLOSE_TO: Final = (("STOP", 1), ("UNSUBSCRIBE", 2), ("CANCEL", 1))
"""Keywords and the slips forgiven."""

ORDINARY: Final = _listed(
    """
    SHOP, STEP, SLOP, ATOP, STOW, TOP, TOPS, SOP, STOCK, STOOP, ESTOP, STOPS, STOUP, POST, SPOT, CANCELED, CANCELS
    """
)
"""Words of their own that are one slip away from a keyword."""
