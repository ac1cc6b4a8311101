"""Text and rows as LaTeX: what pdflatex alone sets, with booktabs, whatever the names hold."""

import re
import unicodedata
from collections.abc import Sequence

_SPECIAL = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
    **{"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''"},
    **{"\u2212": "$-$", "\u00b1": r"$\pm$", "\u00d7": r"$\times$", "\u2264": r"$\le$", "\u2265": r"$\ge$"},
    **{"\u2013": "--", "\u2014": "---", "\u2018": "`", "\u2019": "'", "\u201c": "``", "\u201d": "''"},
}
_LETTERS = range(0xC0, 0x180)
"""Latin letters with accents, which pdflatex sets as they are."""
END = r" \\"
SIGN, GAP, COLUMN = 3.7, 8.0, 234.0
"""Points: of a sign in a table, between its columns, and of a paper's column, of which two and a gap make its text."""


def escape(text: str) -> str:
    """`text` as LaTeX that prints it: specials escaped, breaks as spaces, what pdflatex has no glyph for by number."""
    return "".join(map(_sign, " ".join(text.split())))


def _sign(sign: str) -> str:
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    if " " <= sign <= "~" or (ord(sign) in _LETTERS and unicodedata.decomposition(sign)):
        return sign
    plain = unicodedata.normalize("NFKD", sign)
    return plain if plain.isascii() and plain.isalnum() else f"[U+{ord(sign):04X}]"


def number(value: float, digits: int, sign: bool = False) -> str:
    """In mathematics, so that a minus is one; two dashes for NaN."""
    return "--" if value != value else f"${value:{'+' * sign}.{digits}f}$"


def mean_of(value: float, half_width: float, digits: int) -> str:
    """A mean with half of its interval, if it has one."""
    if half_width != half_width:
        return number(value, digits)
    return rf"${value:.{digits}f} \pm {half_width:.{digits}f}$"


def tabular(
    columns: str, head: Sequence[str], blocks: Sequence[Sequence[Sequence[str]]], foot: Sequence[Sequence[str]] = ()
) -> list[str]:
    """The lines of a booktabs table whose cells are LaTeX already: blocks of rows apart, the foot below a rule."""
    lines = [rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}", r"\toprule", _row(head), r"\midrule"]
    for place, block in enumerate(blocks):
        lines += [r"\addlinespace"] * (place > 0) + [_row(row) for row in block]
    lines += [r"\midrule"] * bool(foot) + [_row(row) for row in foot]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def floating(tables: Sequence[Sequence[str]], caption: str, label: str) -> str:
    """A float with these tabulars below its caption, over both columns of a paper where one would be too narrow."""
    kind = "table*" if max(map(width_of, tables)) > COLUMN else "table"
    named = "".join(sign for sign in label if sign.isascii() and (sign.isalnum() or sign in "._-"))
    lines = [
        "% Made by python -m ablations.report; takes \\usepackage{booktabs}.",
        rf"\begin{{{kind}}}[t]",
        rf"\caption{{{caption}}}",
        rf"\label{{tab:{named}}}",
        r"\smallskip\centering\footnotesize\setlength{\tabcolsep}{4pt}",
    ]
    for place, one in enumerate(tables):
        lines += [r"\par\medskip"] * (place > 0) + [*one]
    return "\n".join([*lines, rf"\end{{{kind}}}", ""])


def width(rows: Sequence[Sequence[str]]) -> float:
    """About how many points wide a table of these rows is."""
    widest = [max(map(len, map(_printed, column))) for column in zip(*rows, strict=True)]
    return sum(SIGN * signs + GAP for signs in widest) - GAP


def width_of(table: Sequence[str]) -> float:
    """As `width`, of the lines of a tabular."""
    return width([line.removesuffix(END).split(" & ") for line in table if line.endswith(END)])


def _printed(cell: str) -> str:
    return re.sub(r"\\[a-z]+(\{\})?|[$\\{}]", "", cell)


def _row(cells: Sequence[str]) -> str:
    row = " & ".join(cells) + END
    return f"{{}}{row}" if row[0] in "[*" else row  # which would be taken for options of the line before
