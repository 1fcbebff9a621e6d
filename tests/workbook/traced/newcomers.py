"""Modules of kinds that `zoo.py` and `strangers.py` lack: name → (model, loss, batch) or with an optimizer."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from strangers import I, R, of

NEWCOMERS = {}


def one(f):
    NEWCOMERS[f.__name__] = f
    return f


def squared(m, *xs):
    return m(*xs).square().mean()


@one
def soft_mixture_of_experts():
    def fwd(m, x):
        gate = F.softmax(m.gate(x), -1)
        outs = torch.stack([expert(x) for expert in m.experts], 1)
        return torch.einsum("be,beo->bo", gate, outs)

    return of(fwd, gate=nn.Linear(4, 3), experts=nn.ModuleList(nn.Linear(4, 2) for _ in range(3)))


@one
def siren():
    return of(
        lambda m, x: m.b(torch.sin(30.0 * m.a(x))), batch=dict(x=R(5, 2) / 20), a=nn.Linear(2, 4), b=nn.Linear(4, 1)
    )


@one
def info_nce():
    def loss(m, a, b):
        za, zb = F.normalize(m(a), dim=-1), F.normalize(m(b), dim=-1)
        logits = za @ zb.t() / 0.07
        labels = torch.arange(a.shape[0])
        return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2

    return of(lambda m, x: m.l(x), loss, dict(a=R(3, 4), b=R(3, 4)), l=nn.Linear(4, 3))


@one
def supervised_contrastive():
    def loss(m, x):
        y = torch.tensor([0, 1, 0, 1])
        z = F.normalize(m(x), dim=1)
        s = z @ z.T / 0.5
        mask = (y[:, None] == y[None]).float() - torch.eye(4)
        logits = s - torch.eye(4) * 1e9
        return -(mask * F.log_softmax(logits, 1)).sum() / mask.sum()

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 3)), l=nn.Linear(3, 2))


@one
def triplet_margin():
    def loss(m, a, p, n):
        return F.triplet_margin_loss(m(a), m(p), m(n), margin=0.5)

    return of(lambda m, x: m.l(x), loss, dict(a=R(3, 4), p=R(3, 4), n=R(3, 4)), l=nn.Linear(4, 2))


@one
def crf_forward():
    def loss(m, x, tags):
        emissions = m(x)
        alpha = emissions[0]
        for t in range(1, 4):
            alpha = torch.logsumexp(alpha[:, None] + m.transitions, 0) + emissions[t]
        score = emissions.gather(1, tags[:, None]).sum() + m.transitions[tags[:-1], tags[1:]].sum()
        return torch.logsumexp(alpha, 0) - score

    return of(
        lambda m, x: m.l(x), loss, dict(x=R(4, 3), tags=I(3, 4)), l=nn.Linear(3, 3), transitions=nn.Parameter(R(3, 3))
    )


@one
def indexed_by_one_number():
    return of(
        lambda m, x: m.l(x), lambda m, x, tags: -m(x)[0, tags[0]], dict(x=R(2, 3), tags=I(2, 2)), l=nn.Linear(3, 2)
    )


@one
def one_title_for_three():
    def fwd(m, x):
        return m.out(m.B(m.b(m.history(x))))

    def part():
        return nn.Sequential(nn.Linear(3, 3), *(nn.Tanh() for _ in range(8)))

    return of(fwd, squared, dict(x=R(2, 3)), b=part(), B=part(), history=part(), out=nn.Linear(3, 1))


@one
def batch_norm_three_times():
    def loss(m, a, b):
        return (m(a) - m(b).detach()).square().mean() + m(a + b).pow(3).mean()

    return of(lambda m, x: m.n(m.l(x)), loss, dict(a=R(4, 3), b=R(4, 3)), l=nn.Linear(3, 2), n=nn.BatchNorm1d(2))


@one
def constants_in_lists():
    def fwd(m, x):
        a, b = torch.broadcast_tensors(m.l(x), torch.tensor(0.5))
        return torch.cat([a * b, torch.stack([x.sum(), torch.tensor(2.0), m.l(x).sum()]).expand(3, 3)], 1)

    return of(fwd, squared, l=nn.Linear(4, 2))


@one
def siamese():
    def loss(m, a, b, same):
        d = F.pairwise_distance(m(a), m(b))
        return (same * d.pow(2) + (1 - same) * F.relu(1.0 - d).pow(2)).mean()

    return of(
        lambda m, x: torch.tanh(m.l(x)), loss, dict(a=R(4, 3), b=R(4, 3), same=I(2, 4).float()), l=nn.Linear(3, 2)
    )


@one
def depthwise_separable_residual():
    def fwd(m, x):
        return x + F.relu6(m.n(m.p(F.hardswish(m.d(x)))))

    return of(
        fwd,
        batch=dict(x=R(1, 2, 4, 4)),
        d=nn.Conv2d(2, 2, 3, padding=1, groups=2, bias=False),
        p=nn.Conv2d(2, 2, 1),
        n=nn.BatchNorm2d(2),
    )


@one
def alibi():
    def fwd(m, x):
        q, k, v = m.qkv(x).chunk(3, -1)
        i = torch.arange(4)
        bias = -(i[:, None] - i[None]).abs() * 0.5
        s = q @ k.transpose(-2, -1) / 2.0 + bias
        s = s.masked_fill(i[:, None] < i[None], float("-inf"))
        return m.o(s.softmax(-1) @ v)

    return of(fwd, batch=dict(x=R(1, 4, 4)), qkv=nn.Linear(4, 12, bias=False), o=nn.Linear(4, 4))


@one
def rotary_complex_free():
    def fwd(m, x):
        q, k = m.q(x), m.k(x)
        t = torch.arange(3, dtype=torch.float32)[:, None] * torch.tensor([1.0, 0.01])
        cos, sin = torch.cat([t.cos(), t.cos()], -1), torch.cat([t.sin(), t.sin()], -1)

        def turn(z):
            return z * cos + torch.cat([-z[..., 2:], z[..., :2]], -1) * sin

        return turn(q) @ turn(k).mT

    return of(fwd, batch=dict(x=R(2, 3, 4)), q=nn.Linear(4, 4), k=nn.Linear(4, 4))


@one
def grouped_query_attention():
    def fwd(m, x):
        b, t, c = x.shape
        q = m.q(x).view(b, t, 4, 1).transpose(1, 2)
        k = m.k(x).view(b, t, 2, 1).transpose(1, 2).repeat_interleave(2, 1)
        v = m.v(x).view(b, t, 2, 1).transpose(1, 2).repeat_interleave(2, 1)
        return m.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c))

    return of(fwd, batch=dict(x=R(1, 3, 4)), q=nn.Linear(4, 4), k=nn.Linear(4, 2), v=nn.Linear(4, 2), o=nn.Linear(4, 4))


@one
def cross_attention():
    return of(
        lambda m, x, memory: m.n(x + m.a(x, memory, memory, need_weights=False)[0]),
        lambda m, x, memory: m(x, memory).pow(3).mean(),
        dict(x=R(1, 2, 4), memory=R(1, 3, 4)),
        a=nn.MultiheadAttention(4, 2, batch_first=True),
        n=nn.LayerNorm(4),
    )


@one
def selective_scan():
    def fwd(m, x):
        delta = F.softplus(m.delta(x))
        b, c = m.b(x), m.c(x)
        a = -torch.exp(m.log_a)
        h = torch.zeros(x.shape[0], x.shape[2], 2)
        ys = []
        for t in range(x.shape[1]):
            d = delta[:, t].unsqueeze(-1)
            h = torch.exp(d * a) * h + d * b[:, t].unsqueeze(1) * x[:, t].unsqueeze(-1)
            ys.append((h * c[:, t].unsqueeze(1)).sum(-1))
        return torch.stack(ys, 1) + x * m.skip

    return of(
        fwd,
        batch=dict(x=R(1, 3, 3)),
        delta=nn.Linear(3, 3),
        b=nn.Linear(3, 2, bias=False),
        c=nn.Linear(3, 2, bias=False),
        log_a=nn.Parameter(torch.rand(3, 2)),
        skip=nn.Parameter(torch.ones(3)),
    )


@one
def gru_decoder():
    def fwd(m, x):
        h, token, out = torch.tanh(m.start(x)), x.new_zeros(x.shape[0], 2), []
        for _ in range(2):
            h = m.cell(token, h)
            token = m.out(h)
            out.append(token)
        return torch.stack(out, 1)

    return of(fwd, batch=dict(x=R(2, 3)), start=nn.Linear(3, 3), cell=nn.GRUCell(2, 3), out=nn.Linear(3, 2))


@one
def new_weight_norm():
    return of(lambda m, x: m.l(x), squared, l=torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)))


@one
def new_spectral_norm():
    return of(lambda m, x: m.l(x), squared, l=torch.nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3)))


@one
def own_parametrization():
    class Symmetric(nn.Module):
        def forward(self, w):
            return w.triu() + w.triu(1).T

    l = nn.Linear(3, 3)
    torch.nn.utils.parametrize.register_parametrization(l, "weight", Symmetric())
    return of(lambda m, x: m.l(x), squared, dict(x=R(2, 3)), l=l)


@one
def tied_language_model():
    class M(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte = nn.Embedding(5, 3)
            self.head = nn.Linear(3, 5, bias=False)
            self.head.weight = self.wte.weight

        def forward(self, t):
            return self.head(torch.tanh(self.wte(t)))

    return M(), lambda m, t, y: F.cross_entropy(m(t).flatten(0, 1), y.flatten()), dict(t=I(5, 2, 3), y=I(5, 2, 3))


@one
def lora():
    base = nn.Linear(4, 3)
    base.requires_grad_(False)
    return of(
        lambda m, x: m.base(x) + (x @ m.a.T @ m.b.T) * (2.0 / 2),
        squared,
        base=base,
        a=nn.Parameter(R(2, 4)),
        b=nn.Parameter(torch.zeros(3, 2)),
    )


@one
def focal():
    def loss(m, x, y):
        ce = F.binary_cross_entropy_with_logits(m(x), y, reduction="none")
        p = torch.sigmoid(m(x))
        pt = p * y + (1 - p) * (1 - y)
        return (0.25 * (1 - pt) ** 2.0 * ce).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 3), y=I(2, 4, 2).float()), l=nn.Linear(3, 2))


@one
def focal_softmax():
    def loss(m, x, y):
        logp = F.cross_entropy(m(x), y, reduction="none")
        return ((1 - torch.exp(-logp)) ** 2 * logp).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 3), y=I(3, 4)), l=nn.Linear(3, 3))


@one
def kl_of_two_networks():
    def loss(m, x):
        with torch.no_grad():
            teacher = F.softmax(m.teacher(x) / 2.0, 1)
        return F.kl_div(F.log_softmax(m(x) / 2.0, 1), teacher, reduction="batchmean") * 4

    return of(lambda m, x: m.l(x), loss, dict(x=R(3, 4)), l=nn.Linear(4, 3), teacher=nn.Linear(4, 3))


@one
def pos_weight():
    def loss(m, x, y):
        return F.binary_cross_entropy_with_logits(m(x), y, pos_weight=torch.tensor([2.0, 0.5]))

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 3), y=I(2, 4, 2).float()), l=nn.Linear(3, 2))


@one
def cosine_embedding_of_pairs():
    def loss(m, a, b):
        return F.cosine_embedding_loss(m(a), m(b), torch.tensor([1.0, -1.0, 1.0]), margin=0.1)

    return of(lambda m, x: m.l(x), loss, dict(a=R(3, 4), b=R(3, 4)), l=nn.Linear(4, 2))


@one
def gumbel_with_given_noise():
    def fwd(m, x, noise):
        y = F.softmax((m.l(x) - torch.log(-torch.log(noise))) / 0.7, -1)
        hard = F.one_hot(y.argmax(-1), 3).float()
        return m.o(hard - y.detach() + y)

    return of(fwd, squared, dict(x=R(3, 4), noise=torch.rand(3, 3)), l=nn.Linear(4, 3), o=nn.Linear(3, 2))


@one
def batch_norm_in_eval():
    model, loss, batch = of(
        lambda m, x: m.n(m.c(x)), squared, dict(x=R(2, 1, 3, 3)), c=nn.Conv2d(1, 2, 2), n=nn.BatchNorm2d(2)
    )
    return model.eval(), loss, batch


@one
def masked_language_model():
    def loss(m, t, y):
        return F.cross_entropy(m(t).transpose(1, 2), y, ignore_index=-100)

    return of(
        lambda m, t: m.l(F.gelu(m.e(t), approximate="tanh")),
        loss,
        dict(t=I(4, 2, 3), y=torch.tensor([[0, -100, 2], [-100, 1, -100]])),
        e=nn.Embedding(4, 3),
        l=nn.Linear(3, 4),
    )


@one
def sub_pixel():
    return of(lambda m, x: F.pixel_shuffle(m.c(x), 2), squared, dict(x=R(1, 1, 2, 2)), c=nn.Conv2d(1, 4, 3, padding=1))


@one
def fpn_with_bilinear():
    def fwd(m, x):
        a = F.relu(m.a(x))
        b = F.relu(m.b(a))
        return m.o(a) + F.interpolate(b, size=a.shape[-2:], mode="bilinear", align_corners=False)

    return of(
        fwd,
        squared,
        dict(x=R(1, 1, 4, 4)),
        a=nn.Conv2d(1, 2, 3, padding=1),
        b=nn.Conv2d(2, 1, 3, stride=2, padding=1),
        o=nn.Conv2d(2, 1, 1),
    )


@one
def message_passing():
    def fwd(m, x):
        source, target = torch.tensor([0, 0, 1, 2, 3]), torch.tensor([1, 2, 2, 3, 0])
        messages = F.relu(m.f(torch.cat([x[source], x[target]], -1)))
        total = torch.zeros(4, 3).scatter_add(0, target[:, None].expand(-1, 3), messages)
        degree = torch.zeros(4).index_add(0, target, torch.ones(5)).clamp(min=1)
        return m.g(torch.cat([x, total / degree[:, None]], -1))

    return of(fwd, squared, dict(x=R(4, 2)), f=nn.Linear(4, 3), g=nn.Linear(5, 2))


@one
def graph_attention():
    def fwd(m, x):
        h = m.w(x)
        edges = torch.tensor([[1, 1, 0], [1, 1, 1], [0, 1, 1]]) > 0
        e = F.leaky_relu((h @ m.a)[:, None] + (h @ m.b)[None], 0.2)
        return torch.where(edges, e, torch.full_like(e, -1e9)).softmax(-1) @ h

    return of(fwd, squared, dict(x=R(3, 4)), w=nn.Linear(4, 2), a=nn.Parameter(R(2)), b=nn.Parameter(R(2)))


@one
def signed_roots():
    return of(lambda m, x: torch.sign(m.l(x)) * (m.l(x).abs() + 1e-3).sqrt(), squared, l=nn.Linear(4, 3))


@one
def discounted_products():
    def fwd(m, x):
        keep = torch.sigmoid(m.l(x))
        return torch.cumprod(torch.cat([torch.ones(3, 1), keep[:, :-1]], 1), 1) * (1 - keep)

    return of(fwd, squared, l=nn.Linear(4, 4))


@one
def many_activations():
    kinds = (nn.Softplus(2.0), nn.ELU(0.7), nn.SELU(), nn.Mish(), nn.Hardswish(), nn.CELU(), nn.Tanhshrink())
    kinds += (
        nn.Softshrink(0.3),
        nn.Hardshrink(0.2),
        nn.LogSigmoid(),
        nn.Hardtanh(),
        nn.ReLU6(),
        nn.Threshold(0.1, 2.0),
    )
    return of(
        lambda m, x: sum(k(m.l(x)) * (i + 1) for i, k in enumerate(m.k)),
        squared,
        l=nn.Linear(4, 2),
        k=nn.ModuleList(kinds),
    )


@one
def adamw_with_groups():
    model, loss, batch = of(lambda m, x: m.b(F.relu(m.a(x))), squared, a=nn.Linear(4, 3), b=nn.Linear(3, 2))
    groups = [{"params": model.a.parameters(), "weight_decay": 0.0}, {"params": model.b.parameters(), "lr": 0.02}]
    return model, loss, batch, torch.optim.AdamW(groups, lr=0.01, weight_decay=0.3)


@one
def nesterov():
    model, loss, batch = of(lambda m, x: m.a(x), squared, a=nn.Linear(4, 3))
    return model, loss, batch, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)


@one
def amsgrad():
    model, loss, batch = of(lambda m, x: m.a(x), squared, a=nn.Linear(4, 3))
    return model, loss, batch, torch.optim.Adam(model.parameters(), lr=0.1, amsgrad=True)


@one
def adagrad():
    model, loss, batch = of(lambda m, x: m.a(x), squared, a=nn.Linear(4, 3))
    return model, loss, batch, torch.optim.Adagrad(model.parameters(), lr=0.1)


@one
def maximizing():
    model, loss, batch = of(lambda m, x: m.a(x), squared, a=nn.Linear(4, 3))
    return model, loss, batch, torch.optim.SGD(model.parameters(), lr=0.1, maximize=True)


@one
def rnn_packed():
    def fwd(m, x):
        packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([3, 2]), batch_first=True)
        return m.r(packed)[1]

    return of(fwd, squared, dict(x=R(2, 3, 2)), r=nn.GRU(2, 2, batch_first=True))


@one
def lstm_two_layers_bidirectional():
    return of(
        lambda m, x: m.o(m.r(x)[0][:, -1]),
        squared,
        dict(x=R(1, 3, 2)),
        r=nn.LSTM(2, 2, 2, batch_first=True, bidirectional=True),
        o=nn.Linear(4, 1),
    )


@one
def mixer():
    def fwd(m, x):
        x = x + m.tokens(m.n1(x).transpose(1, 2)).transpose(1, 2)
        return x + m.channels(m.n2(x))

    def mlp(n):
        return nn.Sequential(nn.Linear(n, 3), nn.GELU(), nn.Linear(3, n))

    return of(fwd, squared, dict(x=R(1, 3, 2)), tokens=mlp(3), channels=mlp(2), n1=nn.LayerNorm(2), n2=nn.LayerNorm(2))


@one
def linear_attention():
    def fwd(m, x):
        q, k, v = F.elu(m.q(x)) + 1, F.elu(m.k(x)) + 1, m.v(x)
        kv = torch.einsum("bnd,bne->bde", k, v)
        z = 1 / (torch.einsum("bnd,bd->bn", q, k.sum(1)) + 1e-6)
        return torch.einsum("bnd,bde,bn->bne", q, kv, z)

    return of(fwd, squared, dict(x=R(1, 3, 2)), q=nn.Linear(2, 2), k=nn.Linear(2, 2), v=nn.Linear(2, 2))


@one
def flow_coupling():
    def loss(m, x):
        a, b = x.chunk(2, 1)
        s, t = m(a).chunk(2, 1)
        s = torch.tanh(s)
        z = torch.cat([a, b * s.exp() + t], 1)
        prior = torch.distributions.Normal(0.0, 1.0)
        return -(prior.log_prob(z).sum(1) + s.sum(1)).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(3, 4)), l=nn.Linear(2, 4))


@one
def categorical_policy():
    def loss(m, x, action, advantage):
        policy = torch.distributions.Categorical(logits=m(x))
        return -(policy.log_prob(action) * advantage).mean() - 0.01 * policy.entropy().mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(3, 4), action=I(3, 3), advantage=R(3)), l=nn.Linear(4, 3))


@one
def matrix_inverse():
    return of(
        lambda m, x: torch.linalg.solve(m.w @ m.w.T + torch.eye(3), x.T),
        squared,
        dict(x=R(2, 3)),
        w=nn.Parameter(R(3, 3)),
    )


@one
def log_determinant():
    return of(lambda m, x: m.l(x).T @ m.l(x), lambda m, x: torch.logdet(m(x)), dict(x=R(4, 3)), l=nn.Linear(3, 2))


@one
def quantile():
    def loss(m, x, y):
        e = y - m(x)
        return torch.maximum(0.9 * e, -0.1 * e).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 3), y=R(4, 1)), l=nn.Linear(3, 1))


@one
def dice():
    def loss(m, x, y):
        p = torch.sigmoid(m(x))
        inter = (p * y).sum((1, 2, 3))
        return 1 - ((2 * inter + 1) / (p.sum((1, 2, 3)) + y.sum((1, 2, 3)) + 1)).mean()

    return of(
        lambda m, x: m.c(x), loss, dict(x=R(2, 1, 3, 3), y=I(2, 2, 1, 3, 3).float()), c=nn.Conv2d(1, 1, 3, padding=1)
    )


@one
def gradient_reversal_by_detach():
    return of(lambda m, x: m.o(2 * m.l(x).detach() - m.l(x)), squared, l=nn.Linear(4, 3), o=nn.Linear(3, 1))


@one
def channels_last_and_rearranged():
    def fwd(m, x):
        p = x.reshape(1, 1, 2, 2, 2, 2).permute(0, 2, 4, 3, 5, 1).reshape(1, 4, 4)
        return m.l(p).mean(1)

    return of(fwd, squared, dict(x=R(1, 1, 4, 4).contiguous(memory_format=torch.channels_last)), l=nn.Linear(4, 2))


@one
def stable_logistic_by_hand():
    def loss(m, x, y):
        z = m(x)
        return (torch.log1p(torch.exp(-z.abs())) + torch.relu(z) - z * y).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 3), y=I(2, 4, 1).float()), l=nn.Linear(3, 1))


@one
def hinge_embedding_and_ranking():
    def loss(m, x):
        z = m(x)
        return F.margin_ranking_loss(z[:, 0], z[:, 1], torch.tensor([1.0, -1, 1]), 0.2) + F.hinge_embedding_loss(
            z[:, 1], torch.tensor([1.0, -1, -1])
        )

    return of(lambda m, x: m.l(x), loss, dict(x=R(3, 4)), l=nn.Linear(4, 2))


@one
def weight_demodulated_conv():
    def fwd(m, x, style):
        w = m.w[None] * m.s(style)[:, None, :, None, None]
        w = w * torch.rsqrt(w.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        return F.conv2d(x.reshape(1, 2, 3, 3), w.reshape(2, 1, 2, 2), groups=2)

    return of(fwd, squared, dict(x=R(2, 1, 3, 3), style=R(2, 2)), w=nn.Parameter(R(1, 1, 2, 2)), s=nn.Linear(2, 1))


@one
def lines_over_rows_and_columns():
    def loss(m, x, i, j):
        line = m.w.view(-1)
        picked = line.gather(0, i).sum() + line[j].prod() + (m.w[i % 3, j % 3] * x[0]).sum()
        ordered = line.sort()[0][2:4].prod() + line.topk(2)[0].sum() * line.max(0)[0] + line[line.argmin(0, True)].sum()
        return F.cross_entropy(m.w.view(1, 9), j[:1]) + F.nll_loss(m.w.view(1, 9), i[:1]) + picked + ordered

    return of(None, loss, dict(x=R(1, 2), i=torch.tensor([7, 4]), j=torch.tensor([5, 8])), w=nn.Parameter(R(3, 3)))
