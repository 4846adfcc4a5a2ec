"""Makes the commands from Run's methods and the module's functions, and prints what they return."""

import errno
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import cyclopts

from mintage.core.errors import MintageError, shown
from mintage.run import Run

OF_A_RUN: dict[str, Callable[..., Any]] = {
    "references": Run.references,
    "propose": Run.propose,
    "plan": Run.plan,
    "preview": Run.preview,
    "run": Run.make,
    "retry": Run.retry,
    "prompts": Run.prompts,
    "tune": Run.tune,
    "status": Run.status,
    "remake": Run.remake,
    "report": Run.report,
    "export": Run.export,
}
"""Command → method. `run` is `make`."""

WITHOUT_A_RUN = {
    "new": "new",
    "demo": "demo",
    "engines": "engines_",
    "try": "try_",
    "fetch": "fetch",
    "doctor": "doctor",
}
"""Command → function of `mintage.start`. `engines` is `engines_`: in Python that name is the folder of plug-ins."""

ORDER = (
    "demo",
    "new",
    "references",
    "propose",
    "plan",
    "preview",
    "run",
    "retry",
    "prompts",
    "tune",
    "status",
    "report",
    "remake",
    "export",
    "engines",
    "try",
    "fetch",
    "doctor",
)
"""As they are used, and so as `--help` shows them."""


def _of_a_run(method: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes the folder first and the method's own parameters after it."""

    def command(folder: Path, /, *args: Any, **kwargs: Any) -> Any:
        return method(Run(folder), *args, **kwargs)

    folder = inspect.Parameter("folder", inspect.Parameter.POSITIONAL_ONLY, annotation=_FOLDER)
    return _typed(command, method, [folder, *list(inspect.signature(method).parameters.values())[1:]])


def _without_a_run(function: Callable[..., Any]) -> Callable[..., Any]:
    def command(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return _typed(command, function, list(inspect.signature(function).parameters.values()))


def _typed(
    command: Callable[..., Any], of: Callable[..., Any], parameters: list[inspect.Parameter]
) -> Callable[..., Any]:
    """The command with the documentation, parameters and types of `of`, less what is Python only."""
    named = {n: t for n, t in of.__annotations__.items() if n != "return"}
    stand_in = type("_", (), {"__annotations__": named, "__module__": of.__module__})
    types = {n: _TYPED.get(str(t), t) for n, t in get_type_hints(stand_in, vars(sys.modules[of.__module__])).items()}
    given = [p.replace(annotation=types.get(p.name, p.annotation)) for p in parameters]
    command.__doc__ = of.__doc__
    command.__name__ = of.__name__
    command.__signature__ = inspect.Signature(given)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in given}
    return command


_FOLDER = Annotated[Path, cyclopts.Parameter(help="The run: a folder with a dataset.yaml.")]

_TYPED: dict[str, Any] = {
    str(Sequence[str] | Mapping[str, int]): Annotated[list[str], cyclopts.Parameter(consume_multiple=True)],
    str(Path | str): Path,
    str(Mapping[str, str] | None): dict[str, str] | None,
}
"""What a parameter is on the command line, where Python takes more."""


def build_app() -> cyclopts.App:
    """All commands. Builds nothing heavy: `--help` answers at once."""
    import mintage
    from mintage import start

    app = cyclopts.App(name="mintage", help=mintage.__doc__, version=mintage.__version__, help_format="plaintext")
    app.default_parameter = cyclopts.Parameter(negative=())
    commands = {name: _of_a_run(method) for name, method in OF_A_RUN.items()}
    commands |= {name: _without_a_run(getattr(start, function)) for name, function in WITHOUT_A_RUN.items()}
    for place, name in enumerate(ORDER):
        app.command(commands[name], name=name, sort_key=place)
    return app


_SURROUNDINGS = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.EISDIR,
    errno.EEXIST,
)
"""What the system says of a place or a disk, which a user can change; any other of its errors is a bug of ours."""


def main(arguments: list[str] | None = None) -> None:
    """The command line. Exit codes: 0 done, 1 done with failures left, 2 a user can fix it, 3 stopped by the
    budget, 130 interrupted."""
    from rich.console import Console

    try:
        code = _run(build_app(), sys.argv[1:] if arguments is None else arguments)
    except MintageError as error:
        Console(stderr=True, highlight=False).print(_say(error), markup=False, soft_wrap=True)
        code = error.exit_code
    except KeyboardInterrupt:
        print("\nstopped: what is finished is safe; the same command continues", file=sys.stderr)
        code = 130
    except BrokenPipeError:  # `mintage … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or else the exit complains of it again
        code = 0
    except OSError as error:
        if error.errno not in _SURROUNDINGS:
            raise
        print(f"the system refused: {error.strerror}: {error.filename or ''}", file=sys.stderr)
        code = 2
    raise SystemExit(code)


def _run(app: cyclopts.App, arguments: list[str]) -> int:
    from rich.console import Console
    from rich.markup import escape

    class Out(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Out(highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())
    try:
        command, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        known = [arguments[0]] if arguments and arguments[0] in ORDER else []
        raise MintageError(str(error), type_this=" ".join(["mintage", *known, "--help"])) from None
    result = command(*bound.args, **bound.kwargs)
    finish = getattr(result, "finish", None)
    page = finish() if finish else result
    if isinstance(page, Run):
        file, plan = (
            escape(str(t)) for t in (shown(page.folder / "dataset.yaml"), f"mintage plan {shown(page.folder)}")
        )
        console.print(f"wrote {file}; next: [bold cyan]{plan}[/]")
    elif page is not None:
        console.print(page)
    return int(getattr(page, "exit_code", 0 if getattr(page, "ok", True) else 1))


def _say(error: MintageError) -> str:
    count = len(error.problems)
    head = f"{count} things to mend:\n" if count > 1 else ""
    return head + "\n".join(str(p) for p in error.problems)


if __name__ == "__main__":
    main()
