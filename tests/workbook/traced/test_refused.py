"""What no workbook can be made of is one sentence; modules that only look odd work."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from workbook.app import cli
from workbook.app.from_module import Choices, lesson_of, load, parse_axes
from workbook.errors import WorkbookError


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def squared(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return model(x).square().mean()


def of(forward: Callable[[nn.Module, torch.Tensor], torch.Tensor], loss: Any = squared) -> Callable[[], Any]:
    """What makes a module whose forward is that function of a linear layer's owner."""

    class Module(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return forward(self, x)

    return lambda: (Module(), loss, {"x": torch.arange(6.0).reshape(2, 3)})


def branches(model: Any, x: torch.Tensor) -> torch.Tensor:
    return model.fc(x) if x.sum() > 0 else x


def reads_a_number(model: Any, x: torch.Tensor) -> torch.Tensor:
    return model.fc(x) * x.max().item()


def draws(model: Any, x: torch.Tensor) -> torch.Tensor:
    return model.fc(x) + torch.randn(2, 2)


def writes_into_the_batch(model: Any, x: torch.Tensor) -> torch.Tensor:
    x[0].mul_(2)
    return model.fc(x)


def packs(model: Any, x: torch.Tensor) -> torch.Tensor:
    packed = nn.utils.rnn.pack_padded_sequence(x.unsqueeze(2), torch.tensor([3, 2]), batch_first=True)
    return model.fc(packed.data.view(1, -1)[:, :3])


def asks_for_a_gradient(model: Any, x: torch.Tensor) -> torch.Tensor:
    score = model.fc(x.requires_grad_()).sum()
    return torch.autograd.grad(score, x, create_graph=True)[0]


def halves(model: Any, x: torch.Tensor) -> torch.Tensor:
    return model.fc(x).bfloat16()


def unknown(model: Any, x: torch.Tensor) -> torch.Tensor:
    return torch.linalg.svdvals(model.fc(x))


def unknown_argument(model: Any, x: torch.Tensor) -> torch.Tensor:
    return torch.div(model.fc(x), 3.0, rounding_mode="floor")


@pytest.mark.parametrize(
    ("forward", "complaint"),
    [
        (branches, "depends on data"),
        (reads_a_number, "item"),
        (draws, "draws at random"),
        (writes_into_the_batch, "writes into x in place: write the result to a new tensor"),
        (packs, "take each at its own length"),
        (asks_for_a_gradient, "write that gradient out"),
        (halves, "float64"),
        (unknown, "svd"),
        (unknown_argument, "rounds"),
    ],
)
def test_what_has_no_formula_is_one_sentence_with_the_users_line(forward: Any, complaint: str) -> None:
    with pytest.raises(WorkbookError, match=complaint) as refused:
        lesson_of(of(forward), Choices("x"), progress=silent)
    assert "\n" not in str(refused.value)
    assert "test_refused.py" in str(refused.value)


@pytest.mark.parametrize(
    ("made", "complaint"),
    [
        (3, r"expected \(model, loss, batch\)"),
        ((1, 2, 3), "expected a torch.nn.Module"),
        ((nn.Linear(1, 1), 2, {}), "expected a function"),
        ((nn.Linear(1, 1), squared, {}), "expected a dict of named tensors"),
        ((nn.Linear(1, 1), squared, {"x": 3}), "expected names and tensors"),
        ((nn.Linear(1, 1), squared, {"x": torch.ones(0, 1)}), "an empty tensor"),
        ((nn.ReLU(), squared, {"x": torch.ones(1)}), "no parameter that requires a gradient"),
        ((nn.Linear(1, 1), squared, {"x": torch.ones(1, 1)}, 3), "expected one of torch.optim"),
        ((nn.Linear(1, 1), lambda m, x: m(x), {"x": torch.ones(2, 1)}), "expected a single number"),
        ((nn.Linear(1, 1), lambda m, x: x.mean(), {"x": torch.ones(2, 1)}), "does not depend on any parameter"),
        ((nn.Linear(2000, 2000), squared, {"x": torch.ones(2, 2000)}), r"the module has 4,002,000 parameters"),
        ((nn.Linear(40, 40), squared, {"x": torch.ones(4000, 40)}), "formula cells, more than 300,000; largest: "),
    ],
)
def test_what_a_function_must_give_is_said(made: Any, complaint: str) -> None:
    with pytest.raises(WorkbookError, match=complaint):
        lesson_of(lambda: made, Choices("x"), progress=silent)


@pytest.mark.parametrize(
    ("optimizer", "complaint"),
    [
        (lambda p: torch.optim.Adagrad(p), "expected one of SGD, Adam, AdamW"),
        (lambda p: torch.optim.Adam(p, amsgrad=True), "amsgrad=True is not known"),
        (lambda p: torch.optim.SGD([nn.Parameter(torch.ones(3))], lr=0.1), "no parameter of the model"),
    ],
)
def test_an_optimizer_whose_step_is_not_known_is_named(optimizer: Any, complaint: str) -> None:
    def make() -> Any:
        model, loss, batch = of(lambda model, x: model.fc(x))()
        return model, loss, batch, optimizer(model.parameters())

    with pytest.raises(WorkbookError, match=complaint):
        lesson_of(make, Choices("x"), progress=silent)


def test_what_the_users_code_raises_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def make():\n    raise KeyError('lost')\n\ndef other():\n    pass\n")
    with pytest.raises(WorkbookError, match=r"raised KeyError: 'lost'; mine.py, line 2"):
        lesson_of(load(f"{path}:make"), Choices("x"), progress=silent)
    with pytest.raises(WorkbookError, match="has no function 'lost'; it has make, other"):
        load(f"{path}:lost")
    with pytest.raises(WorkbookError, match="there is no such file"):
        load(f"{tmp_path / 'none.py'}:make")
    with pytest.raises(WorkbookError, match="there is no module no_such"):
        load("no_such.thing:make")
    (tmp_path / "mine.xlsx").touch()
    with pytest.raises(WorkbookError, match=r"mine\.xlsx: it is no Python file, expected FILE\.py:FUNCTION"):
        load(f"{tmp_path / 'mine.xlsx'}:make")
    with pytest.raises(WorkbookError, match=r"expected FILE\.py:FUNCTION"):
        load("mine.py")
    with pytest.raises(WorkbookError, match="expected a name, =, and its dimensions"):
        parse_axes(("x",))


class Odd(nn.Module):
    """Names that are words of Python, of Excel, and of no alphabet of ours."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("true", "größe", "A1", "R1C1", "sum"):
            self.add_module(name, nn.Linear(2, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.children():
            x = torch.tanh(layer(x))
        return x


def test_odd_names_and_loops_and_hooks_work() -> None:
    def make() -> Any:
        model = Odd()
        model.get_submodule("sum").register_forward_hook(lambda module, inputs, output: output * 2)
        return (
            model,
            lambda model, lambda_, si: functional.mse_loss(model(lambda_), si),
            {
                "lambda": torch.ones(3, 2),
                "si": torch.zeros(3, 2),
            },
        )

    lesson, _ = lesson_of(make, Choices("größe 1"), progress=silent)
    assert lesson.file_name == "größe 1"


def test_the_command_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def make():\n    return 3\n")
    assert cli.main(["from-module", f"{path}:make", "--out", str(tmp_path / "out")]) == cli.FAILED
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "expected (model, loss, batch)" in said


def test_the_command_names_the_module_and_lists_the_page_that_it_leaves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "mine.py", tmp_path / "out"
    path.write_text(
        "import torch\n\n\n"
        "class Model(torch.nn.Linear):\n    def forward(self, x):\n        return super().forward(x)\n\n\n"
        "def make():\n    return Model(2, 1), lambda model, x: model(x).sum(), {'x': torch.ones(1, 2)}\n"
    )
    assert cli.main(["from-module", f"{path}:make", "--out", str(out)]) == cli.GOOD
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"mine  ok  {out}/mine.xlsx")
    assert said[-2:] == [
        f"report: {out}/report.json, {out}/report.html",
        f"pages: open {out}/pages/index.html",
    ]
    assert "./mine.html" in (out / "pages" / "index.html").read_text()
    assert "<dt>Module</dt><dd>mine</dd>" in (out / "report.html").read_text()
    with zipfile.ZipFile(out / "mine.xlsx") as archive:
        parts = b"".join(archive.read(part) for part in archive.namelist())
    assert b"mine.py, line 6" in parts
    assert str(tmp_path).encode() not in parts
    # A copy under another name is still of that module.
    shutil.copy(out / "mine.xlsx", tmp_path / "copy.xlsx")
    assert cli.main(["verify", str(tmp_path / "copy.xlsx")]) == cli.GOOD
    assert capsys.readouterr().out.startswith("mine  ok  ")
