"""Files inside the page: images to look at, and what can be downloaded from it."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from matplotlib.figure import Figure
from PIL import Image

from n2mu.errors import ProductError
from n2mu.plots.style import save_figure
from n2mu.plots.tabular import Tabular

KINDS = {
    ".pdf": "application/pdf",
    ".tex": "application/x-tex",
    ".txt": "text/plain",
    ".json": "application/json",
}
SHADES = 31
_ROUNDED = [round(round(value * SHADES / 255) * 255 / SHADES) for value in range(256)] * 3

DOTS_PER_PIXEL = 2.2
"""Figures have more pixels than they take on the page, for sharp screens and for zooming in."""


@dataclass(frozen=True)
class Picture:
    """An image in the page.

    Attributes
    ----------
    uri
        The image itself, as a data URI.
    width, height
        In pixels of the file.
    """

    uri: str
    width: int
    height: int

    @property
    def shown(self) -> int:
        """Width in the pixels of the page."""
        return round(self.width / DOTS_PER_PIXEL)

    @property
    def tall(self) -> int:
        """Height in the pixels of the page."""
        return round(self.height / DOTS_PER_PIXEL)


@dataclass(frozen=True)
class Download:
    """A file that can be saved from the page."""

    name: str
    uri: str

    @property
    def kind(self) -> str:
        """What the link says: the kind of file."""
        return {".tex": "LaTeX", ".txt": "text"}.get(
            Path(self.name).suffix, Path(self.name).suffix[1:].upper()
        )


@cache
def picture(path: Path) -> Picture:
    """Return a PNG as an image of as many pixels that takes a tenth of the bytes.

    Colours are rounded to one in `SHADES` of the scale, which nobody sees and which takes the noise
    out of soft edges.

    Raises
    ------
    ProductError
        If the file is missing or no image.
    """
    try:
        with Image.open(path) as image:
            pixels = image.convert("RGB").point(_ROUNDED)
    except OSError as error:
        raise ProductError(
            f"{path}: no image that can be read ({error}); run the rule that draws it again"
        ) from None
    packed = BytesIO()
    pixels.save(packed, "WEBP", lossless=True, quality=60, method=4)
    return Picture(_uri("image/webp", packed.getvalue()), *pixels.size)


def download(path: Path, name: str) -> Download:
    """Return a file for saving under a name.

    Raises
    ------
    ProductError
        If it is missing.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProductError(f"{path}: {error.strerror}; run the rule that writes it again") from None
    return Download(name, _uri(KINDS[path.suffix], content))


def pictured(figure: Figure, name: str) -> tuple[Picture, Download]:
    """Return a figure that nobody has drawn before, for looking at and for saving."""
    with TemporaryDirectory() as directory:
        stem = Path(directory) / name
        save_figure(figure, stem)
        image, pdf = (stem.with_name(f"{name}{suffix}") for suffix in (".png", ".pdf"))
        return picture(image), download(pdf, pdf.name)


def as_latex(table: Tabular, name: str) -> Download:
    """Return a table as LaTeX for saving under a name."""
    return Download(name, _uri(KINDS[".tex"], table.latex().encode()))


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
