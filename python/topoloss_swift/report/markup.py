"""HTML and SVG as values: whatever is not `Markup` yet is escaped, so nothing can be forgotten."""

import html
import re
from collections.abc import Iterable
from typing import TypeAlias, Union


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content: TypeAlias = Union[str, None, Iterable["Content"]]

_NOT_HTML = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
# Elements that have no end tag.
_VOID = frozenset({"br", "img", "meta", "link", "input", "hr"})


def text(value: str) -> Markup:
    """A text with <, >, & and quotes written so that they are only letters.

    What HTML cannot hold (control characters, halves of surrogate pairs) becomes U+FFFD.
    """
    return Markup(html.escape(_NOT_HTML.sub("\N{REPLACEMENT CHARACTER}", value), quote=True))


def element(tag: str, *content: Content, **attributes: object) -> Markup:
    """One element.

    Parameters
    ----------
    content
        Texts, which are escaped, elements, and iterables of both; None is nothing.
    attributes
        ``class_`` is ``class``, other underscores are hyphens; None leaves an attribute out.
    """
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is not None:
            key = "class" if name == "class_" else name.replace("_", "-")
            parts.append(f' {key}="{_number_or_text(value)}"')
    parts.append(">")
    if tag not in _VOID:
        parts += [join(*content), f"</{tag}>"]
    return Markup("".join(parts))


def join(*content: Content) -> Markup:
    """The contents one after the other, escaped where they are plain texts."""
    return Markup("".join(_flat(content)))


def _flat(content: Content) -> Iterable[str]:
    if content is None:
        return
    if isinstance(content, Markup):
        yield content
    elif isinstance(content, str):
        yield text(content)
    else:
        for one in content:
            yield from _flat(one)


def _number_or_text(value: object) -> str:
    if isinstance(value, float):
        # A tenth of a pixel is enough.
        return f"{value:.1f}".removesuffix(".0")
    return text(str(value))
