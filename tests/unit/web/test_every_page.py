"""The list of pages is whole; each says in each language what it says, and nothing of another."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from payments.identity.permissions import Role
from payments.web.security import Audience, access_of
from payments.words import catalogue
from tests.support.languages import foreign, text_of
from tests.support.places import NO_PAGES, PLACES, Place
from tests.support.routes import routes
from tests.support.show import Show, show_in
from tests.support.visitors import Reader
from tests.support.web import PASSWORD

#: A word's key instead of the word, or a gap that nobody filled.
_NO_WORD = re.compile(r"\{[a-z_]+\}|\b[a-z]+(?:\.[a-z_]+){2,}\b(?!@)")
#: The reference of the API is for programmers, in English, and says so; gaps are of addresses.
_ENGLISH = "api-reference"
#: Dotted names that are meant: hosts, logins and names of permissions in the API's reference.
_MEANT = re.compile(r"\.(example|thu|local)\b|^www\.")

pytestmark = pytest.mark.xdist_group("show")


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    with show_in(tmp_path_factory.mktemp("show")) as made:
        yield made


@pytest.fixture(scope="module")
def readers(show: Show) -> dict[Role, Reader]:
    return {}


def reader_of(place: Place, show: Show, readers: dict[Role, Reader]) -> Reader:
    """Give the reader of the place's role; whoever is not signed in is always a new one."""
    if place.who is None:
        return Reader(show.strict if place.is_strict else show.app)
    if place.who not in readers:
        readers[place.who] = Reader(show.app)
        told = {"login": show.logins[place.who], "password": PASSWORD}
        readers[place.who].send("/sign-in", "/sign-in", told)
    return readers[place.who]


def test_every_view_that_answers_with_a_page_is_in_the_list(
    show: Show, readers: dict[Role, Reader]
) -> None:
    listed = {place.endpoint for place in PLACES}
    asked = 0
    for route in routes(show.app):
        access = access_of(show.app.view_functions[route.endpoint])
        if route.method != "GET" or access is None or access.audience is Audience.PROGRAMS:
            continue
        asked += 1
        assert (route.endpoint in listed) != (route.endpoint in NO_PAGES), route
    assert asked > 40
    assert set(NO_PAGES) <= set(show.app.view_functions)
    assert {name for name in listed if name} <= set(show.app.view_functions)


def test_what_the_list_leaves_out_is_no_page(show: Show, readers: dict[Role, Reader]) -> None:
    """A view on the short list that begins to draw a page is found here."""
    client = show.app.test_client()
    for role in (None, Role.HEAD_CASHIER, Role.CHIEF_ACCOUNTANT, Role.IT_ADMIN):
        if role is not None:
            browser = Reader(show.app)
            told = {"login": show.logins[role], "password": PASSWORD}
            browser.send("/sign-in", "/sign-in", told)
            client = browser.client
        known = {
            "invoice_id": show.invoices["due"],
            "payment_id": show.payments["short"],
            "token": show.link("due").removeprefix("/p/"),
            "chosen": "vi",
        }
        for route in routes(show.app, **known):
            if route.endpoint in NO_PAGES and route.method == "GET":
                answer = client.get(route.path)
                is_page = answer.mimetype == "text/html" and answer.status_code == 200
                assert not is_page, route


def test_names_of_places_are_told_apart() -> None:
    names = [place.name for place in PLACES]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z-]+", name) for name in names)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_speaks_the_language_that_was_chosen(
    place: Place, show: Show, readers: dict[Role, Reader]
) -> None:
    is_english = place.name == _ENGLISH
    for language in catalogue.LANGUAGES:
        reader = reader_of(place, show, readers)
        reader.get(f"/language/{language}")
        place.way(show, reader)

        page = reader.text()
        said = text_of(page)
        assert reader.status == place.status, said
        assert f'<html lang="{"en" if is_english else language}"' in page
        assert re.search(r"<title>[^<]+</title>", page)
        assert is_english or foreign(page, language) == {}
        no_words = [one for one in _NO_WORD.findall(said) if not _MEANT.search(one)]
        assert is_english or no_words == []
        if place.who in readers:
            reader.get("/language/vi")
