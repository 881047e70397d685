"""Gives every parameter of a docstring its own default and type in the reference (mkdocs.yml).

Where one paragraph stands for several parameters, Griffe takes those of the first for all of them.
"""

import griffe


class OwnDefaults(griffe.Extension):
    def on_package(self, *, pkg, **_):
        for thing in members(pkg):
            called = thing.members.get("__init__") if thing.is_class else thing
            if thing.docstring is None or called is None or not called.is_function:
                continue
            sections = thing.docstring.parse("numpy")
            for section in sections:
                if section.kind is griffe.DocstringSectionKind.parameters:
                    correct(section.value, {parameter.name: parameter for parameter in called.parameters})
            thing.docstring.__dict__["parsed"] = sections  # where Griffe keeps what it has parsed


def members(thing):
    for member in thing.members.values():
        if not member.is_alias:
            if member.is_class or member.is_function:
                yield member
            yield from members(member)


def correct(described, parameters):
    paragraphs = [entry.description for entry in described]
    for entry in described:
        if entry.name in parameters and paragraphs.count(entry.description) > 1:
            entry.value = parameters[entry.name].default
            entry.annotation = parameters[entry.name].annotation
