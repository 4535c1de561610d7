"""Which database the orders are in, by what each framework is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hookassay.init import variables, whereabouts
from hookassay.init.guess import Guess
from hookassay.init.whereabouts import Whereabouts
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

DJANGO = 'import os\nfrom pathlib import Path\nDATABASES = {\n    "default": {\n%s    }\n}\n'


def found(survey: Survey) -> Whereabouts:
    return whereabouts.find(survey, variables.read(survey))


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"app.py": 'url = os.environ["DATABASE_URL"]'}, "${DATABASE_URL}"),
        ({"app.js": "knex(process.env.POSTGRES_URL)"}, "${POSTGRES_URL}"),
        ({"app.js": 'const db = new Database("data/shop.db"); // sqlite'}, "sqlite:///data/shop.db"),
        ({"app.py": 'con = sqlite3.connect("shop.db")'}, "sqlite:///shop.db"),
        ({"app.py": 'engine = create_engine("sqlite:///./shop.db")'}, "sqlite:///./shop.db"),
        (
            {"prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("DB")\n}\n'},
            "${DB}",
        ),
        (
            {
                "prisma/schema.prisma": 'datasource db {\n  provider = "sqlite"\n  url = env("DATABASE_URL")\n}\n',
                ".env": 'DATABASE_URL="file:./dev.db"\n',
            },
            "sqlite:///prisma/dev.db",
        ),
        (
            {
                "manage.py": "# host",
                "site/settings.py": DJANGO
                % '        "ENGINE": "django.db.backends.sqlite3",\n        "NAME": BASE_DIR / "db.sqlite3",\n',
            },
            "sqlite:///db.sqlite3",
        ),
        (
            {
                "site/settings.py": DJANGO
                % '        "ENGINE": "django.db.backends.postgresql",\n        "NAME": "shop",\n'
                '        "USER": os.environ["DB_USER"],\n        "PASSWORD": os.environ["DB_PASS"],\n'
                '        "HOST": os.environ.get("DB_HOST", "localhost"),\n',
            },
            "postgresql://${DB_USER}:${DB_PASS}@${DB_HOST}/shop",
        ),
        (
            {"site/settings.py": 'import dj_database_url\nDATABASES = {"default": dj_database_url.config()}\n'},
            "${DATABASE_URL}",
        ),
        (
            {
                "config/database.yml": "development:\n  adapter: postgresql\n  database: shop_development\n"
                '  username: <%= ENV["PGUSER"] %>\n  password: <%= ENV.fetch("PGPASSWORD") { "shop" } %>\n',
            },
            "postgresql://${PGUSER}:${PGPASSWORD}@localhost/shop_development",
        ),
        (
            {".env": "DB_CONNECTION=sqlite\n", "app.php": "<?php // host"},
            "sqlite:///database/database.sqlite",
        ),
    ],
)
def test_a_source_is_found(files: dict[str, str], source: str, look: Look) -> None:
    """Each framework has its place for it, and the file refers to variables as the shop does."""
    assert found(look(files)).guess.value == source


def test_a_password_in_the_code_is_not_copied(look: Look) -> None:
    """The file names a variable instead, and says where the password stands."""
    guess = found(look({"app.py": 'engine = create_engine("postgresql://shop:s3cr3tword@localhost/shop")'})).guess

    assert (guess.value, guess.sure) == ("${DATABASE_URL}", False)
    assert "s3cr3tword" not in guess.why


def test_a_password_in_database_yml_is_not_copied(look: Look) -> None:
    """A literal password becomes a variable."""
    text = "development:\n  adapter: mysql2\n  database: shop\n  username: shop\n  password: s3cr3tword\n  host: db\n"

    assert found(look({"config/database.yml": text})).guess.value == "mysql://shop:${DB_PASSWORD}@db/shop"


def test_several_variables_are_asked_about(look: Look) -> None:
    """The shop may have more databases than one; those of tests and replicas do not count."""
    code = 'a, b, c = env("DATABASE_URL"), env("ORDERS_DB_URL"), env("TEST_DATABASE_URL")'
    guess = found(look({"app.py": code})).guess

    assert (guess.value, guess.sure, "TEST" in guess.why) == ("${DATABASE_URL}", False, False)


def test_nothing_to_see_is_said(look: Look) -> None:
    """Without a source orders are not read back."""
    guess = found(look({"app.py": "pass"})).guess

    assert (guess.value, guess.sure) == (None, False)


def test_a_file_that_lies_there_is_the_last_to_be_believed(look: Look) -> None:
    """A database file without code that opens it."""
    assert found(look({"app.py": "pass", "var/shop.sqlite3": "not empty"})).guess.value == "sqlite:///var/shop.sqlite3"


def test_the_url_is_known_when_its_variables_are() -> None:
    """Defaults of the framework stand in for what is not set."""
    place = Whereabouts(Guess("postgresql://${A}:${B}@localhost/shop"), {"B": "two"})

    assert place.url({"A": "one"}) == "postgresql://one:two@localhost/shop"
    assert place.url({}) is None


@pytest.mark.parametrize(
    ("url", "quote"), [("mysql://u@h/d", "`"), ("mariadb+pymysql://h/d", "`"), ("sqlite:///a", '"')]
)
def test_names_are_quoted_as_the_database_does(url: str, quote: str) -> None:
    """MySQL takes double quotes for a text."""
    assert Whereabouts(Guess("${URL}")).quote({"URL": url}) == quote
