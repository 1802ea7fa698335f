"""What a user's Python raised, told to the user: the own traceback, or the SDK's reason and a remedy."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType

from tiphys.errors import BadInput, CompileError, Place, PythonError, TiphysError
from tiphys.loading.sdk_refusals import remedy_for

_NOT_THE_USERS = (
    str(Path(__file__).parent.parent),
    str(Path(traceback.__file__).parent),
    "<frozen ",
    "<string>",
)
"""Ours, the standard library, the import machinery, what dataclasses write."""


def as_bad_input(error: BaseException, path: Path) -> TiphysError:
    """The error to show for `error`, which came out of the user's file at `path`."""
    if isinstance(error, TiphysError):
        return error
    if isinstance(error, SystemExit):
        return _exited(error, path)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_users(frame.filename)]
    if isinstance(error, SyntaxError) or not own or not _is_sdk(frames[-1].filename, error):
        return _own_traceback(error, path, own)
    place = Place(_shown(own[-1].filename), own[-1].lineno or 0)
    return CompileError(f"kfp refuses this: {_reason(error)}", place=place, remedy=remedy_for(error))


def _exited(error: SystemExit, path: Path) -> BadInput:
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    place = Place(_shown(own[-1].filename), own[-1].lineno or 0) if own else Place(_shown(str(path)))
    said = "" if error.code is None else f" with {error.code!r}"
    return BadInput(
        f"the file ends the program{said} before its pipeline is known",
        place=place,
        remedy='Put what is not the pipeline under `if __name__ == "__main__":`.',
    )


def _own_traceback(error: BaseException, path: Path, own: list[traceback.FrameSummary]) -> PythonError:
    if isinstance(error, SyntaxError):
        lines = "".join(traceback.format_exception_only(error))
        place = Place(_shown(error.filename or str(path)), error.lineno or 0)
    else:
        lines = _without_the_sdk(error)
        place = Place(_shown(own[-1].filename), own[-1].lineno or 0) if own else Place(_shown(str(path)))
    return PythonError(lines.rstrip(), summary=_reason(error, with_type=True), place=place)


def _without_the_sdk(error: BaseException) -> str:
    """The traceback from the user's first line on; what the SDK did in between says nothing to the user."""
    told = traceback.TracebackException(type(error), error, _from_users_code(error.__traceback__), compact=True)
    kept = [frame for frame in told.stack if not frame.filename.startswith(_sdk_folders())]
    told.stack = traceback.StackSummary.from_list(kept)
    return "".join(told.format())


def _from_users_code(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is the user's."""
    while trace is not None and not _is_users(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_users(filename: str) -> bool:
    return not filename.startswith(_NOT_THE_USERS) and "site-packages" not in filename


def _is_sdk(filename: str, error: BaseException) -> bool:
    """True if the SDK refused: the error was raised in kfp or in what kfp called for it."""
    return filename.startswith(_sdk_folders()) or type(error).__module__.startswith("kfp.")


def _sdk_folders() -> tuple[str, ...]:
    loaded = (sys.modules.get(name) for name in ("kfp", "google.protobuf"))
    return tuple(str(Path(module.__file__).parent) for module in loaded if module and module.__file__)


def _shown(filename: str) -> str:
    """The file as the user would name it from here."""
    path = Path(filename)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return filename


def _reason(error: BaseException, *, with_type: bool = False) -> str:
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if isinstance(error, AssertionError):
        text = text.partition("\n")[0]
    name = type(error).__name__
    if not text:
        return name
    return f"{name}: {text}" if with_type or isinstance(error, KeyError) else text
