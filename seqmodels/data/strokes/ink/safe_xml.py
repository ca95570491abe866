"""XML from strangers: no entities, nothing fetched, and no more of it than memory holds."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import IO, Any

from seqmodels.core.errors import InputError

MOST_BYTES = 64_000_000
MOST_ELEMENTS = 2_000_000
DEEPEST = 100
_COMMENT = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_FIRST = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")


def parse(stream: IO[bytes], where: str) -> ET.Element:
    """Return the root of a document.

    Raises:
        InputError: It is not whole, has entities, or is too large or too deep; names the line.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    parser: Any = DefusedXMLParser(target=_Bounded(where))
    size = 0
    try:
        while chunk := stream.read(1 << 16):
            size += len(chunk)
            if size > MOST_BYTES:
                raise InputError(f"{where} is larger than {MOST_BYTES:,} bytes of XML. Divide it.")
            parser.feed(chunk)
        return parser.close()
    except InputError:
        raise
    except ET.ParseError as error:
        line, why = error.position[0], str(error).partition(":")[0]
        raise InputError(f"{where}, line {line} is not whole XML: {why}. Fetch it again.") from None
    except DefusedXmlException as error:
        raise InputError(
            f"{where} declares entities or refers to other files ({type(error).__name__}), which "
            f"is not safe to read. Take the declarations out."
        ) from None
    except (ValueError, LookupError) as error:  # an encoding that is not known
        raise InputError(f"{where} is not XML that can be read: {error}.") from None


def local(element: ET.Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def text(element: ET.Element) -> str:
    """Return all text in an element, with one space where there was white space."""
    return " ".join("".join(element.itertext()).split())


def root_name(head: bytes) -> str | None:
    """Return the name of the root element, from the first bytes of a document; None: not XML."""
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    start = head.decode(encoding, errors="ignore").removeprefix("ï»¿").lstrip()
    if not start.startswith("<"):
        return None
    first = _FIRST.search(_COMMENT.sub("", start))
    return first and first[1]


class _Bounded(ET.TreeBuilder):
    """Builds the tree; stops where it is deeper or larger than any honest one."""

    def __init__(self, where: str):
        super().__init__()
        self._where = where
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[Any, Any], /) -> ET.Element:
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST:
            raise InputError(f"{self._where} has elements more than {DEEPEST} deep in others.")
        if self._count > MOST_ELEMENTS:
            raise InputError(f"{self._where} has more than {MOST_ELEMENTS:,} elements. Divide it.")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)
