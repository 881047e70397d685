"""Writes the page docs/commands.md from what the program says of itself.

    python3 tools/command_reference.py .build-shapr/release/shapr > docs/commands.md

`make docs` does this on the way when the program is built; tools/check-docs.py fails when the page is stale.
"""

import json
import re
import subprocess
import sys

HEAD = """# The program `shapr`

Every command and every flag, as the program tells them (`shapr help COMMAND`). What a run leaves behind and how it is
gone on with: [run-directory.md](run-directory.md). What an error message means: [troubleshooting.md](troubleshooting.md).

"""


def page(program):
    dump = subprocess.run([program, "--experimental-dump-help"], capture_output=True, text=True, check=True)
    commands = [c for c in json.loads(dump.stdout)["command"]["subcommands"]
                if c["commandName"] != "help" and c.get("shouldDisplay", True)]
    rows = [f"| [`{c['commandName']}`](#{c['commandName']}) | {cell(c.get('abstract', ''))} |" for c in commands]
    return HEAD + "\n".join(["| command | what it does |", "|---|---|", *rows]) + "\n" + "".join(map(section, commands))


def section(command):
    name = command["commandName"]
    lines = ["", f"## {name}", "", command.get("abstract", "")]
    if command.get("discussion"):
        # Lines are broken for the terminal; a browser breaks its own.
        lines += ["", plain(re.sub(r"(?<=\S)\n(?=\S)", " ", command["discussion"]))]
    lines += ["", "| argument | what it is |", "|---|---|"]
    for argument in command.get("arguments", ()):
        spelled = spelling(argument)
        if argument.get("shouldDisplay", True) and argument.get("valueName") not in ("help", "version"):
            lines.append(f"| {spelled} | {cell(meaning(argument))} |")
    return "\n".join(lines) + "\n"


def spelling(argument):
    value = f"<{argument['valueName']}>"
    if argument["kind"] == "positional":
        return f"`{value}`"
    names = [("--" if n["kind"] == "long" else "-") + n["name"] for n in argument["names"]]
    return ", ".join(f"`{n} {value}`" if argument["kind"] == "option" else f"`{n}`" for n in names)


def meaning(argument):
    text = argument.get("abstract", "")
    if choices := argument.get("allValueStrings"):
        text += f" ({', '.join(choices)})" if not all(c in text for c in choices) else ""
    if default := argument.get("defaultValue"):
        text += f" [{default}]"
    return text


def plain(text):
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def cell(text):
    """Table cell: the default, in brackets at the end, as code."""
    text = " ".join(text.split())
    found = re.fullmatch(r"(.*) \[(.*)\]", text)
    words, default = found.groups() if found else (text, None)
    return plain(words).replace("|", "\\|") + (f" Default: `{default}`" if default else "")


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
