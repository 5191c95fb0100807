"""How an exception crosses: the name of a class in a closed list, and a plain message."""

from __future__ import annotations

import re

MESSAGE_CHARACTERS = 2_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Not in the list: what would end a loop or a program (StopIteration, StopAsyncIteration,
# GeneratorExit, KeyboardInterrupt, SystemExit), groups, and Exception itself, which says nothing.
_CLASSES: tuple[type[Exception], ...] = (
    ArithmeticError, AssertionError, AttributeError, BlockingIOError, BrokenPipeError, BufferError,
    ChildProcessError, ConnectionAbortedError, ConnectionError, ConnectionRefusedError,
    ConnectionResetError, DeprecationWarning, EOFError, FileExistsError, FileNotFoundError,
    FloatingPointError, FutureWarning, ImportError, IndentationError, IndexError, InterruptedError,
    IsADirectoryError, KeyError, LookupError, MemoryError, ModuleNotFoundError, NameError,
    NotADirectoryError, NotImplementedError, OSError, OverflowError, PermissionError,
    ProcessLookupError, RecursionError, ReferenceError, RuntimeError, RuntimeWarning, SyntaxError,
    SystemError, TabError, TimeoutError, TypeError, UnboundLocalError, UnicodeDecodeError,
    UnicodeEncodeError, UnicodeError, UnicodeTranslateError, UserWarning, ValueError, Warning,
    ZeroDivisionError,
)  # fmt: skip
_BY_NAME = {cls.__name__: cls for cls in _CLASSES}
_NAMES = {cls: cls.__name__ for cls in _CLASSES}

# Python writes these with the names that the code uses; a test's must not reach the candidate.
_SILENT = (AssertionError, AttributeError, NameError, TypeError)


class StudentError(Exception):
    """The student's code raised something that no class of the closed list describes."""


def describe(error: BaseException) -> tuple[str, str]:
    """The name under which ``error`` crosses, and its message. Runs the student's ``__str__``."""
    message = _message(error)
    for cls in type(error).__mro__:
        if cls in _NAMES and not isinstance(error, StopIteration | StopAsyncIteration):
            return _NAMES[cls], message
    name = type(error).__name__
    return StudentError.__name__, plain_text(f"{name}: {message}" if message else name)


def describe_callback(error: Exception) -> tuple[str, str]:
    """What the candidate may know of an exception that a test's callback raised."""
    for cls in type(error).__mro__:
        if cls in _NAMES:
            return _NAMES[cls], "" if issubclass(cls, _SILENT) else _message(error)
    return "RuntimeError", ""


def rebuild(name: str, message: str) -> Exception:
    """The exception that stands here for one on the other side, which may say anything."""
    text = plain_text(message)
    match _BY_NAME.get(name):
        case None:
            return StudentError(text)
        case cls if cls is UnicodeDecodeError:
            return UnicodeDecodeError("utf-8", b"", 0, 1, text)
        case cls if cls is UnicodeEncodeError:
            return UnicodeEncodeError("utf-8", "", 0, 1, text)
        case cls if cls is UnicodeTranslateError:
            return UnicodeTranslateError("", 0, 1, text)
        case cls:
            return cls(text) if text else cls()


def plain_text(text: str) -> str:
    """``text`` without control characters and lone surrogates, cut to a message's length."""
    whole = text[:MESSAGE_CHARACTERS].encode("utf-8", "replace").decode()
    return _CONTROL.sub("", whole)


def _message(error: BaseException) -> str:
    try:
        only = error.args[0] if len(error.args) == 1 else None
        text = only if type(only) is str else str(error)
        return plain_text(text) if type(text) is str else ""
    except BaseException:  # the student's __str__, or a property, may raise anything
        return ""
