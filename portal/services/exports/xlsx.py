"""A workbook of one sheet, written as it is read: no library does that without a whole file first.

The least that ECMA-376 (SpreadsheetML) asks for: text cells written in place, in a zip that is
streamed. A text cell is never taken for a formula, and its digits stay as they are: every cell has
the format "Text", also when it is edited.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from xml.sax.saxutils import escape

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/styles.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="xl/workbook.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        "<bookViews><workbookView/></bookViews>"
        '<sheets><sheet name="TITLE" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
        '<Relationship Id="rId2" Target="styles.xml" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/>'
        "</Relationships>"
    ),
    "xl/styles.xml": (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<fonts><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
        '<cellStyleXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        "</cellStyleXfs><cellXfs>"
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
        'applyFont="1"/></cellXfs><cellStyles>'
        '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
"""The first cell format is for everything except the headings. 49 is "Text"."""
_END = (
    '</sheetData><ignoredErrors><ignoredError sqref="A1:XFD1048576" numberStoredAsText="1"/>'
    "</ignoredErrors></worksheet>"
)
"""Turns off the green corner on each phone number."""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Spreadsheets read `_x0041_` as an A: its first mark is written as such an escape itself."""
LONGEST_CELL = 32_767
NARROWEST, WIDEST = 8, 50
"""Characters in a column."""
_EDGES = 2


def xlsx_pieces(
    header: Sequence[str], chunks: Iterable[Sequence[Sequence[str]]], title: str = "Search"
) -> Iterator[bytes]:
    """The file in pieces, one or more for each chunk of rows. The columns are as wide as the
    headings and the first chunk need."""
    chunks = iter(chunks)
    first = next(chunks, [])
    out = _Sink()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in _PARTS.items():
            file.writestr(name, _HEAD + content.replace("TITLE", escape(title)))
        with file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            opening = (
                '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
                'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            )
            columns = _columns([header, *first])
            heading = _row(header).replace("<c ", '<c s="1" ')
            sheet.write(f"{_HEAD}{opening}{columns}<sheetData>{heading}".encode())
            for rows in chain([first], chunks):
                sheet.write("".join(_row(row) for row in rows).encode())
                if piece := out.taken():
                    yield piece
            sheet.write(_END.encode())
    yield out.taken()


def _columns(rows: Iterable[Sequence[str]]) -> str:
    widths = (max(map(_width, cells)) for cells in zip_longest(*rows, fillvalue=""))
    listed = (
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(widths, 1)
    )
    return f"<cols>{''.join(listed)}</cols>"


def _width(text: str) -> int:
    """Characters of the width of a digit."""
    width = len(text)
    if not text.isascii():
        width += sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return min(max(width + _EDGES, NARROWEST), WIDEST)


def _row(cells: Iterable[str]) -> str:
    return f"<row>{''.join(_cell(cell) for cell in cells)}</row>"


def _cell(text: str) -> str:
    if not text:
        return "<c/>"
    clean = escape(_LOOKS_ESCAPED.sub("_x005F_", _NOT_XML.sub("", text)[:LONGEST_CELL]))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{clean}</t></is></c>'


class _Sink(io.RawIOBase):
    """Takes what the zip writes, to be handed on; it can't be gone back in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        taken = bytes(piece)  # type: ignore[call-overload]
        self._pieces.append(taken)
        return len(taken)

    def taken(self) -> bytes:
        found = b"".join(self._pieces)
        self._pieces.clear()
        return found
