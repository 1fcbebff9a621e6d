"""Images: MNIST's files and folders of pictures, split by a seed; and what is wrong with them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engine.datasets import mnist
from engine.errors import DataError
from engine.pipeline import images
from engine.pipeline.images import Images, decode, read_digits, read_folder


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def read(folder: Path, *, seed: int = 0, skip_bad: bool = False, channels: int = 3, side: int = 12) -> Images:
    return read_folder(folder, channels=channels, size=(side, side), seed=seed, skip_bad=skip_bad, progress=silent)


def test_a_fifth_of_each_class_is_held_out_and_no_image_is_on_both_sides(draw_folder: Callable[..., Path]) -> None:
    found = read(draw_folder(cat=10, dog=5, owl=2))
    assert found.classes == ("cat", "dog", "owl")
    assert torch.bincount(found.train.label).tolist() == [8, 4, 1]
    assert torch.bincount(found.held_out.label).tolist() == [2, 1, 1]
    assert not set(found.train.names) & set(found.held_out.names)
    assert found.train.names[0].startswith("cat")


def test_the_split_is_the_seeds(photos: Path) -> None:
    assert read(photos, seed=1).held_out.names == read(photos, seed=1).held_out.names
    assert read(photos, seed=1).held_out.names != read(photos, seed=2).held_out.names


def test_pixels_are_those_of_the_file(photos: Path) -> None:
    found = read(photos)
    expected = np.asarray(Image.open(photos / found.train.names[3])).transpose(2, 0, 1)
    assert np.array_equal(found.train.pictures[[3]][0].numpy(), expected)


def test_an_image_is_cut_to_its_middle_and_resized(tmp_path: Path) -> None:
    pixel = np.zeros((20, 40), np.uint8)
    pixel[:, 10:30] = 200
    Image.fromarray(pixel).save(tmp_path / "wide.png")
    # The filter takes a little of the dark beside the cut into the columns at the edges.
    assert (decode(tmp_path / "wide.png", 1, (10, 10))[:, :, 1:-1] == 200).all()
    assert decode(tmp_path / "wide.png", 3, (10, 10)).shape == (3, 10, 10)


def test_images_that_are_too_many_to_keep_are_decoded_when_they_are_asked_for(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = read(photos)
    monkeypatch.setattr(images, "MOST_KEPT_BYTES", 100)
    streamed = read(photos)
    assert not isinstance(streamed.train.pictures, torch.Tensor)
    assert torch.equal(streamed.train.pictures[[5, 0, 7]], kept.train.pictures[[5, 0, 7]])


def test_a_colour_image_is_read_as_grey_by_the_weights_of_the_eye(draw_folder: Callable[..., Path]) -> None:
    folder = draw_folder(cat=2, dog=2)
    Image.new("RGB", (12, 12), (200, 100, 50)).save(folder / "cat" / "00.png")
    found = read(folder, channels=1)
    assert isinstance(found.train.pictures, torch.Tensor)
    assert found.train.pictures.shape[1:] == (1, 12, 12)
    # ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B.
    assert decode(folder / "cat" / "00.png", 1, (12, 12)).flatten().tolist() == [124] * 144


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["ramp.png", "ramp.tif", "ramp.pgm"])
def test_sixteen_bits_a_pixel_become_eight_and_none_is_cut_off(channels: int, name: str, tmp_path: Path) -> None:
    # 257 · v is v on the scale of sixteen bits: 65535 = 257 · 255.
    eight = np.arange(256, dtype=np.uint16).reshape(16, 16)
    Image.fromarray(eight * 257).save(tmp_path / name)
    found = decode(tmp_path / name, channels, (16, 16))
    assert all(np.array_equal(channel, eight) for channel in found)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_of_no_known_range_are_refused(dtype: type, tmp_path: Path) -> None:
    Image.fromarray(np.ones((4, 4), dtype)).save(tmp_path / "x.tif")
    with pytest.raises(OSError, match="have no known range, expected 8 or 16 bits"):
        decode(tmp_path / "x.tif", 3, (4, 4))


def test_a_turned_photo_is_upright_and_a_transparent_one_keeps_its_colours(tmp_path: Path) -> None:
    pixel = np.zeros((4, 4, 3), np.uint8)
    pixel[0] = 204  # a colour of the palette
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down, as the EXIF standard counts
    Image.fromarray(pixel[::-1].copy()).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(decode(tmp_path / "turned.png", 3, (4, 4)), pixel.transpose(2, 0, 1))
    palette = Image.fromarray(pixel).convert("P")
    palette.save(tmp_path / "palette.png", transparency=bytes([0, 128]))
    assert np.array_equal(decode(tmp_path / "palette.png", 3, (4, 4)), pixel.transpose(2, 0, 1))


def spoil(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def test_unreadable_images_are_counted_and_named(photos: Path) -> None:
    spoil(photos / "cat" / "03.png")
    (photos / "dog" / "04.png").write_text("no image")
    with pytest.raises(DataError, match=r"2 of 20 images can't be read: .*03\.png \(.*\); .*04\.png \(not an image\)"):
        read(photos)


def test_unreadable_images_are_left_out_only_when_asked(photos: Path) -> None:
    spoil(photos / "cat" / "03.png")
    found = read(photos, skip_bad=True)
    assert found.skipped == (str(Path("cat/03.png")),)
    assert len(found.train) + len(found.held_out) == 19
    assert "cat/03.png" not in {*found.train.names, *found.held_out.names}


def test_whatever_pillow_raises_is_an_unreadable_image(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import struct

    def damaged(*_: object, **__: object) -> None:
        raise struct.error("unpack requires a buffer of 4 bytes")

    monkeypatch.setattr("PIL.ImageOps.fit", damaged)
    with pytest.raises(DataError, match=r"20 of 20 images can't be read: .*\(unpack requires a buffer of 4 bytes\)"):
        read(photos)


def test_a_link_that_leads_nowhere_is_an_unreadable_image(photos: Path) -> None:
    (photos / "cat" / "link.png").symlink_to(photos / "nowhere.png")
    (photos / "dog" / "link.png").symlink_to(photos / "cat" / "00.png")
    with pytest.raises(DataError, match=r"1 of 22 images can't be read: .*cat/link\.png \(it leads to no file\)"):
        read(photos)


def test_odd_but_readable_images_raise_no_warning(
    photos: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Every warning is an error in these tests.
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 100)
    # A TIFF of 2,048 samples a pixel (tag 277), of which Pillow logs an error.
    Image.new("L", (4, 4)).save(photos / "cat" / "odd.tif", tiffinfo={277: 2048})
    with pytest.raises(DataError, match=r"1 of 21 images can't be read: .*odd\.tif"):
        read(photos)
    (photos / "cat" / "odd.tif").unlink()
    assert not caplog.records
    assert len(read(photos).train) == 16
    monkeypatch.setattr(images, "MOST_KEPT_BYTES", 100)
    assert read(photos).train.pictures[[0]].shape == (1, 3, 12, 12)


def test_a_long_list_of_unreadable_images_is_cut(photos: Path) -> None:
    for name in range(5):
        (photos / "cat" / f"0{name}.png").write_text("no image")
    with pytest.raises(DataError, match="and 2 more; --skip-bad leaves them out"):
        read(photos)


def test_a_class_that_has_one_image_left_is_refused(draw_folder: Callable[..., Path]) -> None:
    folder = draw_folder(cat=4, dog=2)
    spoil(folder / "dog" / "00.png")
    with pytest.raises(DataError, match="dog: readable images: 1, expected 2 or more"):
        read(folder, skip_bad=True)


def test_an_empty_class_folder_is_refused(photos: Path) -> None:
    (photos / "owl").mkdir()
    (photos / "owl" / "notes.txt").write_text("no image")
    with pytest.raises(DataError, match="owl: the class folder holds no image"):
        read(photos)


def test_one_class_only_is_refused(draw_folder: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="one class only, cat, expected a sub-folder of images for each of two classes"):
        read(draw_folder(cat=3))


def test_classes_that_differ_in_capitals_alone_are_refused(photos: Path) -> None:
    # To Excel's = they are one, and so they are to some file systems.
    (photos / "dog").rename(photos / "Cat")
    if len(list(photos.iterdir())) == 2:
        with pytest.raises(DataError, match="the classes Cat and cat differ in capitals alone"):
            read(photos)


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sub-folder, expected"):
        read(tmp_path)
    with pytest.raises(DataError, match="this is no folder"):
        read(tmp_path / "nowhere")


def test_hidden_folders_are_no_classes(photos: Path) -> None:
    (photos / ".thumbnails").mkdir()
    assert read(photos).classes == ("cat", "dog")


def test_hidden_files_are_no_images(photos: Path) -> None:
    # macOS leaves such beside the images on a disk of another make, file managers in folders of their own.
    (photos / "cat" / "._00.png").write_bytes(b"\0\5\x16\7")
    (photos / "cat" / ".thumbnails").mkdir()
    (photos / "cat" / ".thumbnails" / "00.png").write_bytes((photos / "cat" / "00.png").read_bytes())
    assert len(read(photos).train) + len(read(photos).held_out) == 20


def test_names_of_any_bytes_are_read(photos: Path) -> None:
    odd = os.fsdecode(b"\xff\xfe \xe2\x82\xac\n")
    (photos / "cat").rename(photos / odd)
    found = read(photos)
    assert found.classes == ("dog", odd)
    assert len(found.digest) == 64


def test_a_folder_that_can_not_be_listed_is_named(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The user who runs the tests may be allowed everything.
    listed = os.listdir, os.scandir

    def forbid(locked: Path) -> None:
        def asked(real: Callable[..., Any]) -> Callable[..., Any]:
            def ask(path: Any = ".") -> Any:
                if Path(path) == locked:
                    raise PermissionError(13, "Permission denied", str(path))
                return real(path)

            return ask

        for name, real in zip(("listdir", "scandir"), listed, strict=True):
            monkeypatch.setattr(os, name, asked(real))

    forbid(photos)
    with pytest.raises(DataError, match=r"photos: the folder can't be read \(Permission denied\)"):
        read(photos)
    with pytest.raises(DataError, match="the folder can't be read"):
        images.is_mnist(photos)
    (photos / "cat" / "more").mkdir()
    forbid(photos / "cat" / "more")
    with pytest.raises(DataError, match=r"cat/more: the folder can't be read \(Permission denied\)"):
        read(photos)


def test_folders_that_links_lead_to_are_read_once(photos: Path, tmp_path: Path) -> None:
    photos.rename(tmp_path / "real")
    (tmp_path / "mine" / "dog").mkdir(parents=True)
    (tmp_path / "mine" / "cat").symlink_to(tmp_path / "real" / "cat")
    (tmp_path / "mine" / "dog" / "old").symlink_to(tmp_path / "real" / "dog")
    (tmp_path / "real" / "dog" / "round").symlink_to(tmp_path / "real" / "dog")
    found = read(tmp_path / "mine")
    assert len(found.train) + len(found.held_out) == 20


def test_the_digest_tells_other_images(photos: Path) -> None:
    before = read(photos).digest
    assert read(photos).digest == before
    whole = (photos / "cat" / "00.png").read_bytes()
    (photos / "cat" / "00.png").write_bytes(whole[:-12] + whole[-12:].replace(b"IEND", b"iEND"))
    assert (photos / "cat" / "00.png").stat().st_size == len(whole)
    assert read(photos, skip_bad=True).digest != before
    (photos / "cat" / "00.png").write_bytes(whole)
    assert read(photos).digest == before
    (photos / "cat" / "00.png").unlink()
    assert read(photos).digest != before


def test_the_bundled_digits_are_cut_to_a_few_of_three() -> None:
    found = read_digits(None, seed=3, keep=(7, 8, 9), a_class=4)
    digits = mnist.load()
    assert found.classes == ("7", "8", "9")
    assert torch.bincount(found.train.label).tolist() == [4, 4, 4]
    assert len(found.held_out) == int(np.isin(digits.held_out.label, (7, 8, 9)).sum())
    number = int(found.train.names[0].removeprefix("image ")) - 1
    assert np.array_equal(found.train.pictures[[0]][0, 0].numpy(), digits.train.image[number])
    assert digits.train.label[number] == 7 + int(found.train.label[0])
    assert read_digits(None, seed=4, keep=(7, 8, 9), a_class=4).train.names != found.train.names


def test_a_folder_of_mnists_files_is_known_by_their_names(tmp_path: Path) -> None:
    assert not images.is_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").touch()
    assert images.is_mnist(tmp_path)
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        read_digits(tmp_path)
