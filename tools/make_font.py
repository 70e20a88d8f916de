"""Make the font subset in `src/segweave/draw/fonts/` again: `python tools/make_font.py NotoSansCJK-Bold.ttc`.

Needs `pip install fonttools` and the font collection (Debian package `fonts-noto-cjk`). Keeps the characters named in
`src/segweave/draw/fonts/README.md` and every character of the label tables.
"""

import sys
from itertools import chain
from pathlib import Path

from fontTools import subset

HOUSE = Path(__file__).parents[1] / "src" / "segweave"
TARGET = HOUSE / "draw" / "fonts" / "NotoSansCJKjp-Bold-subset.otf"
RANGES = (
    (0x20, 0x7E),  # Basic Latin
    (0xA0, 0x17F),  # Latin-1, Latin Extended-A
    (0x2010, 0x2027),  # general punctuation
    (0x2030, 0x203B),
    (0x3000, 0x301F),  # CJK punctuation
    (0x3041, 0x30FF),  # kana
    (0x3131, 0x3163),  # Hangul letters
    (0xFF01, 0xFF9F),  # full-width and half-width forms
)
SIGNS = "™←↑→↓↔×−≈≠≤≥■□○●\ufffd"


def double_bytes(codec: str, first: range) -> set[int]:
    """The characters of a two-byte standard whose first byte lies in `first`."""
    found = set()
    for row in first:
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes([row, cell]).decode(codec)))
            except UnicodeDecodeError:
                continue
    return found


def characters() -> set[int]:
    """Every code point that the subset keeps."""
    wanted = set(chain.from_iterable(range(low, high + 1) for low, high in RANGES)) | set(map(ord, SIGNS))
    wanted |= double_bytes("euc_jp", range(0xB0, 0xD0))  # JIS X 0208 level 1 kanji
    wanted |= double_bytes("euc_kr", range(0xB0, 0xC9))  # KS X 1001 Hangul
    for table in (HOUSE / "labels" / "tables").glob("*.csv"):
        wanted |= {ord(c) for c in table.read_text(encoding="utf-8") if c >= " "}
    return wanted


def main(collection: str) -> None:
    """Cut the subset out of the collection's first face (JP)."""
    options = subset.Options()
    options.font_number = 0
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "BASE", "vhea", "vmtx", "VORG", "DSIG"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.glyph_names = False
    options.desubroutinize = False
    font = subset.load_font(collection, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters())
    cutter.subset(font)
    subset.save_font(font, str(TARGET), options)
    print(f"{TARGET}: {TARGET.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1])
