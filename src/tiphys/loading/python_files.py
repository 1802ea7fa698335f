"""Running a user's Python file to see which pipelines it defines.

What goes wrong in it is the user's: the user's own traceback is shown, without our frames, and what the
kfp SDK refuses is shown with the line of the file that asked for it.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import linecache
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType

from tiphys.errors import BadInput
from tiphys.loading.python_errors import as_bad_input


class _FreshLoader(importlib.machinery.SourceFileLoader):
    """Reads the source each time and leaves no `__pycache__` beside it."""

    def get_code(self, fullname: str) -> CodeType | None:
        return self.source_to_code(self.get_data(self.path), self.path)


def load_module(path: Path) -> ModuleType:
    """Run the file as a module, as `python path` would but with another `__name__`."""
    path = path.absolute()
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise BadInput(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    linecache.checkcache(str(path))
    with _as_a_program(path):
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 # whatever a user's file raises is the user's to see
            raise as_bad_input(error, path) from None
        finally:
            sys.modules.pop(name, None)
    return module


def _module_name(path: Path) -> str:
    """The name by which the file would be imported, unless that is somebody else's."""
    name = path.stem
    if name.isidentifier() and name not in sys.modules:
        return name
    return f"_pipeline_{''.join(char if char.isalnum() else '_' for char in name)}"


@contextlib.contextmanager
def _as_a_program(path: Path) -> Iterator[None]:
    """The file's folder is importable, its arguments are empty, what it prints goes to stderr."""
    folder, arguments, known = str(path.parent), sys.argv, set(sys.modules)
    sys.path.insert(0, folder)
    sys.argv = [str(path)]
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.argv = arguments
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
        _forget_siblings(path.parent, known)


def _forget_siblings(folder: Path, known: set[str]) -> None:
    """Modules from the file's folder are its own: the next file may have others of the same name."""
    new = set(sys.modules) - known
    siblings = {name for name in new if "." not in name and _lies_in(sys.modules[name], folder)}
    for name in new:
        if name.partition(".")[0] in siblings:
            del sys.modules[name]


def _lies_in(module: ModuleType, folder: Path) -> bool:
    """True for a module or package right in the folder."""
    file = getattr(module, "__file__", None)
    if not file:
        return False
    path = Path(file)
    return folder == (path.parent.parent if path.name == "__init__.py" else path.parent)
