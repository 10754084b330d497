r"""Show any text where only clean Unicode can be, in tables and XML, and get it back.

A file name may hold bytes that are no UTF-8, and characters that XML forbids. They are shown as
``\xE9`` and ``\u0007``, and a backslash as two, so that nothing is lost and nothing confused.

>>> escaped("caf\udce9 \\ \x07.wav")
'caf\\xE9 \\\\ \\u0007.wav'
>>> unescaped(escaped("caf\udce9 \\ \x07.wav")) == "caf\udce9 \\ \x07.wav"
True
"""

from __future__ import annotations

import re

# What XML 1.0 (2.2) leaves out: control characters but tab and line ends, surrogates, two others.
_FORBIDDEN = re.compile("[\\\\\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"\\(\\|x[0-9A-F]{2}|u[0-9A-F]{4})")


def escaped(text: str) -> str:
    """Return a text without characters that cannot be stored as UTF-8 or in XML."""
    return _FORBIDDEN.sub(lambda found: _code(found[0]), text)


def unescaped(text: str) -> str:
    """Return the text that `escaped` made this of."""
    return _CODE.sub(lambda found: _character(found[1]), text)


def _code(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02X}"
    return f"\\u{ord(character):04X}"


def _character(code: str) -> str:
    if code == "\\":
        return code
    number = int(code[1:], 16)
    return chr(number + 0xDC00 if code[0] == "x" else number)
