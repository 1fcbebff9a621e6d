"""Modules as strangers write them, of kinds that `zoo.py` lacks: name → (model, loss, batch) or with an optimizer."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

STRANGERS = {}


def one(f):
    STRANGERS[f.__name__] = f
    return f


def R(*s):
    return torch.randn(*s)


def I(hi, *s):
    return torch.randint(0, hi, s)


def of(forward, loss=None, batch=None, **parts):
    """A module of those parts whose forward is that function of itself and the batch's first tensor."""

    class M(nn.Module):
        def __init__(self):
            super().__init__()
            for key, value in parts.items():
                setattr(self, key, value)

        def forward(self, *xs):
            return forward(self, *xs)

    return M(), loss or (lambda m, x: (m(x) ** 3 + m(x)).mean()), batch or dict(x=R(3, 4))


@one
def bilinear():
    return of(
        lambda m, x: m.b(x, x.flip(1)),
        b=nn.Bilinear(4, 4, 2),
    )


@one
def bilinear_two_inputs():
    return of(
        lambda m, a, b: torch.sigmoid(m.b(a, b)).squeeze(1),
        lambda m, a, b, y: F.binary_cross_entropy(m(a, b), y),
        dict(a=R(4, 3), b=R(4, 2), y=I(2, 4).float()),
        b=nn.Bilinear(3, 2, 1),
    )


@one
def mha_causal_mask():
    def fwd(m, x):
        mask = torch.triu(torch.full((4, 4), float("-inf")), 1)
        return m.a(x, x, x, attn_mask=mask, need_weights=False)[0]

    return of(fwd, batch=dict(x=R(2, 4, 4)), a=nn.MultiheadAttention(4, 2, batch_first=True))


@one
def mha_padding_mask():
    def fwd(m, x):
        mask = torch.tensor([[False, False, True], [False, True, True]])
        return m.a(x, x, x, key_padding_mask=mask)[0]

    return of(fwd, batch=dict(x=R(2, 3, 4)), a=nn.MultiheadAttention(4, 2, batch_first=True))


@one
def encoder_layer():
    return of(
        lambda m, x: m.e(x),
        batch=dict(x=R(2, 3, 4)),
        e=nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
    )


@one
def encoder_two_layers_causal():
    def fwd(m, x):
        return m.e(x, mask=nn.Transformer.generate_square_subsequent_mask(3), is_causal=True)

    layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, batch_first=True, norm_first=True, activation="gelu")
    return of(fwd, batch=dict(x=R(1, 3, 4)), e=nn.TransformerEncoder(layer, 2, enable_nested_tensor=False))


@one
def decoder_layer():
    return of(
        lambda m, x, mem: m.d(x, mem),
        lambda m, x, mem: (m(x, mem) ** 3).mean(),
        dict(x=R(1, 2, 4), mem=R(1, 3, 4)),
        d=nn.TransformerDecoderLayer(4, 2, 6, dropout=0.0, batch_first=True),
    )


@one
def depthwise_separable():
    return of(
        lambda m, x: m.p(F.relu(m.d(x))).mean((2, 3)),
        lambda m, x, y: F.cross_entropy(m(x), y),
        dict(x=R(2, 2, 5, 5), y=I(3, 2)),
        d=nn.Conv2d(2, 2, 3, padding=1, groups=2),
        p=nn.Conv2d(2, 3, 1),
    )


@one
def transposed_with_padding():
    return of(
        lambda m, x: m.t(x),
        batch=dict(x=R(1, 2, 3, 3)),
        t=nn.ConvTranspose2d(2, 1, 3, stride=2, padding=1, output_padding=1),
    )


@one
def group_norm_conv():
    return of(
        lambda m, x: F.silu(m.n(m.c(x))),
        batch=dict(x=R(2, 1, 4, 4)),
        c=nn.Conv2d(1, 4, 3, padding=1, bias=False),
        n=nn.GroupNorm(2, 4),
    )


@one
def upsample_bilinear():
    return of(
        lambda m, x: m.u(m.c(x)),
        batch=dict(x=R(1, 1, 3, 3)),
        c=nn.Conv2d(1, 1, 1),
        u=nn.Upsample(scale_factor=2, mode="bilinear"),
    )


@one
def upsample_nearest():
    return of(
        lambda m, x: m.u(m.c(x)), batch=dict(x=R(1, 1, 3, 3)), c=nn.Conv2d(1, 1, 1), u=nn.Upsample(scale_factor=2)
    )


@one
def pixel_unshuffle():
    return of(lambda m, x: m.c(F.pixel_unshuffle(x, 2)), batch=dict(x=R(1, 1, 4, 4)), c=nn.Conv2d(4, 2, 1))


@one
def birnn_two_layers():
    return of(
        lambda m, x: m.r(x)[0],
        batch=dict(x=R(2, 3, 2)),
        r=nn.RNN(2, 3, num_layers=2, bidirectional=True, batch_first=True),
    )


@one
def lstm_proj():
    return of(lambda m, x: m.r(x)[0], batch=dict(x=R(2, 3, 2)), r=nn.LSTM(2, 4, proj_size=2, batch_first=True))


@one
def lstm_with_state():
    return of(
        lambda m, x, h, c: m.o(m.r(x, (h, c))[1][0][-1]),
        lambda m, x, h, c, y: F.mse_loss(m(x, h, c), y),
        dict(x=R(2, 3, 2), h=R(1, 2, 3), c=R(1, 2, 3), y=R(2, 1)),
        r=nn.LSTM(2, 3, batch_first=True),
        o=nn.Linear(3, 1),
    )


@one
def gru_time_first():
    return of(lambda m, x: m.r(x)[1], batch=dict(x=R(3, 2, 2)), r=nn.GRU(2, 3, bias=False))


def _bag(mode):
    def make():
        return of(
            lambda m, x: m.o(m.e(x)),
            lambda m, x, y: F.cross_entropy(m(x), y),
            dict(x=I(6, 3, 4), y=I(2, 3)),
            e=nn.EmbeddingBag(6, 3, mode=mode),
            o=nn.Linear(3, 2),
        )

    return make


STRANGERS["bag_sum"], STRANGERS["bag_mean"], STRANGERS["bag_max"] = _bag("sum"), _bag("mean"), _bag("max")


@one
def bag_offsets():
    return of(
        lambda m, x: m.e(x, torch.tensor([0, 2, 4])),
        batch=dict(x=I(6, 6)),
        e=nn.EmbeddingBag(6, 3, mode="sum"),
    )


@one
def embedding_padding_idx():
    return of(
        lambda m, x: m.e(x).sum(1),
        batch=dict(x=torch.tensor([[1, 0, 2], [3, 0, 0]])),
        e=nn.Embedding(5, 3, padding_idx=0),
    )


@one
def embedding_max_norm():
    return of(lambda m, x: m.e(x), batch=dict(x=I(5, 3)), e=nn.Embedding(5, 3, max_norm=1.0))


@one
def ctc():
    return of(
        lambda m, x: m.l(x).log_softmax(-1),
        lambda m, x, y: F.ctc_loss(m(x), y, torch.tensor([5, 5]), torch.tensor([2, 2])),
        dict(x=R(5, 2, 3), y=I(2, 2, 2) + 1),
        l=nn.Linear(3, 4),
    )


@one
def complex_numbers():
    return of(lambda m, x: torch.fft.fft(m.l(x)).abs(), l=nn.Linear(4, 4))


def _loss(loss, y, out=3, x=None, final=lambda z: z):
    def make():
        return of(
            lambda m, x: final(m.l(x)),
            lambda m, x, y: loss(m(x), y),
            dict(x=R(4, 2) if x is None else x, y=y()),
            l=nn.Linear(2, out),
        )

    return make


for key, value in {
    "huber_delta": _loss(nn.HuberLoss(delta=0.3), lambda: R(4, 3)),
    "smooth_l1_beta": _loss(nn.SmoothL1Loss(beta=0.5, reduction="sum"), lambda: R(4, 3)),
    "kl_batchmean": _loss(
        nn.KLDivLoss(reduction="batchmean"), lambda: R(4, 3).softmax(1), final=lambda z: z.log_softmax(1)
    ),
    "kl_log_target": _loss(
        nn.KLDivLoss(log_target=True), lambda: R(4, 3).log_softmax(1), final=lambda z: z.log_softmax(1)
    ),
    "bce_weighted": _loss(
        nn.BCELoss(weight=torch.tensor([1.0, 2, 3])), lambda: I(2, 4, 3).float(), final=torch.sigmoid
    ),
    "bce_pos_weight": _loss(nn.BCEWithLogitsLoss(pos_weight=torch.tensor([1.0, 2, 3])), lambda: I(2, 4, 3).float()),
    "multilabel_soft_margin": _loss(nn.MultiLabelSoftMarginLoss(), lambda: I(2, 4, 3).float()),
    "multilabel_margin": _loss(nn.MultiLabelMarginLoss(), lambda: torch.tensor([[0, -1, 1]] * 4)),
    "multi_margin_p2": _loss(nn.MultiMarginLoss(p=2, margin=0.5), lambda: I(3, 4)),
    "soft_margin": _loss(nn.SoftMarginLoss(), lambda: torch.sign(R(4, 3))),
    "hinge_embedding": _loss(nn.HingeEmbeddingLoss(margin=0.5), lambda: torch.sign(R(4, 3))),
    "poisson_full": _loss(nn.PoissonNLLLoss(full=True), lambda: I(5, 4, 3).float()),
    "smoothed_weighted_ignored": _loss(
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2, 0.5]), ignore_index=1, label_smoothing=0.1),
        lambda: torch.tensor([0, 1, 2, 2]),
    ),
    "nll_weighted_sum": _loss(
        nn.NLLLoss(weight=torch.tensor([1.0, 2, 0.5]), reduction="sum"),
        lambda: I(3, 4),
        final=lambda z: z.log_softmax(1),
    ),
    "l1_sum": _loss(nn.L1Loss(reduction="sum"), lambda: R(4, 3)),
}.items():
    STRANGERS[key] = value


@one
def gaussian_nll():
    return of(
        lambda m, x: m.l(x),
        lambda m, x, y: F.gaussian_nll_loss(m(x)[:, 0], y, F.softplus(m(x)[:, 1]) + 0.1),
        dict(x=R(4, 2), y=R(4)),
        l=nn.Linear(2, 2),
    )


def _pairs(loss, y=None):
    def make():
        batch = dict(a=R(4, 3), b=R(4, 3), c=R(4, 3)) if y is None else dict(a=R(4, 3), b=R(4, 3), y=y())
        return of(
            lambda m, x: m.l(x),
            (lambda m, a, b, c: loss(m(a), m(b), m(c))) if y is None else (lambda m, a, b, y: loss(m(a), m(b), y)),
            batch,
            l=nn.Linear(3, 2),
        )

    return make


STRANGERS["triplet"] = _pairs(nn.TripletMarginLoss(margin=2.0))
STRANGERS["triplet_own_distance"] = _pairs(
    nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: 1 - F.cosine_similarity(a, b), margin=1.5)
)
STRANGERS["cosine_embedding"] = _pairs(nn.CosineEmbeddingLoss(margin=0.1), lambda: torch.tensor([1, -1, 1, -1]))
STRANGERS["margin_ranking"] = _pairs(
    lambda a, b, y: nn.MarginRankingLoss(margin=0.2)(a.sum(1), b.sum(1), y), lambda: torch.tensor([1.0, -1, 1, -1])
)
STRANGERS["pairwise_distance"] = _pairs(
    lambda a, b, y: (F.pairwise_distance(a, b) - y).abs().mean(), lambda: R(4).abs()
)
STRANGERS["cdist"] = _pairs(lambda a, b, y: (torch.cdist(a, b) * y).mean(), lambda: R(4, 4))


@one
def shared_layer_twice():
    return of(lambda m, x: m.l(torch.tanh(m.l(x))), l=nn.Linear(4, 4))


@one
def tied_autoencoder():
    def fwd(m, x):
        return F.linear(torch.relu(m.enc(x)), m.enc.weight.t(), m.bias)

    return of(fwd, lambda m, x: F.mse_loss(m(x), x), enc=nn.Linear(4, 2), bias=nn.Parameter(torch.zeros(4)))


@one
def unused_parameter():
    return of(lambda m, x: m.used(x), used=nn.Linear(4, 2), unused=nn.Linear(4, 2))


@one
def frozen_backbone():
    model, loss, batch = of(lambda m, x: m.head(torch.relu(m.body(x))), body=nn.Linear(4, 3), head=nn.Linear(3, 2))
    for p in model.body.parameters():
        p.requires_grad_(False)
    return model, loss, batch, torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()))


@one
def target_network():
    def loss(m, s, a, r, s2):
        q = m.q(s).gather(1, a.unsqueeze(1)).squeeze(1)
        with torch.no_grad():
            target = r + 0.9 * m.t(s2).max(1).values
        return F.smooth_l1_loss(q, target)

    return of(
        lambda m, x: m.q(x),
        loss,
        dict(s=R(4, 3), a=I(2, 4), r=R(4), s2=R(4, 3)),
        q=nn.Linear(3, 2),
        t=nn.Linear(3, 2),
    )


@one
def several_losses():
    def loss(m, x, y, c):
        h = torch.relu(m.body(x))
        return (
            F.mse_loss(m.a(h), y)
            + 0.5 * F.cross_entropy(m.b(h), c)
            + 1e-3 * sum(p.pow(2).sum() for p in m.parameters())
        )

    return of(
        lambda m, x: m.body(x),
        loss,
        dict(x=R(4, 3), y=R(4, 1), c=I(2, 4)),
        body=nn.Linear(3, 4),
        a=nn.Linear(4, 1),
        b=nn.Linear(4, 2),
    )


@one
def l1_penalty():
    return of(
        lambda m, x: m.l(x),
        lambda m, x: m(x).pow(2).mean() + 0.1 * sum(p.abs().sum() for n, p in m.named_parameters() if "weight" in n),
        l=nn.Linear(4, 2),
    )


@one
def einsum_batched():
    return of(
        lambda m, x: torch.einsum(
            "bhqd,bhkd->bhqk", m.l(x).view(2, 3, 2, 2).transpose(1, 2), x.view(2, 3, 2, 2).transpose(1, 2)
        ),
        batch=dict(x=R(2, 3, 4)),
        l=nn.Linear(4, 4),
    )


@one
def einsum_three():
    return of(lambda m, x: torch.einsum("bi,oij,bj->bo", x, m.w, x), w=nn.Parameter(R(2, 4, 4)))


@one
def einsum_diagonal():
    return of(
        lambda m, x: torch.einsum("bi,bi->b", m.l(x), x) + torch.einsum("ii->", m.w),
        l=nn.Linear(4, 4),
        w=nn.Parameter(R(3, 3)),
    )


@one
def chained_views():
    return of(
        lambda m, x: (
            m.l(x)
            .view(2, 2, 6)
            .transpose(0, 2)
            .contiguous()
            .flatten(1)[:, 1:]
            .t()
            .reshape(-1, 3)
            .unsqueeze(0)
            .squeeze(0)
        ),
        batch=dict(x=R(4, 4)),
        l=nn.Linear(4, 6),
    )


@one
def unfold_patches():
    return of(
        lambda m, x: m.l(x.unfold(2, 2, 2).unfold(3, 2, 2).reshape(1, 4, 4)),
        batch=dict(x=R(1, 1, 4, 4)),
        l=nn.Linear(4, 2),
    )


@one
def nn_unfold():
    return of(
        lambda m, x: m.l(F.unfold(x, 2, stride=2).transpose(1, 2)), batch=dict(x=R(1, 1, 4, 4)), l=nn.Linear(4, 2)
    )


@one
def loop_of_layers():
    def fwd(m, x):
        for layer in m.layers:
            x = x + torch.tanh(layer(x))
        return x

    return of(fwd, layers=nn.ModuleList([nn.Linear(4, 4) for _ in range(3)]))


@one
def module_dict():
    return of(lambda m, x: sum(m.d[k](x) for k in m.d), d=nn.ModuleDict({"a": nn.Linear(4, 2), "für": nn.Linear(4, 2)}))


@one
def parameter_list():
    return of(
        lambda m, x: sum((x @ w).sin() for w in m.w), w=nn.ParameterList([nn.Parameter(R(4, 2)) for _ in range(2)])
    )


@one
def hooks():
    model, loss, batch = of(lambda m, x: m.b(m.a(x)), a=nn.Linear(4, 3), b=nn.Linear(3, 2))
    model.a.register_forward_hook(lambda mod, args, out: out.clamp(min=0))
    model.b.register_forward_pre_hook(lambda mod, args: (args[0] * 2,))
    return model, loss, batch


@one
def backward_hook():
    model, loss, batch = of(lambda m, x: m.b(m.a(x)), a=nn.Linear(4, 3), b=nn.Linear(3, 2))
    model.a.weight.register_hook(lambda g: g * 2)
    return model, loss, batch


@one
def weight_norm():
    return of(lambda m, x: m.l(x), l=nn.utils.parametrizations.weight_norm(nn.Linear(4, 2)))


@one
def spectral_norm():
    return of(lambda m, x: m.l(x), l=nn.utils.parametrizations.spectral_norm(nn.Linear(4, 2)))


@one
def orthogonal():
    return of(lambda m, x: m.l(x), l=nn.utils.parametrizations.orthogonal(nn.Linear(4, 2)))


@one
def gumbel():
    return of(lambda m, x: F.gumbel_softmax(m.l(x)), l=nn.Linear(4, 3))


@one
def dropout_eval():
    model, loss, batch = of(lambda m, x: m.d(m.l(x)), l=nn.Linear(4, 3), d=nn.Dropout(0.5))
    return model.eval(), loss, batch


@one
def dropout_2d():
    return of(lambda m, x: m.d(m.l(x)), batch=dict(x=R(2, 2, 3, 3)), l=nn.Conv2d(2, 2, 1), d=nn.Dropout2d(0.5))


@one
def sine_positions():
    def fwd(m, x):
        at = torch.arange(3).unsqueeze(1) * torch.exp(torch.arange(0, 4, 2) * (-math.log(100.0) / 4))
        table = torch.zeros(3, 4)
        table[:, 0::2], table[:, 1::2] = torch.sin(at), torch.cos(at)
        return m.l(x + table)

    return of(fwd, batch=dict(x=R(2, 3, 4)), l=nn.Linear(4, 2))


@one
def mixture_density():
    def loss(m, x, y):
        pi, mu, sigma = m(x).chunk(3, 1)
        log = torch.log_softmax(pi, 1) - 0.5 * ((y - mu) / sigma.exp()) ** 2 - sigma
        return -log.logsumexp(1).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 2), y=R(4, 1)), l=nn.Linear(2, 6))


@one
def vq():
    def loss(m, x):
        z = m.e(x)
        distance = (z.unsqueeze(1) - m.book.unsqueeze(0)).pow(2).sum(-1)
        near = m.book[distance.argmin(1)]
        straight = z + (near - z).detach()
        return F.mse_loss(m.d(straight), x) + F.mse_loss(near, z.detach()) + 0.25 * F.mse_loss(z, near.detach())

    return of(lambda m, x: x, loss, e=nn.Linear(4, 2), d=nn.Linear(2, 4), book=nn.Parameter(R(3, 2)))


@one
def simclr():
    def loss(m, a, b):
        z = F.normalize(torch.cat([m(a), m(b)]), dim=1)
        s = z @ z.T / 0.5
        s = s.masked_fill(torch.eye(6, dtype=torch.bool), -1e9)
        return F.cross_entropy(s, (torch.arange(6) + 3) % 6)

    return of(lambda m, x: m.l(x), loss, dict(a=R(3, 4), b=R(3, 4)), l=nn.Linear(4, 2))


@one
def neural_ode_step():
    def fwd(m, x):
        for _ in range(3):
            k1 = torch.tanh(m.l(x))
            k2 = torch.tanh(m.l(x + 0.1 * k1))
            x = x + 0.05 * (k1 + k2)
        return x

    return of(fwd, batch=dict(x=R(2, 3)), l=nn.Linear(3, 3))


@one
def highway_gate():
    return of(
        lambda m, x: torch.lerp(x, torch.relu(m.h(x)), torch.sigmoid(m.t(x))), h=nn.Linear(4, 4), t=nn.Linear(4, 4)
    )


@one
def squeeze_excite():
    def fwd(m, x):
        x = m.c(x)
        gate = torch.sigmoid(m.b(torch.relu(m.a(x.mean((2, 3))))))
        return x * gate[:, :, None, None]

    return of(fwd, batch=dict(x=R(2, 1, 3, 3)), c=nn.Conv2d(1, 4, 1), a=nn.Linear(4, 2), b=nn.Linear(2, 4))


@one
def maxout():
    return of(lambda m, x: m.l(x).view(3, 2, 3).max(2).values, l=nn.Linear(4, 6))


@one
def kan_basis():
    return of(
        lambda m, x: (torch.exp(-((x.unsqueeze(-1) - torch.linspace(-1, 1, 3)) ** 2)) * m.w).sum((1, 2)),
        w=nn.Parameter(R(4, 3)),
    )


@one
def softmax_over_batch():
    return of(lambda m, x: (m.l(x).softmax(0) * x[:, :2]).sum(0), l=nn.Linear(4, 2))


@one
def addcmul_and_co():
    def fwd(m, x):
        y = m.l(x)
        return (
            torch.addcmul(x, y, x, value=0.5)
            + torch.addcdiv(x, y, x.abs() + 1)
            + torch.add(x, y, alpha=2)
            + torch.sub(x, y, alpha=3)
        )

    return of(fwd, l=nn.Linear(4, 4))


@one
def trig_and_powers():
    def fwd(m, x):
        y = m.l(x)
        return (
            y.tan()
            + y.sinh()
            + y.cosh()
            + y.clamp(-0.9, 0.9).asin()
            + y.clamp(-0.9, 0.9).acos()
            + y.exp2()
            + (y.abs() + 1).log10()
            + y.sinc()
        )

    return of(fwd, l=nn.Linear(4, 4))


@one
def rounding():
    def fwd(m, x):
        y = m.l(x)
        return y + (y.round() - y).detach() + y.ceil() * y + y.trunc() * y + y.frac()

    return of(fwd, l=nn.Linear(4, 4))


@one
def tril_triu():
    return of(lambda m, x: torch.tril(m.l(x)) + torch.triu(m.l(x), 1) * 2, batch=dict(x=R(4, 4)), l=nn.Linear(4, 4))


@one
def cumulative():
    return of(lambda m, x: m.l(x).cumprod(1) + m.l(x).logcumsumexp(1), l=nn.Linear(4, 3))


@one
def statistics():
    return of(lambda m, x: m.l(x).std(1) + m.l(x).var(0).sum() + m.l(x).median(1).values, l=nn.Linear(4, 3))


@one
def norms():
    return of(
        lambda m, x: m.l(x).norm(p=1, dim=1) + m.l(x).norm(p=float("inf"), dim=1) + m.l(x).norm(p=3, dim=1),
        l=nn.Linear(4, 3),
    )


@one
def local_response():
    return of(lambda m, x: m.n(m.c(x)), batch=dict(x=R(1, 1, 3, 3)), c=nn.Conv2d(1, 4, 1), n=nn.LocalResponseNorm(2))


@one
def lp_pool():
    return of(lambda m, x: m.p(m.c(x)), batch=dict(x=R(1, 1, 4, 4)), c=nn.Conv2d(1, 1, 1), p=nn.LPPool2d(2, 2))


@one
def reflection_pad():
    return of(lambda m, x: m.c(m.p(x)), batch=dict(x=R(1, 1, 4, 4)), c=nn.Conv2d(1, 1, 3), p=nn.ReflectionPad2d(1))


@one
def replicate_pad():
    return of(lambda m, x: m.c(F.pad(x, (1, 1), mode="replicate")), batch=dict(x=R(1, 1, 4)), c=nn.Conv1d(1, 1, 3))


@one
def circular_conv():
    return of(lambda m, x: m.c(x), batch=dict(x=R(1, 1, 5)), c=nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular"))


@one
def batch_norm_momentum_none():
    return of(lambda m, x: m.n(m.l(x)), l=nn.Linear(4, 3), n=nn.BatchNorm1d(3, momentum=None))


@one
def batch_norm_no_affine():
    return of(
        lambda m, x: m.n(m.l(x)) ** 3, l=nn.Linear(4, 3), n=nn.BatchNorm1d(3, affine=False, track_running_stats=False)
    )


@one
def layer_norm_two_dims():
    return of(lambda m, x: m.n(m.l(x)) ** 3, batch=dict(x=R(2, 3, 4)), l=nn.Linear(4, 3), n=nn.LayerNorm((3, 3)))


@one
def keyword_names():
    model, loss, batch = of(lambda m, x: getattr(m, "class")(getattr(m, "for")(x)))
    model.add_module("for", nn.Linear(4, 3))
    model.add_module("class", nn.Linear(3, 2))
    return model, loss, batch


@one
def non_ascii_names():
    model, loss, batch = of(lambda m, x: m.Ωmega(m.größe(x)), größe=nn.Linear(4, 3), Ωmega=nn.Linear(3, 2))
    return model, lambda m, x, ŷ: F.mse_loss(m(x), ŷ), dict(x=R(3, 4), ŷ=R(3, 2))


@one
def buffer_used():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 2)
            self.register_buffer("mean", torch.tensor([1.0, 2, 3]))
            self.register_buffer("steps", torch.tensor(5))

        def forward(self, x):
            return self.l(x - self.mean) / self.steps

    return M(), lambda m, x: m(x).square().mean(), dict(x=R(4, 3))


@one
def buffer_written():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 2)
            self.register_buffer("seen", torch.zeros(2))

        def forward(self, x):
            y = self.l(x)
            self.seen += y.detach().mean(0)
            return y

    return M(), lambda m, x: m(x).square().mean(), dict(x=R(4, 3))


@one
def scalar_parameter():
    return of(
        lambda m, x: x.mean(1) * m.a.exp() + m.b, a=nn.Parameter(torch.tensor(0.5)), b=nn.Parameter(torch.tensor([0.1]))
    )


@one
def one_of_everything():
    return of(lambda m, x: m.l(x), batch=dict(x=R(1, 1)), l=nn.Linear(1, 1))


@one
def half_precision_input():
    return of(lambda m, x: m.l(x.float()), batch=dict(x=R(3, 4).half()), l=nn.Linear(4, 2))


@one
def raises():
    def fwd(m, x):
        raise ValueError("the input is wrong")

    return of(fwd, l=nn.Linear(4, 2))


@one
def data_loop():
    def fwd(m, x):
        y = m.l(x)
        while y.norm() > 1:
            y = y / 2
        return y

    return of(fwd, l=nn.Linear(4, 2))


@one
def topk_gate():
    def fwd(m, x):
        gate = m.g(x)
        value, index = gate.topk(2, dim=-1)
        weights = torch.zeros_like(gate).scatter(1, index, value.softmax(-1))
        return sum(weights[:, k : k + 1] * m.e[k](x) for k in range(3))

    return of(fwd, g=nn.Linear(4, 3), e=nn.ModuleList([nn.Linear(4, 2) for _ in range(3)]))


@one
def graph_scatter():
    def fwd(m, x):
        source, target = torch.tensor([0, 1, 2, 2]), torch.tensor([1, 2, 0, 1])
        h = m.l(x)
        return torch.zeros(3, 2).index_add(0, target, h[source])

    return of(fwd, l=nn.Linear(4, 2))


@one
def masked_mean():
    def loss(m, x, mask):
        y = m(x).squeeze(-1)
        return (y * mask).sum() / mask.sum()

    return of(
        lambda m, x: m.l(x), loss, dict(x=R(2, 3, 2), mask=torch.tensor([[1.0, 1, 0], [1, 0, 0]])), l=nn.Linear(2, 1)
    )


@one
def boolean_index():
    return of(
        lambda m, x: m.l(x)[torch.tensor([True, False, True])],
        l=nn.Linear(4, 2),
    )


@one
def data_boolean_index():
    return of(lambda m, x: m.l(x)[x[:, 0] > 0], l=nn.Linear(4, 2))


@one
def inner_gradient():
    def loss(m, x):
        x = x.detach().requires_grad_()
        y = m(x).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        return (g.norm(dim=1) - 1).pow(2).mean()

    return of(lambda m, x: torch.tanh(m.l(x)), loss, l=nn.Linear(4, 2))


@one
def many_steps_rnn_cell():
    def fwd(m, x):
        h = torch.zeros(2, 3)
        for t in range(4):
            h = m.c(x[:, t], h)
        return m.o(h)

    return of(fwd, batch=dict(x=R(2, 4, 2)), c=nn.RNNCell(2, 3, nonlinearity="relu"), o=nn.Linear(3, 1))


@one
def flatten_unflatten():
    return of(
        lambda m, x: m.u(m.l(m.f(x))),
        batch=dict(x=R(2, 2, 2)),
        f=nn.Flatten(),
        l=nn.Linear(4, 6),
        u=nn.Unflatten(1, (2, 3)),
    )


@one
def identity_and_threshold():
    return of(
        lambda m, x: m.s(x),
        s=nn.Sequential(
            nn.Identity(),
            nn.Linear(4, 3),
            nn.Threshold(0.1, 0.5),
            nn.Hardshrink(0.2),
            nn.Softshrink(0.1),
            nn.Tanhshrink(),
            nn.LogSigmoid(),
        ),
    )


@one
def softmin_softmax2d():
    return of(lambda m, x: F.softmin(m.l(x), dim=1) + nn.Softmax2d()(x.view(3, 1, 2, 2)).view(3, 4), l=nn.Linear(4, 4))


@one
def rrelu_eval():
    model, loss, batch = of(lambda m, x: m.r(m.l(x)), l=nn.Linear(4, 3), r=nn.RReLU())
    return model.eval(), loss, batch


@one
def adaptive_softmax():
    return of(
        lambda m, x: m.a,
        lambda m, x, y: m.a(x, y).loss,
        dict(x=R(4, 4), y=I(6, 4)),
        a=nn.AdaptiveLogSoftmaxWithLoss(4, 6, [3]),
    )


@one
def checkpointed():
    from torch.utils.checkpoint import checkpoint

    return of(lambda m, x: checkpoint(m.l, x, use_reentrant=False), l=nn.Linear(4, 2))


@one
def vmapped():
    return of(lambda m, x: torch.vmap(lambda row: m.w @ row)(x), w=nn.Parameter(R(2, 4)))


@one
def own_function():
    class Straight(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.sign()

        @staticmethod
        def backward(ctx, g):
            return g

    return of(lambda m, x: Straight.apply(m.l(x)), l=nn.Linear(4, 2))


@one
def sgd_weight_decay_groups():
    model, loss, batch = of(lambda m, x: m.b(torch.relu(m.a(x))), a=nn.Linear(4, 3), b=nn.Linear(3, 2))
    groups = [{"params": model.a.parameters(), "weight_decay": 0.1}, {"params": model.b.parameters(), "lr": 0.5}]
    return model, loss, batch, torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)


@one
def rmsprop():
    model, loss, batch = of(lambda m, x: m.a(x), a=nn.Linear(4, 3))
    return model, loss, batch, torch.optim.RMSprop(model.parameters())


@one
def einsum_dots():
    return of(
        lambda m, x: torch.einsum("...i,oi->...o", x, m.w) + torch.einsum("...i->...", x)[..., None],
        batch=dict(x=R(2, 2, 4)),
        w=nn.Parameter(R(3, 4)),
    )


@one
def overlapping_windows():
    return of(
        lambda m, x: (m.l(x).unfold(1, 3, 1) * torch.tensor([1.0, 2, 1])).sum(-1),
        batch=dict(x=R(2, 5)),
        l=nn.Linear(5, 5),
    )


@one
def rounding_of_halves():
    halves = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.2])
    return of(lambda m, x: m.w.round() * m.w + m.w.floor() + m.w.ceil(), batch=dict(x=R(1)), w=nn.Parameter(halves))
