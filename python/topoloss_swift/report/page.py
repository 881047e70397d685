"""The page itself: one HTML file that needs nothing else."""

from importlib.resources import files

from .markup import Content, Markup, element, join


def page(title: str, subtitle: Content, sections: list[tuple[str, str, Content]]) -> bytes:
    """The bytes of a page.

    Parameters
    ----------
    sections : list of tuple
        Anchor, heading and content of each part.
    """
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    links = [element("a", heading, href=f"#{anchor}") for anchor, heading, _ in sections if heading]
    body = [
        element("header", element("h1", element("bdi", title)), subtitle, class_="top"),
        element("nav", links, aria_label="parts of this page") if len(links) > 1 else None,
        element(
            "main",
            [
                element("section", element("h2", heading) if heading else None, content, id=anchor)
                for anchor, heading, content in sections
            ],
        ),
        element("footer", "Made by topoloss-report. This file holds everything it shows."),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        # Nothing is fetched and nothing runs, whatever the names of cells are.
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; img-src data:; style-src 'unsafe-inline'",
        ),
        element("title", title),
        element("style", Markup(style)),
    )
    document = join(Markup("<!DOCTYPE html>\n"), element("html", head, element("body", body), lang="en"))
    return document.encode("utf-8")


def caption(*content: Content) -> Markup:
    """What one sees, and which direction is better."""
    return element("p", content, class_="caption")


def details(summary: Content, content: Content) -> Markup:
    """What is shown when it is asked for."""
    return element("details", element("summary", summary), content)


def legend(*entries: tuple[str, str]) -> Markup:
    """Colours and what they stand for: class of style.css, words."""
    keys = [element("span", element("i", class_=f"key {kind}"), words) for kind, words in entries]
    return element("p", keys, class_="legend")
