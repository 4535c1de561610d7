"""Which files are read, which are not and why, and that reading them runs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hookassay.errors import UsageError
from hookassay.scan.engine import scan
from hookassay.scan.tree import LARGEST, File, Skipped, Tree


def plant(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    """Write small files."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def git(root: Path, *words: str) -> None:
    """Run git in `root`."""
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *words], cwd=root, check=True)


def files(tree: Tree) -> Iterator[File | Skipped]:
    """What becomes of each file that is worth a look."""
    for path, name in tree.paths():
        read = path if isinstance(path, Skipped) else tree.read(path, name)
        if read is not None:
            yield read


def paths(root: Path, exclude: Sequence[str] = ()) -> list[str]:
    """The files that are read."""
    return sorted(one.path for one in files(Tree(root, exclude)) if isinstance(one, File))


def skipped(root: Path) -> list[tuple[str, str]]:
    """The files that are not read, with the reason."""
    return [(one.path, one.reason) for one in files(Tree(root)) if isinstance(one, Skipped)]


class TestGitignore:
    @pytest.fixture(params=[True, False], ids=["in a repository", "without one"])
    def root(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        """A folder, at the top of a repository or without one."""
        if request.param:
            git(tmp_path, "init", "--quiet")
        return tmp_path

    def test_is_respected(self, root: Path) -> None:
        """What .gitignore names is not read."""
        plant(root, "a.py", "old/b.py", "deep/old/c.py", "d.gen.py")
        plant(root, ".gitignore", text="old/\n*.gen.py\n")

        assert paths(root) == [".gitignore", "a.py"]

    def test_of_a_folder_holds_below_it(self, root: Path) -> None:
        """A nested .gitignore is about its own folder."""
        plant(root, "a/made.py", "b/made.py")
        plant(root, "a/.gitignore", text="made.py\n")

        assert paths(root) == ["a/.gitignore", "b/made.py"]

    def test_is_anchored_by_a_slash(self, root: Path) -> None:
        """A pattern with a leading slash is about its own folder alone."""
        plant(root, "made.py", "a/made.py")
        plant(root, ".gitignore", text="/made.py\n")

        assert paths(root) == [".gitignore", "a/made.py"]

    def test_may_be_negated(self, root: Path) -> None:
        """What `!` takes out again is read, in the same file and in a nested one."""
        plant(root, "a.gen.py", "keep.gen.py", "b/kept.gen.py")
        plant(root, ".gitignore", text="*.gen.py\n!keep.gen.py\n")
        plant(root, "b/.gitignore", text="!kept.gen.py\n")

        assert paths(root) == [".gitignore", "b/.gitignore", "b/kept.gen.py", "keep.gen.py"]

    def test_does_not_hide_a_dotenv_file(self, root: Path) -> None:
        """A developer's .env is looked at although git ignores it."""
        plant(root, ".env", text="STRIPE_SECRET_KEY=x\n")
        plant(root, ".gitignore", text=".env\n")

        assert ".env" in paths(root)

    @pytest.mark.parametrize("text", ["[\n", "[z-a]\n", "\\\n", "**[\n", "a\x00b\n", "!\n", "/\n"])
    def test_that_is_odd_hides_nothing(self, root: Path, text: str) -> None:
        """A pattern that git would not understand ends no scan."""
        plant(root, "a.py")
        plant(root, ".gitignore", text=text)

        assert "a.py" in paths(root)

    @pytest.mark.parametrize("content", [b"\xff\xfe\xfa\n", b"\0\0", b"a" * 100_000])
    def test_that_is_no_text_hides_nothing(self, root: Path, content: bytes) -> None:
        """A .gitignore of bytes ends no scan."""
        plant(root, "a.py")
        (root / ".gitignore").write_bytes(content)

        assert "a.py" in paths(root)

    def test_that_is_a_folder_hides_nothing(self, root: Path) -> None:
        """A folder of that name ends no scan."""
        plant(root, "a.py", ".gitignore/b.py")

        assert "a.py" in paths(root)


def test_gitignore_above_the_path_holds(tmp_path: Path) -> None:
    """A .gitignore at the repository's top holds for a folder below that is scanned by itself."""
    git(tmp_path, "init", "--quiet")
    plant(tmp_path, "shop/a.py", "shop/made/b.py", "made/c.py")
    plant(tmp_path, ".gitignore", text="/shop/made/\n")

    assert paths(tmp_path / "shop") == ["a.py"]
    assert Tree(tmp_path / "shop").within == "shop/"


def test_tracked_files_are_known(tmp_path: Path) -> None:
    """What git keeps is told from what it does not, also from below the top; without a repository nobody knows."""
    plant(tmp_path, "shop/.env", "shop/new.py")
    assert Tree(tmp_path / "shop").tracked(".env") is None
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "shop/.env")

    tree = Tree(tmp_path / "shop")

    assert tree.tracked(".env") is True
    assert tree.tracked("new.py") is False


@pytest.mark.parametrize("content", ["", "gitdir: /nowhere\n", "gitdir: ../loop\n", "nonsense"])
def test_a_broken_repository_is_none(tmp_path: Path, content: str) -> None:
    """A .git that leads nowhere ends no scan."""
    plant(tmp_path, "a.py")
    (tmp_path / ".git").write_text(content)

    assert paths(tmp_path) == ["a.py"]


@pytest.mark.parametrize("name", ["config", "index", "HEAD"])
def test_a_broken_file_of_git_ends_no_scan(tmp_path: Path, name: str) -> None:
    """Git's own files may hold anything."""
    git(tmp_path, "init", "--quiet")
    plant(tmp_path, "a.py")
    (tmp_path / ".git" / name).write_bytes(b"[core\n\xff repositoryformatversion = 99 = \0")

    tree = Tree(tmp_path)

    assert [one.path for one in files(tree)] == ["a.py"]
    assert not tree.tracked("a.py")


@pytest.mark.parametrize(
    "path",
    [
        *("node_modules/stripe/a.js", "a/node_modules/b.js", "vendor/stripe/a.php", ".venv/lib/site-packages/a.py"),
        *("dist/a.js", "build/a.js", ".next/a.js", "static/a.min.js", "__pycache__/a.py", "third_party/a.go"),
        *("package-lock.json", "poetry.lock", "a.bundle.js", "__snapshots__/a.snap", "logo.svg", "photo.png"),
    ],
)
def test_what_others_wrote_is_not_read(tmp_path: Path, path: str) -> None:
    """Vendored, built and binary files are left out, without a note for each."""
    plant(tmp_path, "a.py", path)

    assert paths(tmp_path) == ["a.py"]
    assert skipped(tmp_path) == []


def test_a_virtual_environment_is_known_by_its_file(tmp_path: Path) -> None:
    """A virtual environment is left out whatever it is called."""
    plant(tmp_path, "a.py", "myenv/pyvenv.cfg", "myenv/lib/b.py")

    assert paths(tmp_path) == ["a.py"]


def test_excluded_files_are_not_read(tmp_path: Path) -> None:
    """What the settings exclude is left out, by patterns from the folder that is scanned."""
    plant(tmp_path, "a.py", "docs/b.py", "docs/keep.py", "x/docs/c.py", "old_d.py")

    assert paths(tmp_path, ["/docs/*", "!/docs/keep.py", "old_*"]) == ["a.py", "docs/keep.py", "x/docs/c.py"]


class TestLinks:
    def test_loops_end(self, tmp_path: Path) -> None:
        """Symbolic links that lead up, to each other or to themselves are not followed."""
        plant(tmp_path, "a/b.py")
        (tmp_path / "a" / "up").symlink_to(tmp_path)
        (tmp_path / "self").symlink_to(tmp_path / "self")
        (tmp_path / "one").symlink_to("two")
        (tmp_path / "two").symlink_to("one")
        (tmp_path / "copy.py").symlink_to("a/b.py")

        assert paths(tmp_path) == ["a/b.py"]

    def test_out_of_the_tree_are_not_followed(self, tmp_path: Path) -> None:
        """A link leads nobody to a file outside."""
        plant(tmp_path, "secret.py", "shop/a.py")
        (tmp_path / "shop" / "b.py").symlink_to(tmp_path / "secret.py")

        assert paths(tmp_path / "shop") == ["a.py"]

    def test_to_the_folder_itself_is_followed(self, tmp_path: Path) -> None:
        """The path that was named may be a link."""
        plant(tmp_path, "shop/a.py")
        (tmp_path / "link").symlink_to("shop")

        assert paths(tmp_path / "link") == ["a.py"]


class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"x" * (LARGEST + 1), "larger than 1 MB"),
            (b"x = 1\0", "binary"),
            ("x = 'é'".encode("latin-1"), "not UTF-8"),
            ("x = 1".encode("utf-16"), "binary"),
        ],
    )
    def test_content_is_noted(self, tmp_path: Path, content: bytes, reason: str) -> None:
        """A huge, binary or non-UTF-8 file is noted with its reason, and the others are read."""
        (tmp_path / "a.py").write_bytes(content)
        plant(tmp_path, "b.py")

        assert skipped(tmp_path) == [("a.py", reason)]
        assert paths(tmp_path) == ["b.py"]

    def test_what_is_minified_for_browsers_is_noted(self, tmp_path: Path) -> None:
        """A line that nobody wrote makes a script minified; in another language it is data beside code."""
        line = "x = '" + "a" * 6_000 + "'"
        plant(tmp_path, "a.js", "b.py", text=line)

        assert skipped(tmp_path) == [("a.js", "minified")]
        assert paths(tmp_path) == ["b.py"]

    def test_file_is_noted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that may not be read is noted."""
        plant(tmp_path, "a.py", "b.py")
        read_bytes = Path.read_bytes

        def refused(path: Path) -> bytes:
            if path.name == "a.py":
                raise PermissionError(13, "Permission denied")
            return read_bytes(path)

        monkeypatch.setattr(Path, "read_bytes", refused)

        assert skipped(tmp_path) == [("a.py", "cannot be read (Permission denied)")]

    def test_file_that_vanishes_is_no_failure(self, tmp_path: Path) -> None:
        """A file that is removed while the tree is read is left out."""
        plant(tmp_path, "a.py", "b.py")
        read = files(Tree(tmp_path))
        first = next(read)
        (tmp_path / "b.py").unlink()

        assert [first, *read] == [File("a.py", "x = 1\n")]

    def test_folder_is_noted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder that may not be listed is noted."""
        plant(tmp_path, "a.py", "closed/b.py")
        scandir = os.scandir

        def refused(path: str) -> object:
            if str(path).endswith("closed"):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refused)

        assert skipped(tmp_path) == [("closed", "cannot be read (Permission denied)")]
        assert paths(tmp_path) == ["a.py"]

    def test_special_files_are_not_waited_for(self, tmp_path: Path) -> None:
        """A named pipe is no file."""
        os.mkfifo(tmp_path / "pipe.py")
        plant(tmp_path, "a.py")

        assert paths(tmp_path) == ["a.py"]

    def test_names_that_are_no_text(self, tmp_path: Path) -> None:
        """A file whose name is no UTF-8 is read as any other."""
        with open(os.fsencode(tmp_path) + b"/caf\xe9.py", "w") as file:
            file.write("x = 1\n")
        plant(tmp_path, ".gitignore", text="*.gen.py\n")

        assert len(paths(tmp_path, ["b*"])) == 2

    def test_a_byte_order_mark_is_no_text(self, tmp_path: Path) -> None:
        """The mark that Windows puts before UTF-8 is taken off."""
        (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\n")

        assert [one.text for one in files(Tree(tmp_path)) if isinstance(one, File)] == ["x = 1\n"]


class TestRoot:
    def test_may_be_a_file(self, tmp_path: Path) -> None:
        """A single file is a tree of one."""
        plant(tmp_path, "a.py", "b.py")

        assert paths(tmp_path / "a.py") == ["a.py"]

    def test_that_is_missing_is_refused(self, tmp_path: Path) -> None:
        """A missing path is refused with the nearest one."""
        plant(tmp_path, "backend/a.py")

        with pytest.raises(UsageError, match=r"Did you mean .*backend"):
            Tree(tmp_path / "bakend")

    def test_that_is_no_file_is_refused(self, tmp_path: Path) -> None:
        """A pipe is refused: nothing read would be taken for a clean scan."""
        os.mkfifo(tmp_path / "pipe")

        with pytest.raises(UsageError, match="neither a folder nor a file"):
            Tree(tmp_path / "pipe")

    def test_that_cannot_be_read_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder that may not be listed is refused: nothing read would be taken for a clean scan."""

        def refused(path: object) -> object:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "listdir", refused)

        with pytest.raises(UsageError, match=r"cannot be read \(Permission denied\)"):
            Tree(tmp_path)


BOOBY_TRAP = "import pathlib; pathlib.Path({fired!r}).write_text('x')\n"


def test_nothing_of_the_tree_is_run(tmp_path: Path) -> None:
    """Neither Python's hooks, nor npm's, nor git's run anything while a tree is scanned from inside it."""
    fired, shop = tmp_path / "fired", tmp_path / "shop"
    trap = BOOBY_TRAP.format(fired=str(fired))
    names = ("setup.py", "conftest.py", "sitecustomize.py", "usercustomize.py", "yaml.py", "stripe/__init__.py")
    plant(
        shop, *names, "manage.py", "shop/__init__.py", "tests/conftest.py", "sqlglot.py", "hookassay/scan.py", text=trap
    )
    plant(shop, "package.json", text=f'{{"scripts": {{"preinstall": "touch {fired}"}}}}')
    git(shop, "init", "--quiet")
    hook = shop / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {fired}\n")
    hook.chmod(0o755)
    with (shop / ".git" / "config").open("a") as file:
        file.write(
            f'[core]\n\tfsmonitor = {hook}\n\thooksPath = {shop}\n\tpager = {hook}\n[filter "x"]\n\tclean = {hook}\n'
        )
    plant(shop, ".gitattributes", text="* filter=x diff=x\n")

    done = subprocess.run(
        [str(Path(sys.executable).with_name("hookassay")), "scan", "."],
        cwd=shop,
        capture_output=True,
        text=True,
        check=False,
    )

    assert " files in " in done.stdout, done.stderr
    assert not fired.exists()


def test_the_scan_says_where_it_is_in_the_repository(tmp_path: Path) -> None:
    """A scan knows the path from the repository's top, for reports that need it."""
    git(tmp_path, "init", "--quiet")
    plant(tmp_path, "services/shop/a.py")

    assert scan(tmp_path / "services" / "shop").within == "services/shop/"
