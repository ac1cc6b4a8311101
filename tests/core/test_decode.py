"""core.decode: every kind of image becomes RGB of one size, and one that cannot is named."""

import struct
import zlib

import numpy as np
import pytest
from image_files import encoded, random_split
from PIL import Image

from core.data import DataError, load
from core.decode import MAX_PIXELS, Encoded, decode


@pytest.fixture(autouse=True)
def _no_cache_of_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("ABLATIONS_CACHE", str(tmp_path / "cache"))


RED, GRAY = np.array([[[255, 0, 0]]], np.uint8), np.array([[[90, 90, 90]]], np.uint8)


def pixels_of(data, side=None):
    return decode([[Encoded("here.png", data, "rose")]], side).pixels[0]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "L", "LA", "1"])
def test_every_mode_becomes_rgb(mode):
    image = Image.new("RGB", (4, 4), (255, 0, 0) if mode not in ("L", "LA", "1") else (255, 255, 255)).convert(mode)
    image = image.convert("RGB") if mode == "CMYK" else image
    assert np.array_equal(pixels_of(encoded(image)), np.broadcast_to(np.array(image.convert("RGB")), (4, 4, 3)))


def test_a_palette_with_transparency_becomes_rgb():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert (pixels_of(encoded(image, transparency=b"\x00\x80")) == RED).all()


def test_files_and_bytes_of_all_three_formats_are_read(tmp_path):
    (_, exact), *_ = random_split(1)
    (tmp_path / "a.png").write_bytes(encoded(exact))
    assert np.array_equal(pixels_of(tmp_path / "a.png"), exact)
    assert np.array_equal(pixels_of(encoded(exact, "WEBP", lossless=True)), exact)
    gray = Image.new("L", (8, 8), 90)
    assert (pixels_of(encoded(gray, "JPEG")) == GRAY).all()


def test_side_resizes_the_shorter_side_and_crops_the_center():
    image = np.zeros((8, 24, 3), np.uint8)
    image[:, 8:16] = 200  # the center square
    assert (pixels_of(encoded(image), side=8) == 200).all()
    assert pixels_of(encoded(image), side=4).shape == (4, 4, 3)
    checks = np.indices((64, 64)).sum(0).astype(np.uint8)[..., None].repeat(3, 2) % 2 * 255
    assert abs(pixels_of(encoded(checks), side=8).astype(int) - 128).max() <= 2  # antialiased, not sampled


def test_sizes_that_differ_are_refused_without_a_side(tmp_path):
    for split, sides in (("train", (8, 9)), ("test", (8,))):
        for number, side in enumerate(sides * 5):
            (tmp_path / split / "rose").mkdir(parents=True, exist_ok=True)
            (tmp_path / split / "rose" / f"{number}.png").write_bytes(encoded(random_split(1, side=side)[0][1]))
    with pytest.raises(DataError, match=r"differ in size \(.*0.png is 8x8, .*1.png is 9x9\): set image_size"):
        load("flowers", tmp_path)
    assert load("flowers", tmp_path, tmp_path / "cache", side=6).train.pixels.shape[1:] == (6, 6, 3)


def test_test_images_of_another_size_are_refused(tmp_path):
    for split, side in (("train", 8), ("test", 9)):
        (tmp_path / split / "rose").mkdir(parents=True)
        for number in range(3):
            (tmp_path / split / "rose" / f"{number}.jpg").write_bytes(encoded(random_split(1, side=side)[0][1], "JPEG"))
    with pytest.raises(DataError, match="test images differ in size from training images: set image_size"):
        load("flowers", tmp_path)


def test_a_side_must_be_positive(tmp_path):
    with pytest.raises(DataError, match="image_size takes a number of pixels, at least 1, not 0"):
        load("shapes", side=0)


def png_header(width, height):
    """The beginning of a PNG of this size, as far as its first pixels: all that may be read of a bomb."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT"


@pytest.mark.parametrize("size", [(8193, 8192), (60_000, 60_000), (2**31 - 1, 1), (1, 2**26 + 1)])
@pytest.mark.parametrize("place", ["bytes", "file"])
def test_a_bomb_is_refused_by_its_header(size, place, tmp_path):
    (tmp_path / "bomb.png").write_bytes(png_header(*size))
    with pytest.raises(
        DataError, match=r"cannot read image here.png: more than 67108864 pixels, as it is or as resized"
    ):
        pixels_of(png_header(*size) if place == "bytes" else tmp_path / "bomb.png", side=8)
    assert MAX_PIXELS == 67108864 <= Image.MAX_IMAGE_PIXELS, "PIL's own limit would come first"


def test_the_limit_itself_is_no_bomb():
    with pytest.raises(DataError, match=r"here\.png: (?!more than)"):  # it goes on to the pixels, and there are none
        pixels_of(png_header(8192, 8192))


def test_a_thin_image_is_no_bomb_once_resized():
    thin = encoded(np.zeros((1, 4000, 3), np.uint8))
    assert pixels_of(thin).shape == (1, 4000, 3)
    with pytest.raises(DataError, match="more than 67108864 pixels, as it is or as resized"):
        pixels_of(thin, side=200)  # 200 x 800 000


def test_a_label_is_as_long_as_a_folders_name():
    image = encoded(np.zeros((4, 4, 3), np.uint8))
    assert decode([[Encoded("here.png", image, "x" * 255)]], None).labels[0] == "x" * 255
    with pytest.raises(DataError, match=r"^here\.png has a label of 256 letters: give it 255 at most$"):
        decode([[Encoded("here.png", image, "x" * 256)]], None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a PNG, JPEG or WebP"),
        (b"no image", "not a PNG, JPEG or WebP"),
        (encoded(Image.new("RGB", (4, 4)), "GIF"), "not a PNG, JPEG or WebP"),
        (encoded(random_split(1)[0][1])[:-60], "; repair or remove it"),
        (encoded(random_split(1)[0][1], "JPEG")[:-60], "Truncated"),
        (encoded(Image.new("I;16", (4, 4), 60_000)), "not 8-bit"),
    ],
)
def test_an_unreadable_image_is_named_in_one_line(data, reason):
    with pytest.raises(DataError, match=rf"^cannot read image here\.png: .*{reason}") as caught:
        pixels_of(data)
    assert "\n" not in str(caught.value)
