"""Read a workbook as a spreadsheet would."""

import io
import zipfile
from xml.etree import ElementTree as ET

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_xlsx(data: bytes) -> list[list[str]]:
    """The texts of the one sheet; every part has to be sound, and every cell a text."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        parts = {name: ET.fromstring(file.read(name)) for name in file.namelist()}
    targets = {part.get("PartName") for part in parts["[Content_Types].xml"]} - {None}
    assert targets == {"/xl/workbook.xml", "/xl/styles.xml", "/xl/worksheets/sheet1.xml"}
    table = []
    for row in parts["xl/worksheets/sheet1.xml"].iter(f"{MAIN}row"):
        assert {c.get("t") for c in row} <= {"inlineStr", None}
        assert not list(row.iter(f"{MAIN}f")), "a formula"
        table.append(["".join(t.text or "" for t in cell.iter(f"{MAIN}t")) for cell in row])
    return table
