"""
The bones of a PDF/A-2b (ISO 19005-2) that is written as a stream: objects, fonts, colour, metadata.

Nothing is held but the places of the objects, twenty bytes each. The number of all pages is known
at the end only: each page draws it from one object, which is written last.
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

from PIL import ImageCms

from payments.statements.writers.glyphs import Face, face
from payments.statements.writers.heading import Sink

FACES: Final = {"F1": 400, "F2": 600}
_CATALOG, _PAGES, _METADATA, _COLOUR, TOTAL = 1, 2, 3, 4, 5
_FIRST_FONT: Final = 6
_OBJECTS_OF_FONT: Final = 5
_FIRST_FREE: Final = _FIRST_FONT + _OBJECTS_OF_FONT * len(FACES)
_FONTS: Final = " ".join(
    f"/{name} {_FIRST_FONT + _OBJECTS_OF_FONT * at} 0 R" for at, name in enumerate(FACES)
)
#: A4 across, in points.
WIDTH, HEIGHT = 842, 595
_FAST: Final = 4
_LETTERS_AT_ONCE: Final = 100


class Objects:
    def __init__(self, sink: Sink, title: str) -> None:
        self._sink = sink
        self._title = title
        self._at = 0
        self._places: dict[int, int] = {}
        self._kids: list[int] = []
        self._next = _FIRST_FREE
        self._mark = hashlib.sha256()
        # The second line says to programs that copy files that this one is not text.
        self._put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @property
    def pages(self) -> int:
        return len(self._kids)

    def page(self, content: str) -> None:
        page, stream = self._next, self._next + 1
        self._next += 2
        self._kids.append(page)
        self._object(
            page,
            f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]"
            f"/Resources<</Font<<{_FONTS}>>/XObject<</N {TOTAL} 0 R>>>>/Contents {stream} 0 R>>",
        )
        self._stream(stream, "", content.encode("ascii"))

    def close(self, total: str) -> None:
        """Write what all pages share (*total* draws their number), and where everything is."""
        self._stream(
            TOTAL,
            f"/Type/XObject/Subtype/Form/BBox[0 -4 80 12]/Resources<</Font<<{_FONTS}>>>>",
            total.encode("ascii"),
        )
        for at, weight in enumerate(FACES.values()):
            self._font(_FIRST_FONT + _OBJECTS_OF_FONT * at, face(weight))
        self._stream(_COLOUR, "/N 3", _srgb())
        self._stream(_METADATA, "/Type/Metadata/Subtype/XML", _metadata(self._title), plain=True)
        kids = " ".join(f"{page} 0 R" for page in self._kids)
        self._object(_PAGES, f"<</Type/Pages/Count {self.pages}/Kids[{kids}]>>")
        self._object(
            _CATALOG,
            f"<</Type/Catalog/Pages {_PAGES} 0 R/Metadata {_METADATA} 0 R/Lang(vi-VN)"
            "/ViewerPreferences<</DisplayDocTitle true>>/OutputIntents[<</Type/OutputIntent"
            "/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/Info(sRGB IEC61966-2.1)"
            f"/DestOutputProfile {_COLOUR} 0 R>>]>>",
        )
        self._table()

    def _table(self) -> None:
        start, mark = self._at, self._mark.hexdigest()[:32]
        self._put(f"xref\n0 {self._next}\n0000000000 65535 f \n".encode())
        for number in range(1, self._next):
            self._put(b"%010d 00000 n \n" % self._places[number])
        self._put(
            f"trailer\n<</Size {self._next}/Root {_CATALOG} 0 R/ID[<{mark}><{mark}>]>>\n"
            f"startxref\n{start}\n%%EOF\n".encode()
        )

    def _font(self, number: int, of: Face) -> None:
        child, descriptor, file, letters = range(number + 1, number + 5)
        self._object(
            number,
            f"<</Type/Font/Subtype/Type0/BaseFont/{of.name}/Encoding/Identity-H"
            f"/DescendantFonts[{child} 0 R]/ToUnicode {letters} 0 R>>",
        )
        widths = " ".join(map(str, of.widths))
        self._object(
            child,
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{of.name}/CIDToGIDMap/Identity"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/DW 1000/W[0[{widths}]]>>",
        )
        box = " ".join(map(str, of.box))
        self._object(
            descriptor,
            f"<</Type/FontDescriptor/FontName/{of.name}/Flags 4/FontBBox[{box}]/ItalicAngle 0"
            f"/Ascent {of.ascent}/Descent {of.descent}/CapHeight 700/StemV 80"
            f"/FontFile2 {file} 0 R>>",
        )
        self._stream(file, f"/Length1 {len(of.content)}", of.content)
        self._stream(letters, "", _letters(of))

    def _object(self, number: int, content: str) -> None:
        self._places[number] = self._at
        self._put(f"{number} 0 obj\n{content}\nendobj\n".encode())

    def _stream(self, number: int, entries: str, content: bytes, *, plain: bool = False) -> None:
        body = content if plain else zlib.compress(content, _FAST)
        how = "" if plain else "/Filter/FlateDecode"
        self._places[number] = self._at
        self._put(
            f"{number} 0 obj\n<<{entries}{how}/Length {len(body)}>>\nstream\n".encode()
            + body
            + b"\nendstream\nendobj\n"
        )

    def _put(self, content: bytes) -> None:
        self._sink.write(content)
        self._mark.update(content)
        self._at += len(content)


@cache
def _srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _letters(of: Face) -> bytes:
    """Say which letter each glyph is, so that the text can be searched and read aloud."""
    by_glyph = {glyph: code for code, glyph in sorted(of.glyphs.items(), reverse=True)}
    pairs = [f"<{glyph:04X}><{code:04X}>" for glyph, code in sorted(by_glyph.items())]
    parts = [pairs[at : at + _LETTERS_AT_ONCE] for at in range(0, len(pairs), _LETTERS_AT_ONCE)]
    told = "\n".join("\n".join((f"{len(part)} beginbfchar", *part, "endbfchar")) for part in parts)
    return (
        "/CIDInit/ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n"
        "/CMapName/Adobe-Identity-UCS def/CMapType 2 def\n"
        "1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n"
        f"{told}\nendcmap CMapName currentdict/CMap defineresource pop end end"
    ).encode()


def _metadata(title: str) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>2</pdfaid:part>'
        "<pdfaid:conformance>B</pdfaid:conformance><dc:format>application/pdf</dc:format>"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt>'
        "</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()
