"""Files that cannot be trusted are refused, each in one sentence that names the file and what is wrong with it."""

import io
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from workbook.errors import FileError
from workbook.xlsx import guard
from workbook.xlsx.read import read_workbook

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, bytes]:
    """The parts of a small good workbook that xlsxwriter wrote: A1 is 1, A2 a text."""
    path = tmp_path / "good.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Sheet")
    sheet.write_number(0, 0, 1)
    sheet.write_string(1, 0, "text")
    book.close()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, parts: dict[str, bytes]) -> Path:
    """Pack the parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def refusal(path: Path) -> str:
    """The sentence with which the file is refused, without the name of the file that it starts with."""
    with pytest.raises(FileError) as caught:
        read_workbook(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert "\n" not in sentence
    return sentence.removeprefix(str(path))


def test_the_good_file_of_these_tests_is_read(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "copy.xlsx", parts)
    guard.check(path)
    assert read_workbook(path).sheets["Sheet"].cells[1, 1].value == 1.0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.xlsx") == ": there is no such file"


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path) == ": it is a folder; name a workbook in it"


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    path.touch()
    assert refusal(path) == ": it is empty; an .xlsx or .xlsm workbook was expected"


def test_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    path.write_text("a,b\n1,2\n")
    assert "is not an Excel workbook" in refusal(path)


def test_the_lock_file_of_an_open_workbook(tmp_path: Path) -> None:
    path = tmp_path / "~$book.xlsx"
    path.write_bytes(b"\x05Anna" + b" " * 160)
    assert "is the lock file of a workbook that is open in Excel; name the workbook itself" in refusal(path)


def test_a_cut_off_file(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "cut.xlsx", parts)
    path.write_bytes(path.read_bytes()[:-200])
    assert "not an Excel workbook" in refusal(path) or "damaged" in refusal(path)


def test_a_flipped_byte(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "flipped.xlsx", parts)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo(SHEET).header_offset + 30 + len(SHEET) + 20
    data[place] ^= 0xFF
    path.write_bytes(data)
    assert f"the part '{SHEET}' is damaged" in refusal(path)


def test_a_zip_that_holds_no_workbook(tmp_path: Path) -> None:
    assert "zip archive but not an Excel workbook" in refusal(write(tmp_path / "a.xlsx", {"words.txt": b"words"}))


def test_a_word_document(tmp_path: Path, parts: dict[str, bytes]) -> None:
    document = {name: data.replace(b"xl/workbook.xml", b"word/document.xml") for name, data in parts.items()}
    document["word/document.xml"] = (
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    )
    assert "not an Excel workbook (its main part 'word/document.xml'" in refusal(write(tmp_path / "a.xlsx", document))


def test_an_opendocument_file(tmp_path: Path) -> None:
    ods = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}
    assert "OpenDocument file (.ods); save it as .xlsx first" in refusal(write(tmp_path / "a.ods", ods))


def test_a_file_of_numbers(tmp_path: Path) -> None:
    numbers = {"Index/Document.iwa": b"\x00", "Metadata/Properties.plist": b"bplist00"}
    assert "a file of Apple's Numbers, Pages or Keynote; export it as .xlsx first" in refusal(
        write(tmp_path / "a.numbers", numbers)
    )


def test_an_old_workbook_and_one_with_a_password(tmp_path: Path) -> None:
    # The frame of both, and the names of streams in its directory: [MS-CFB] 2.2 and 2.6.1, [MS-OFFCRYPTO] 2.3.4.4.
    def framed(stream: str) -> str:
        (tmp_path / "a.xlsx").write_bytes(
            bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2**20 - 20) + stream.encode("utf-16-le") + bytes(64)
        )
        return refusal(tmp_path / "a.xlsx")

    assert "it has a password; save it without one first" in framed("EncryptedPackage")
    assert "an old .xls workbook, or another old Office file; save it as .xlsx first" in framed("Workbook")


def test_a_binary_workbook(tmp_path: Path, parts: dict[str, bytes]) -> None:
    binary = {name: data.replace(b"xl/workbook.xml", b"xl/workbook.bin") for name, data in parts.items()}
    binary["xl/workbook.bin"] = b"\x83\x01\x00"
    assert "binary workbook (.xlsb); save it as .xlsx first" in refusal(write(tmp_path / "a.xlsb", binary))


def test_a_bomb_that_declares_its_size(
    tmp_path: Path, parts: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MAX_BYTES", 100_000)
    path = write(tmp_path / "bomb.xlsx", parts | {"xl/media/big.bin": bytes(100_000)})
    assert "more than 100,000 (a zip bomb?)" in refusal(path)


def test_a_part_that_shrinks_absurdly(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "bomb.xlsx", parts | {"xl/media/big.bin": bytes(20 * 2**20)})
    assert "'xl/media/big.bin' would unpack" in refusal(path)


def test_a_part_that_is_longer_than_it_declares(tmp_path: Path, parts: dict[str, bytes]) -> None:
    # The size and checksum of a good beginning, and a long tail behind it: zipfile alone would read the beginning.
    good = parts[SHEET]
    lying = write(tmp_path / "lying.xlsx", parts | {SHEET: good + b" " * 5_000_000})
    honest = write(tmp_path / "honest.xlsx", parts)
    with zipfile.ZipFile(honest) as archive:
        info = archive.getinfo(SHEET)
    data = bytearray(lying.read_bytes())
    central = data.rindex(SHEET.encode()) - 46
    with zipfile.ZipFile(lying) as archive:
        local = archive.getinfo(SHEET).header_offset
    for crc_place, size_place in [(central + 16, central + 24), (local + 14, local + 22)]:
        struct.pack_into("<I", data, crc_place, info.CRC)
        struct.pack_into("<I", data, size_place, info.file_size)
    lying.write_bytes(data)
    with zipfile.ZipFile(lying) as archive:
        assert archive.read(SHEET) == good
    assert f"the part '{SHEET}' unpacks to more than it declares" in refusal(lying)
    with pytest.raises(FileError, match="more than it declares"):
        guard.check(lying)


@pytest.mark.parametrize("twin", [SHEET, SHEET.upper(), "/" + SHEET, SHEET.replace("/", "\\")])
def test_two_members_of_one_name(tmp_path: Path, parts: dict[str, bytes], twin: str) -> None:
    path = write(tmp_path / "twins.xlsx", parts)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        info = zipfile.ZipInfo()
        info.filename = twin
        archive.writestr(info, parts[SHEET])
    assert "has two members named" in refusal(path)


@pytest.mark.parametrize("name", ["", "\0", "\0xl/workbook.xml", "/", "\\"])
def test_a_member_without_a_name(tmp_path: Path, parts: dict[str, bytes], name: str) -> None:
    path = write(tmp_path / "nameless.xlsx", parts)
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo()
        info.filename = name
        archive.writestr(info, b"")
    assert "has a member without a name" in refusal(path)


def test_too_many_members(tmp_path: Path, parts: dict[str, bytes]) -> None:
    many = {f"xl/media/{number}": b"" for number in range(10_001)}
    assert "more than 10,000" in refusal(write(tmp_path / "many.xlsx", parts | many))


def test_a_method_of_packing_that_excel_never_uses(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "lzma.xlsx", parts)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/extra.xml", b"<a/>")
    assert "packed by a method that Excel never uses" in refusal(path)


def test_an_encrypted_member(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "secret.xlsx", parts)
    data = bytearray(path.read_bytes())
    central = data.rindex(SHEET.encode()) - 46
    data[central + 8] |= 1
    path.write_bytes(data)
    assert "is encrypted" in refusal(path)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize("doctype", [ENTITIES, "<!DOCTYPE x>", '<!DOCTYPE x SYSTEM "file:///etc/hosts">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(
    "part", ["_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", SHEET]
)
def test_a_document_type_in_any_part_that_is_read(
    tmp_path: Path, parts: dict[str, bytes], part: str, encoding: str, doctype: str
) -> None:
    text = parts[part].decode()
    body = text[text.index("?>") + 2 :] if text.startswith("<?xml") else text
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    name = "utf-16" if encoding == "utf-16-be" else encoding
    parts[part] = f'{mark}<?xml version="1.0" encoding="{name}"?>{doctype}{body}'.encode(encoding)
    assert f"'{part}' declares a document type" in refusal(write(tmp_path / "dtd.xlsx", parts))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", SHEET])
def test_xml_that_is_cut_off(tmp_path: Path, parts: dict[str, bytes], part: str) -> None:
    parts[part] = parts[part][:-12]
    assert f"'{part}' is damaged XML" in refusal(write(tmp_path / "cut.xlsx", parts))


@pytest.mark.parametrize("encoding", ["no-such-encoding", "shift_jis", "utf-7"])
def test_an_encoding_that_no_excel_file_has(tmp_path: Path, parts: dict[str, bytes], encoding: str) -> None:
    parts[SHEET] = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + parts[SHEET]
    assert f"'{SHEET}' is damaged XML" in refusal(write(tmp_path / "a.xlsx", parts))


def test_a_missing_sheet(tmp_path: Path, parts: dict[str, bytes]) -> None:
    del parts[SHEET]
    assert f"the part '{SHEET}' is missing" in refusal(write(tmp_path / "a.xlsx", parts))


def test_checking_reads_every_part(tmp_path: Path, parts: dict[str, bytes]) -> None:
    path = write(tmp_path / "media.xlsx", parts | {"xl/media/a.bin": bytes(range(256))})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        place = archive.getinfo("xl/media/a.bin").header_offset + 30 + len("xl/media/a.bin") + 40
    data[place] ^= 0xFF
    path.write_bytes(data)
    read_workbook(path)
    with pytest.raises(FileError, match=r"'xl/media/a\.bin' is damaged"):
        guard.check(path)


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"\xff" * 18]
)
def test_rubbish_that_begins_like_a_zip(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rubbish.xlsx"
    path.write_bytes(content)
    assert refusal(path)
