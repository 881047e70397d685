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
gone on with: [the run directory](run-directory.md). What an error message means: [troubleshooting](troubleshooting.md).

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
        lines += ["", prose(command["discussion"])]
    lines += ["", "| argument | default | what it is |", "|---|---|---|"]
    for argument in command.get("arguments", ()):
        spelled = spelling(argument)
        if argument.get("shouldDisplay", True) and argument.get("valueName") not in ("help", "version"):
            words, default = meaning(argument)
            lines.append(f"| {spelled} | {default} | {cell(words)} |")
    return "\n".join(lines) + "\n"


def prose(text):
    """Lines are broken for the terminal, a browser breaks its own; lines that begin with a space are commands."""
    text = re.sub(r"(?<=\S)\n(?=\S)", " ", text)
    return "\n".join("    " + line[2:] if line.startswith("  ") else plain(line) for line in text.splitlines())


def spelling(argument):
    value = f"<{argument['valueName']}>"
    if argument["kind"] == "positional":
        return f"`{value}`"
    names = [("--" if n["kind"] == "long" else "-") + n["name"] for n in argument["names"]]
    return ", ".join(f"`{name}`" for name in names)


def meaning(argument):
    """What an argument is, and its default as code: the program writes that of a setting in brackets at the end."""
    words = " ".join(argument.get("abstract", "").split())
    found = re.fullmatch(r"(.*) \[(.*)\]", words)
    words, default = found.groups() if found else (words, argument.get("defaultValue"))
    choices = argument.get("allValueStrings") or []
    if not all(choice in words for choice in choices):
        words += f" ({', '.join(choices)})"
    return words, f"`{default}`" if default not in (None, "null") else ""


def plain(text):
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def cell(text):
    return plain(text).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
