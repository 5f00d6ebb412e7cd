"""The templates in each language: words and icons that are always the same become their text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Flask, current_app
from jinja2 import Environment, Template
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from payments.web.icons import icon
from payments.words import catalogue

_BY_LANGUAGE: Final = "vienphi_environments"
#: Functions of templates that depend on nothing but their one argument and the language.
_CONSTANT: Final = {"T", "icon"}
_CALL: Final = ("name", "lparen", "string", "rparen")


class Constants(Extension):
    """
    Reads ``T`` of a constant as a filter of it, which Jinja computes when it makes the template.

    A page says thirty words, and calling a function from a template costs as much as all the rest
    of showing its answer. Words with values stay calls.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        tokens = list(stream)
        place = 0
        while place < len(tokens):
            name, *more = tokens[place : place + len(_CALL)]
            if name.value in _CONSTANT and (name.type, *(t.type for t in more)) == _CALL:
                yield more[1]
                yield Token(name.lineno, "pipe", "|")
                yield name
                place += len(_CALL)
            else:
                yield name
                place += 1


def install(app: Flask) -> None:
    """Make an environment for each language from that of *app*, which is complete by now."""
    app.jinja_env.globals["icon"] = icon
    app.extensions[_BY_LANGUAGE] = {chosen: _made(app, chosen) for chosen in catalogue.LANGUAGES}


def template(name: str, chosen: str) -> Template:
    """Give the template *name* in the language *chosen*."""
    environments: dict[str, Environment] = current_app.extensions[_BY_LANGUAGE]
    return environments[chosen].get_template(name)


def _made(app: Flask, chosen: str) -> Environment:
    made = app.jinja_env.overlay(extensions=[Constants])
    speak = catalogue.speaker(chosen)
    # Of its own: an overlay shares filters and globals with what it lies over. With T among the
    # globals, macros are imported without the page and so made once.
    made.filters = {**app.jinja_env.filters, "T": speak, "icon": icon}
    made.globals = {**app.jinja_env.globals, "T": speak}
    return made
