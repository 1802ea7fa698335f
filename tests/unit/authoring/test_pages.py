"""The reference pages of `tiphys.argo` say what the code says."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scripts" / "authoring_pages.py"


def test_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("authoring_pages", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages = module.pages()
    stale = [page.name for page, text in pages.items() if not page.exists() or page.read_text() != text]
    assert stale == [], "run `scripts/docs`"
    assert {page.name for page in module.FOLDER.iterdir()} == {page.name for page in pages}
