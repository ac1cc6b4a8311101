"""A figure as SVG inside a page: text stays text, and nothing in it needs styles or names of the page's own."""

import io
import re
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

from results._hover import titled
from results.style import STYLE

SCALE = 1.85  # pixels a point: print's 6.5 points are read at arm's length as 12 pixels
_LONG = re.compile(r"-?\d+\.\d{3,}")
_SIZE = re.compile(r"([\d.]+)px")


def inline(figure: Figure, name: str, about: str) -> str:
    """The figure as an <svg> element. `name` begins its ids, so that pictures of one page do not take each other's.

    Marks that say something are groups of class "said" with a <title>. Colors are attributes, which a page may
    overrule: it forbids style attributes altogether.
    """
    written = io.StringIO()
    with rc_context(STYLE | {"svg.fonttype": "none"}):  # type: ignore[arg-type]
        figure.savefig(written, format="svg", metadata={"Date": None}, transparent=True)  # on the page's own ground
    root = ElementTree.fromstring(titled(written.getvalue()))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in ("metadata", "style")]:
            parent.remove(child)
        if parent.find("title") is not None:
            parent.set("class", "said")
        parent.attrib = _attributes(parent, name)
        parent.tail = None
        if not (parent.text or "").strip():
            parent.text = None
    for element in root.iterfind(".//defs/path"):  # what is used by reference looks as its users say
        element.attrib = {key: element.attrib[key] for key in ("id", "d")}
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    root.attrib = {"class": "plot", "role": "img", "aria-label": about, "viewBox": root.attrib["viewBox"]}
    root.attrib |= {"width": f"{SCALE * width:.0f}", "height": f"{SCALE * height:.0f}"}
    return ElementTree.tostring(root, encoding="unicode")


def _attributes(element: ElementTree.Element, name: str) -> dict[str, str]:
    """Styles as attributes, ids that begin with `name`, numbers in hundredths of a point."""
    given = {key.rpartition("}")[2]: text for key, text in element.attrib.items()}
    style = given.pop("style", "")
    given |= {key.strip(): text.strip() for key, _, text in (part.partition(":") for part in style.split(";")) if text}
    if "font" in given:  # as older matplotlibs write size and family
        size = _SIZE.search(given.pop("font"))
        given |= {"font-size": size[0]} if size else {}
    given.pop("font-family", None)
    if element.tag not in ("clipPath", "path", "pattern"):
        given.pop("id", None)  # of which nothing is known by it
    for key, text in given.items():
        if text.startswith("url(#") or (key == "href" and text.startswith("#")):
            given[key] = text.replace("#", f"#{name}")
    for key in given.keys() & {"d", "x", "y", "transform", "width", "height"}:
        given[key] = _LONG.sub(lambda number: f"{float(number[0]):.2f}", given[key].replace("\n", ""))
    if given.get("transform", "").startswith("rotate(-0 "):
        del given["transform"]
    return given | ({"id": name + given["id"]} if "id" in given else {})
