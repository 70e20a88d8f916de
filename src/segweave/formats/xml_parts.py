"""XML that others wrote, piece by piece: a large file stays on the disk, and nothing in it can grow beyond it.

Document types are refused, and with them entities: they let a small file explode ("billion laughs") and read other
files of the machine (OWASP, "XML External Entity Prevention").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from segweave.errors import FormatError

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

_CHUNK = 1 << 21
"""Bytes read at once; an unfinished tag is looked through again with each chunk, so chunks are large."""

DEEPEST = 64
"""Elements inside each other; annotation files need less than ten."""

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an element lies in its file: bytes start..end (without its end tag), and the line it starts in."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """An element that `parts` came across. parent: tag of the one around it, "" for the root's. attributes: those
    asked for."""

    depth: int
    parent: str
    tag: str
    attributes: dict[str, str]
    spot: Spot


@dataclass(slots=True)
class Element:
    """An element with all that is in it. line: in the file. pieces: its own text, as far as its first child."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text as far as its first child, without blanks at the ends."""
        return "".join(self.pieces).strip()

    def child(self, tag: str) -> "Element | None":
        """The first child called `tag`."""
        return next((child for child in self.children if child.tag == tag), None)

    def text_of(self, tag: str) -> str:
        """The text of the first child called `tag`, without blanks at its ends; "" where there is none."""
        child = self.child(tag)
        return "" if child is None else child.text

    def inside(self) -> Iterator["Element"]:
        """All elements inside this one, at any depth, in the order of the file."""
        for child in self.children:
            yield child
            yield from child.inside()


def parts(path: Path, *, depth: int, keep: frozenset[str]) -> Iterator[Part]:
    """The elements of an XML file down to `depth`, each when it ends, so after those inside it.

    keep: the attributes to bring along. The whole file is read once, whatever its size, and never held in memory.
    Raises `FormatError` with file and line for what is not well-formed XML in UTF-8, and for a document type.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.xml"
    >>> _ = path.write_text('<a><b name="x"><c/></b></a>')
    >>> [(part.depth, part.tag, part.attributes) for part in parts(path, depth=1, keep=frozenset({"name"}))]
    [(1, 'b', {'name': 'x'}), (0, 'a', {})]
    """
    parser = _parser(str(path), 1)
    cutter = _Cutter(parser, str(path), depth, keep)
    parser.StartElementHandler = cutter.start
    parser.EndElementHandler = cutter.end
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                if not cutter.level and chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
                    raise FormatError(f"{path}: is XML in UTF-16; expected UTF-8, save it anew in that encoding")
                _feed(parser, chunk, str(path), 1, last=False)
                yield from cutter.take()
        _feed(parser, b"", str(path), 1, last=True)
        yield from cutter.take()
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from None
    finally:
        _release(parser)


def elements(path: Path, spots: Iterable[Spot]) -> list[Element]:
    """The elements at these places of a file, with all that is in them."""
    try:
        with open(path, "rb") as file:
            return [_element(_bytes(file, spot), spot, path) for spot in spots]
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from None


def escaped(text: str, where: str) -> str:
    """`text` for an attribute in double quotes or between tags; line breaks and tabs come back as they were.

    Raises `FormatError` that begins with `where` for what XML 1.0 cannot say: control characters, lone surrogates.

    >>> escaped('a<"b">&c', "labels")
    'a&lt;&quot;b&quot;&gt;&amp;c'
    """
    for c in text:
        if (c < " " and c not in "\t\n\r") or "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff":
            raise FormatError(f"{where}: {text!r} has the character {c!r}, which XML cannot hold; rename it")
    return "".join(_ESCAPES.get(c, c) for c in text)


class _Cutter:
    """Notes where the elements down to a depth begin and end. level: elements that are open."""

    __slots__ = ("depth", "found", "keep", "level", "open", "parser", "where")

    def __init__(self, parser: "XMLParserType", where: str, depth: int, keep: frozenset[str]) -> None:
        self.parser, self.where, self.depth, self.keep = parser, where, depth, keep
        self.level = 0
        self.open: list[tuple[str, dict[str, str], int, int]] = []
        self.found: list[Part] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self.level <= self.depth:
            kept = {name: attributes[name] for name in self.keep & attributes.keys()}
            self.open.append((tag, kept, self.parser.CurrentByteIndex, self.parser.CurrentLineNumber))
        self.level += 1
        if self.level > DEEPEST:
            where = f"{self.where}:{self.parser.CurrentLineNumber}"
            raise FormatError(f"{where}: has elements more than {DEEPEST} deep inside each other; annotations need few")

    def end(self, _tag: str) -> None:
        self.level -= 1
        if self.level <= self.depth:
            tag, attributes, start, line = self.open.pop()
            spot = Spot(start, self.parser.CurrentByteIndex, line)
            parent = self.open[-1][0] if self.open else ""
            self.found.append(Part(self.level, parent, tag, attributes, spot))

    def take(self) -> list[Part]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found


def _bytes(file: BinaryIO, spot: Spot) -> bytes:
    file.seek(spot.start)
    return file.read(spot.end - spot.start)


def _element(content: bytes, spot: Spot, path: Path) -> Element:
    parser = _parser(str(path), spot.line)
    root = Element("", {}, spot.line)
    stack = [root]

    def start(tag: str, attributes: dict[str, str]) -> None:
        made = Element(tag, attributes, spot.line + parser.CurrentLineNumber - 1)
        stack[-1].children.append(made)
        stack.append(made)

    def text(content: str) -> None:
        if not stack[-1].children:
            stack[-1].pieces.append(content)

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: stack.pop()
    parser.CharacterDataHandler = text
    try:
        _feed(parser, content, str(path), spot.line, last=False)  # its end tag is not in `content`
    finally:
        _release(parser)
    if not root.children:
        raise FormatError(f"{path}:{spot.line}: has changed since it was opened; open it again")
    return root.children[0]


def _parser(where: str, line: int) -> "XMLParserType":
    from xml.parsers import expat

    parser = expat.ParserCreate("utf-8")

    def refuse(*_: object) -> None:
        raise FormatError(
            f"{where}:{line + parser.CurrentLineNumber - 1}: has a document type (<!DOCTYPE ...>), which may hide"
            " entities; annotation files need none, remove it"
        )

    def check(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            raise FormatError(f"{where}: is XML in {encoding}; expected UTF-8, save it anew in that encoding")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.XmlDeclHandler = check
    return parser


def _release(parser: "XMLParserType") -> None:
    """Its handlers know it and it knows them: a circle that would keep its buffers until the next collection."""
    parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.XmlDeclHandler = None


def _feed(parser: "XMLParserType", content: bytes, where: str, line: int, *, last: bool) -> None:
    from xml.parsers import expat

    try:
        parser.Parse(content, last)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        at = f"{where}:{line + error.lineno - 1}"
        raise FormatError(f"{at}: is not well-formed XML: {reason}; expected a whole file in UTF-8") from None
