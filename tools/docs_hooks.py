"""What MkDocs does not do by itself, called by it (mkdocs.yml, `hooks`).

* The pages in docs/ link to sources outside it. Those files are copied into the site, below source/,
  and the links are turned there.
* commands.md is written anew from the program where it has been built (tools/command_reference.py).
* decisions/index.md lists the decisions that are there, and the menu does, too.
"""

import pathlib
import posixpath
import re
import sys

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import command_reference  # noqa: E402

LINK = re.compile(r"\]\((\.\./[^)#\s]+)")
PROGRAM = ROOT / ".build-shapr" / "release" / "shapr"


def outside(page, link):
    """The path below the project folder of what `link` on `page` leads to, if that is not in docs/."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if path.startswith(("docs/", "..")) else path


def on_config(config):
    """Every decision gets its place in the menu, below the index."""
    for section in config.nav:
        for entry in section.get("Project", ()) if isinstance(section, dict) else ():
            if isinstance(entry.get("Decisions"), str):
                numbered = [{title: f"decisions/{name}"} for name, title in decisions()]
                entry["Decisions"] = [entry["Decisions"], *numbered]
    return config


def on_files(files, config):
    wanted = {
        path
        for file in files.documentation_pages()
        for link in LINK.findall(file.content_string)
        if (path := outside(file.src_uri, link)) and (ROOT / path).is_file()
    }
    for path in sorted(wanted):
        # As text, so that a browser shows it instead of offering to save it.
        content = (ROOT / path).read_text()
        files.append(File.generated(config, f"source/{path}.txt", content=content))
    return files


def on_page_markdown(markdown, page, config, files):
    page_uri = page.file.src_uri

    def turned(match):
        path = outside(page_uri, match[1])
        if path is None or not (ROOT / path).is_file():
            return match[0]  # MkDocs itself warns of links that lead nowhere
        return "](" + posixpath.relpath(f"source/{path}.txt", posixpath.dirname(page_uri) or ".")

    if page_uri == "commands.md" and PROGRAM.exists():
        markdown = command_reference.page(PROGRAM)
    if page_uri == "decisions/index.md":
        markdown += "\n" + "\n".join(f"* [{title}]({name})" for name, title in decisions()) + "\n"
    return LINK.sub(turned, markdown)


def decisions():
    """(file name, title) of every decision, in order."""
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        yield path.name, path.read_text().splitlines()[0].lstrip("# ")
