"""Source as a textbook prints it: what goes, and what stays letter by letter."""

from textwrap import dedent

import pytest

from workbook.plan.textbook import only_refuses, plain, without_idle_parameters

PAIRS = {
    "annotations go, and the star before parameters that must be named": (
        """
        def loss(x: Array, *, target: Array, weight: float = 1.0) -> Result:
            total: float = 0.0
            return x
        """,
        """
        def loss(x, target, weight=1.0):
            total = 0.0
            return x
        """,
    ),
    "the star stays where a default stands before a parameter without one": (
        "def f(a: int = 1, *, b: int) -> int:\n    return a",
        "def f(a=1, *, b):\n    return a",
    ),
    "a refusal goes, with what only it reads and the comment above it": (
        """
        def rows(number, count):
            unknown = ~np.isin(number, count)
            # People count from 1.
            if unknown.any():
                row = unknown.argmax()
                raise EngineError(f"row {row}")
            return number - 1  # NumPy counts from 0
        """,
        """
        def rows(number, count):
            return number - 1  # NumPy counts from 0
        """,
    ),
    "what makes a machine repeat itself goes, and what was under it moves left": (
        """
        def fit(x):
            losses = []
            with deterministic():
                for value in x:
                    losses.append(value)

                with torch.no_grad():
                    losses.append(0)
            return losses
        """,
        """
        def fit(x):
            losses = []
            for value in x:
                losses.append(value)

            with torch.no_grad():
                losses.append(0)
            return losses
        """,
    ),
    "reports of progress go, and what the docstring says of them": (
        """
        def fit(x, progress):
            \"\"\"The sum.

            Args:
                x: numbers.
                progress: called with (done, of all).
            \"\"\"
            for k, value in enumerate(x):
                total = value
                if progress is not None and k > 2:
                    progress(k, len(x))
            return sum(x)
        """,
        """
        def fit(x, progress):
            \"\"\"The sum.

            Args:
                x: numbers.
            \"\"\"
            for k, value in enumerate(x):
                total = value
            return sum(x)
        """,
    ),
    "one who sees each step goes, and so does what is said of it": (
        """
        def fit(x, watch):
            \"\"\"The sum.

            Args:
                x: numbers.
                watch: sees the sum before and after each step.
            \"\"\"
            total = 0
            for value in x:
                if watch is not None:
                    watch.begins(total)
                total += value
                if watch is not None:
                    watch.ends(total)
            return total, [watch.seen for watch in ()]
        """,
        """
        def fit(x, watch):
            \"\"\"The sum.

            Args:
                x: numbers.
            \"\"\"
            total = 0
            for value in x:
                total += value
            return total, [watch.seen for watch in ()]
        """,
    ),
    "arrays are not made arrays, lists are": (
        "def f(found):\n    return np.asarray(found['x']) @ np.asarray(found['w']).T + np.asarray(listed)",
        "def f(found):\n    return found['x'] @ found['w'].T + np.asarray(listed)",
    ),
    "what is left of a docstring in one line has its quotes there": (
        """
        def rows(number):
            \"\"\"The rows of numbers.

            Raises:
                EngineError: there is none.
            \"\"\"
            return number
        """,
        """
        def rows(number):
            \"\"\"The rows of numbers.\"\"\"
            return number
        """,
    ),
    "what is read elsewhere too stays": (
        """
        def mean(x):
            n = len(x)
            if n < 2:
                raise ValueError(n)
            return x.sum() / n
        """,
        """
        def mean(x):
            n = len(x)
            return x.sum() / n
        """,
    ),
    "calls of what only refuses go, and an else that only refuses": (
        """
        def curve(name, x):
            refuse(name)
            if name == "sine":
                y = sin(x)
            else:
                raise ValueError(name)
            assert y is not None
            return y
        """,
        """
        def curve(name, x):
            if name == "sine":
                y = sin(x)
            return y
        """,
    ),
    "a case that only refuses goes": (
        """
        def curve(name, x):
            match name:
                case "sine":
                    return sin(x)
                case _:
                    raise ValueError(name)
        """,
        """
        def curve(name, x):
            match name:
                case "sine":
                    return sin(x)
        """,
    ),
    "a docstring keeps its shapes, and loses what is raised and its tests": (
        """
        def half(x: float) -> float:
            \"\"\"Half of it.

            Args:
                x: any number.

            Raises:
                ValueError: never.

            >>> half(4.0)
            2.0
            \"\"\"
            return x / 2  # type: ignore[no-any-return]
        """,
        """
        def half(x):
            \"\"\"Half of it.

            Args:
                x: any number.
            \"\"\"
            return x / 2
        """,
    ),
    "an error that is said otherwise is not, and a class keeps its fields": (
        """
        @dataclass
        class Run:
            steps: int

            def go(self, rate: float) -> None:
                try:
                    # As far as it goes.
                    step(rate)
                except ValueError as error:
                    raise DataError from error
                except KeyError:
                    raise DataError("no rate") from None
                finish()
        """,
        """
        @dataclass
        class Run:
            steps: int

            def go(self, rate):
                # As far as it goes.
                step(rate)
                finish()
        """,
    ),
    "fields of a class say what they are, and not what that holds": (
        """
        @dataclass
        class Phase:
            ends: tuple[float, float]
            curve: Literal["cosine", "linear"] = "cosine"
            grey: npt.NDArray[np.uint8] | None = None
            layers: list[
                tuple[torch.Tensor, torch.Tensor]
            ]
        """,
        """
        @dataclass
        class Phase:
            ends: tuple
            curve: str = "cosine"
            grey: np.ndarray | None = None
            layers: list
        """,
    ),
    "what makes a machine repeat itself goes, several contexts too": (
        """
        def fit(x):
            with deterministic(), torch.random.fork_rng(devices=[]):
                # Seeded.
                total = x.sum()
            with deterministic(), torch.no_grad():
                return total
        """,
        """
        def fit(x):
            # Seeded.
            total = x.sum()
            with deterministic(), torch.no_grad():
                return total
        """,
    ),
    "what is caught and made good stays": (
        """
        def root(x: float) -> float:
            try:
                return sqrt(x)
            except ValueError:
                return 0.0
        """,
        """
        def root(x):
            try:
                return sqrt(x)
            except ValueError:
                return 0.0
        """,
    ),
}


@pytest.mark.parametrize("what", PAIRS)
def test_a_definition_is_printed(what: str) -> None:
    written, printed = (dedent(text).strip() for text in PAIRS[what])
    assert plain(written, lambda name: name == "refuse") == printed


def test_a_long_signature_is_folded() -> None:
    names = [f"parameter_number_{i}" for i in range(9)]
    printed = plain(f"def f({', '.join(names)}):\n    return 1", lambda _: False)
    assert max(map(len, printed.splitlines())) <= 96
    assert printed.replace("\n", " ").replace(" ", "") == f"deff({','.join(names)},):return1"


def test_a_function_that_computes_something_is_no_refusal() -> None:
    import ast

    texts = ("def f(x):\n    'Words.'\n    if x:\n        raise ValueError", "def f(x):\n    if x:\n        return 1")
    assert [only_refuses(ast.parse(text).body[0], lambda _: False) for text in texts] == [True, False]


def test_helpers_lose_the_parameters_that_they_do_not_use_and_entries_keep_them() -> None:
    script = """
    def rows(number, count, name="n"):
        return number - 1


    def entry(x, unused):
        return rows(x[0], len(x), "x") + rows(
            x[1], count=3
        )
    """
    found = without_idle_parameters(dedent(script).lstrip(), ["entry"])
    assert "def rows(number):" in found
    assert "def entry(x, unused):" in found
    assert found.replace("\n", "").replace(" ", "").endswith("returnrows(x[0])+rows(x[1])")


def test_nobody_listens_to_a_run_that_is_printed() -> None:
    text = "def fit(x, idle, progress=None, watch=None):\n    return x\n"
    assert without_idle_parameters(text, ["fit"]) == "def fit(x, idle):\n    return x\n"


def test_a_helper_that_is_handed_on_keeps_its_parameters() -> None:
    script = "def f(a, b):\n    return a\n\n\ndef entry(x):\n    return list(map(f, x, x)), f(1, 2)\n"
    assert without_idle_parameters(script, ["entry"]) == script
