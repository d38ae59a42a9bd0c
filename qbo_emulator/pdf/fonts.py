"""The fonts of a page, and which of them shows each character.

What Helvetica lacks is in Vera, which goes into the file, or in the fonts for Japanese, Chinese and Korean that PDF
readers bring along.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
WIDE_LATIN = {REGULAR: "Vera", BOLD: "VeraBd"}
# The characters of a font are those of the encoding beside it; for what several have, the first is taken.
ASIAN = (("HeiseiKakuGo-W5", "cp932"), ("STSong-Light", "gbk"), ("HYGothic-Medium", "cp949"))

WORDS = re.compile(r"\s+|\S+")
_WIDE = {name: TTFont(name, f"{name}.ttf") for name in WIDE_LATIN.values()}
for _font in (*_WIDE.values(), *(UnicodeCIDFont(name) for name, _ in ASIAN)):
    pdfmetrics.registerFont(_font)
_GLYPHS = [frozenset(font.face.charToGlyph) for font in _WIDE.values()]


def printable(text: str) -> str:
    """The text in characters that the fonts have: accents may go, the rest becomes a question mark."""
    shown = []
    for character in unicodedata.normalize("NFC", text):
        if character in "\n\t" or (character.isprintable() and _fonts(character)):
            shown.append("    " if character == "\t" else character)
        elif character.isprintable() or unicodedata.category(character) in ("Co", "Cs"):
            plain = "".join(part for part in unicodedata.normalize("NFKD", character) if _encodes("cp1252", part))
            shown.append(plain or "?")
    return "".join(shown)


def runs(text: str, font: str) -> list[tuple[str, str]]:
    """A printable text in pieces, each with the font that shows it; font is REGULAR or BOLD.

    A Latin word has one font. Asian characters in a row have one font when one has them all: the signs of a language
    look alike.
    """
    if _encodes("cp1252", text):
        return [(font, text)] if text else []
    found: list[tuple[str, str]] = []
    for is_latin, group in groupby(text, _is_latin):
        piece = "".join(group)
        found += [(_latin(word, font), word) for word in WORDS.findall(piece)] if is_latin else _asian(piece)
    return [(name, "".join(piece for _, piece in same)) for name, same in groupby(found, lambda each: each[0])]


def _is_latin(character: str) -> bool:
    return _fonts(character)[0] in (REGULAR, WIDE_LATIN[REGULAR])


def _latin(word: str, font: str) -> str:
    return font if _encodes("cp1252", word) else WIDE_LATIN[font]


def _asian(piece: str) -> list[tuple[str, str]]:
    """Each character with a font: where there is a choice, the one that has most of them."""
    most = sorted((name for name, _ in ASIAN), key=lambda name: -sum(name in _fonts(character) for character in piece))
    return [(next(name for name in most if name in _fonts(character)), character) for character in piece]


def width(text: str, font: str, size: float) -> float:
    """Points that a printable text takes."""
    return float(sum(pdfmetrics.stringWidth(piece, name, size) for name, piece in runs(text, font)))


def wrapped(text: str, font: str, size: float, room: float) -> Iterator[str]:
    """A printable text in lines that fit into the room, cut between words; a word that is wider is a line of its own."""
    space, words, taken = width(" ", font, size), list[str](), 0.0
    for word in text.split():
        needed = width(word, font, size)
        if words and taken + space + needed > room:
            yield " ".join(words)
            words, taken = [], 0.0
        taken += needed + (space if words else 0)
        words.append(word)
    if words:
        yield " ".join(words)


@lru_cache(maxsize=4096)
def _fonts(character: str) -> tuple[str, ...]:
    """The fonts that show a character, in their regular weight; Latin letters only those that are as narrow as the
    others."""
    if _encodes("cp1252", character):
        return (REGULAR,)
    if all(ord(character) in glyphs for glyphs in _GLYPHS):
        return (WIDE_LATIN[REGULAR],)
    if unicodedata.name(character, "").startswith("LATIN "):
        return ()
    return tuple(name for name, encoding in ASIAN if _encodes(encoding, character))


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
