"""A few small modules that use every operation of the table between them: name → (model, loss, batch)."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as f

EVERY: dict[str, Any] = {}


class Terms(nn.Module):
    """A linear layer whose results go through many operations, all added up."""

    def __init__(self, name: str, wide: int = 3) -> None:
        super().__init__()
        self.fc = nn.Linear(2, wide)
        self.table = nn.Parameter(torch.ones(4, 3))
        self.kernel1 = nn.Parameter(torch.ones(2, 1, 2))
        self.kernel2 = nn.Parameter(torch.ones(2, 1, 2, 2))
        self.kernel3 = nn.Parameter(torch.ones(1, 1, 1, 2, 2))
        self.turned1 = nn.Parameter(torch.ones(1, 2, 2))
        self.turned2 = nn.Parameter(torch.ones(1, 1, 2, 2))
        self.scale, self.shift = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))
        self.register_buffer("running_mean", torch.ones(3))
        self.register_buffer("running_var", torch.ones(3))
        self.name = name

    def forward(self, x: torch.Tensor, y: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        terms = globals()[self.name](self, self.fc(x), y, k)
        # Each with a gradient of its own, which no slip that leaves it out can get by.
        return torch.dot(torch.stack([term.sum() for term in terms]), torch.linspace(0.7, 2.1, len(terms)))


def unary(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    p = z.square() + 0.5
    return [
        *(g(z) for g in (torch.abs, torch.atan, torch.cos, torch.erf, torch.exp, torch.expm1, torch.neg, torch.sin)),
        *(g(p) for g in (torch.log, torch.log1p, torch.log2, torch.sqrt, torch.rsqrt, torch.reciprocal)),
        *(g(z) for g in (torch.sigmoid, torch.tanh, torch.relu, f.relu6, f.silu, f.hardswish, f.softsign)),
        *(g(z) for g in (f.elu, f.selu, f.mish, f.gelu, f.softplus, f.leaky_relu, f.hardtanh)),
        f.gelu(z, approximate="tanh"),
        *(g(z) for g in (torch.tan, torch.sinh, torch.cosh, torch.exp2, torch.frac)),
        *(g(z) * z for g in (torch.round, torch.ceil, torch.trunc)),
        torch.log10(p),
        torch.asin(z / 4),
        torch.acos(z / 4),
        torch.sign(z) * z,
        torch.floor(z) * z,
        z.clamp(-0.3, 0.4),
        z.clamp_min(0.1),
        z.clamp_max(0.1),
        z**3,
        p**1.5,
        2.0**z,
        p**y,
    ]


def binary(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    w, v = z[:, :1], z[:1]
    y = 2 * y
    over, under = z > y, z < -0.5
    return [
        w + v * y,
        z - v,
        z * w,
        z / (y * y + 1),
        1 - z,
        torch.maximum(z, y * 2),
        torch.minimum(z, w),
        torch.where(over, z * 2, w),
        z.masked_fill(over, 0.25),
        (over & under) * z,
        (over | under) * z,
        torch.logical_and(over, under) * z,
        torch.logical_or(over, under) * z,
        torch.logical_not(over) * z,
        ~over * z,
        (z >= y) * z,
        (z <= y) * z,
        (z == y) * z + (z != y) * z,
        torch.isnan(z) * z,
        z.detach() * z,
    ]


def over(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    return [
        z.sum(1) * 2,
        z.mean(0) * z,
        z.amax(1) * y[:, 0],
        z.amin(0) * y[0],
        z.cumsum(1) * y,
        torch.linalg.vector_norm(z, dim=1),
        z.norm(),
        z.prod(1),
        (z * torch.tensor([[1.0, 0.0, 2.0], [1.0, 3.0, 2.0]])).prod(1),
        (z * torch.tensor([[0.0, 1.0, 0.0], [1.0, 3.0, 2.0]])).prod(1),
        z.logsumexp(1) * y[:, 0],
        z.softmax(1) * y,
        z.log_softmax(1) * y,
        z.max(1)[0] * y[:, 1],
        z.min(0)[0] * y[1],
        z.max() * y[0, 0],
        z.sort(1)[0] * y,
        z.topk(2, 1)[0] * y[:, :2],
        z.argmax(1) * z[:, 0],
        z.argmin(1) * z[:, 1],
        torch.cat([z, y * z], 1) * 2,
        torch.stack([z, y]) * z,
        f.pad(z, (1, 0), value=2.0) * 3,
    ]


def products(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    one, other = z.view(2, 1, 3), (y * z).view(2, 3, 1)
    return [
        torch.addmm(m.shift, z, m.table[:3]),
        torch.baddbmm(one[:, :, :1], one, other),
        torch.bmm(one, other),
        torch.dot(z[0], y[0]),
        torch.vdot(z[1], y[0]),
        torch.einsum("ij,kj->ik", z, y) * 2,
        z @ y.T,
        torch.mm(z, m.table[:3]),
        torch.mv(z, m.shift),
        torch.outer(z[0], m.scale),
    ]


def looked_up(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    return [
        f.embedding(k, m.table) * z,
        z.gather(1, k[:, None] % 3),
        m.table[k] * y,
        m.table.index_select(0, k) * z,
        torch.take_along_dim(z, k[:, None] % 3, 1) * 2,
        f.one_hot(k % 3, 3) * z,
        f.layer_norm(z, (3,), m.scale, m.shift) * y,
        f.rms_norm(z, (3,), m.scale) * y,
        f.batch_norm(torch.cat([z, y * z]), m.running_mean, m.running_var, m.scale, m.shift, training=False) * 2,
        nn.functional.batch_norm(torch.cat([z, y]), None, None, m.scale, m.shift, training=True) ** 3,
    ]


def images(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    line, picture = z.view(1, 1, -1), z.view(1, 1, 4, 4)
    room = z.view(1, 1, 2, 2, 4)
    return [
        f.conv1d(line, m.kernel1, stride=2) ** 2,
        f.conv2d(picture, m.kernel2, m.shift[:2], padding=1) ** 2,
        f.conv3d(room, m.kernel3) ** 2,
        f.conv_transpose1d(line, m.turned1) ** 2,
        f.conv_transpose2d(picture, m.turned2, stride=2) ** 2,
        f.conv_transpose3d(room, m.kernel3) ** 2,
        f.max_pool1d(line, 2) ** 2,
        f.max_pool2d(picture, 2) ** 2,
        f.avg_pool1d(line, 2) ** 2,
        f.avg_pool2d(picture, 2, padding=1) ** 2,
        f.adaptive_avg_pool1d(line, 2) ** 2,
        f.adaptive_avg_pool2d(picture, 2) ** 2,
        f.adaptive_max_pool1d(line, 2) ** 2,
        f.adaptive_max_pool2d(picture, 2) ** 2,
        f.interpolate(line, scale_factor=2) ** 2,
        f.interpolate(picture, scale_factor=2) ** 2,
    ]


def losses(m: Any, z: Any, y: Any, k: Any) -> list[Any]:
    share, sign, picked = torch.sigmoid(z), torch.sign(y), k % 3
    return [
        f.binary_cross_entropy(share, y.abs().clamp(0, 1)),
        f.binary_cross_entropy_with_logits(z, y.abs().clamp(0, 1)),
        f.cross_entropy(z, picked),
        f.cross_entropy(z, picked, weight=m.scale.detach(), label_smoothing=0.1),
        f.huber_loss(z, y * 2, delta=1.5),
        f.l1_loss(z, y * 4),
        f.mse_loss(z, y, reduction="sum"),
        f.nll_loss(z.log_softmax(1), picked),
        f.nll_loss(z.view(2, 3, 1, 1).log_softmax(1), picked.view(2, 1, 1)),
        f.smooth_l1_loss(z, y * 2),
        f.soft_margin_loss(z, sign),
    ]


def _made(name: str, wide: int, rows: int) -> Any:
    def make() -> Any:
        torch.manual_seed(3)
        model = Terms(name, wide)
        with torch.no_grad():
            for tensor in (*model.parameters(), *model.buffers()):
                # None is 0 or 1, where a slip would not show.
                tensor.copy_(0.3 + torch.rand(tensor.shape))
            model.fc.weight.copy_(torch.randn(wide, 2))
        batch = {"x": torch.randn(rows, 2), "y": torch.randn(rows, 3), "k": torch.tensor([1, 3] * (rows // 2))}
        return model, lambda m, x, y, k: m(x, y, k), batch

    return make


for each in ("unary", "binary", "over", "products", "looked_up", "losses"):
    EVERY[each] = _made(each, 3, 2)
EVERY["images"] = _made("images", 8, 2)
