"""Modules of every kind, as people write them: name → (model, loss, batch)."""

import itertools
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

ZOO = {}


def zoo(f):
    ZOO[f.__name__] = f
    return f


def R(*s):
    return torch.randn(*s)


def I(hi, *s):
    return torch.randint(0, hi, s)


@zoo
def linear_regression():
    return nn.Linear(3, 1), lambda m, x, y: F.mse_loss(m(x).squeeze(-1), y), dict(x=R(5, 3), y=R(5))


@zoo
def logistic_regression():
    return (
        nn.Linear(4, 1),
        lambda m, x, y: F.binary_cross_entropy_with_logits(m(x).squeeze(1), y),
        dict(x=R(6, 4), y=torch.tensor([0.0, 1, 1, 0, 1, 0])),
    )


def mlp(act, n=(3, 4, 2)):
    layers = []
    for a, b in itertools.pairwise(n):
        layers += [nn.Linear(a, b), act()]
    return nn.Sequential(*layers[:-1])


ce = lambda m, x, y: F.cross_entropy(m(x), y)


@zoo
def mlp_relu():
    return mlp(nn.ReLU), ce, dict(x=R(4, 3), y=I(2, 4))


@zoo
def mlp_gelu():
    return mlp(nn.GELU), ce, dict(x=R(4, 3), y=I(2, 4))


@zoo
def mlp_gelu_tanh():
    return mlp(lambda: nn.GELU(approximate="tanh")), ce, dict(x=R(4, 3), y=I(2, 4))


@zoo
def mlp_tanh():
    return mlp(nn.Tanh), lambda m, x, y: nn.MSELoss()(m(x), y), dict(x=R(4, 3), y=R(4, 2))


@zoo
def mlp_sigmoid():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.hidden = nn.Linear(3, 4)
            s.out = nn.Linear(4, 1)

        def forward(s, x):
            return torch.sigmoid(s.out(torch.sigmoid(s.hidden(x))))

    return M(), lambda m, x, y: F.binary_cross_entropy(m(x), y), dict(x=R(4, 3), y=I(2, 4, 1).float())


@zoo
def mlp_leaky():
    return mlp(lambda: nn.LeakyReLU(0.1)), lambda m, x, y: F.l1_loss(m(x), y), dict(x=R(4, 3), y=R(4, 2))


@zoo
def mlp_silu_elu_softplus():
    return (
        nn.Sequential(
            nn.Linear(3, 4),
            nn.SiLU(),
            nn.Linear(4, 4),
            nn.ELU(),
            nn.Linear(4, 4),
            nn.Softplus(),
            nn.Linear(4, 2),
            nn.Hardtanh(),
        ),
        lambda m, x, y: F.smooth_l1_loss(m(x), y),
        dict(x=R(4, 3), y=R(4, 2)),
    )


@zoo
def softmax_classifier_weighted():
    w = torch.tensor([1.0, 2.0, 0.5])
    return (
        nn.Linear(4, 3),
        lambda m, x, y: F.cross_entropy(m(x), y, weight=w, label_smoothing=0.1),
        dict(x=R(5, 4), y=I(3, 5)),
    )


@zoo
def softmax_nll():
    return (
        nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1)),
        lambda m, x, y: F.nll_loss(m(x), y),
        dict(x=R(5, 4), y=I(3, 5)),
    )


@zoo
def dot_product_bias():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.u, s.i, s.ub, s.ib = nn.Embedding(5, 3), nn.Embedding(6, 3), nn.Embedding(5, 1), nn.Embedding(6, 1)

        def forward(s, user, item):
            r = (s.u(user) * s.i(item)).sum(dim=1) + s.ub(user).squeeze() + s.ib(item).squeeze()
            return torch.sigmoid(r) * 5.5

    return (
        M(),
        lambda m, user, item, rating: F.mse_loss(m(user, item), rating),
        dict(user=I(5, 8), item=I(6, 8), rating=torch.rand(8) * 5),
    )


@zoo
def embedding_bag():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.bag = nn.EmbeddingBag(10, 4, mode="mean")
            s.out = nn.Linear(4, 2)

        def forward(s, words):
            return s.out(s.bag(words))

    return M(), ce, dict(words=I(10, 3, 5), y=I(2, 3))


@zoo
def embedding_mean():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.emb = nn.Embedding(10, 4)
            s.out = nn.Linear(4, 2)

        def forward(s, words):
            return s.out(s.emb(words).mean(dim=1))

    return M(), ce, dict(words=I(10, 3, 5), y=I(2, 3))


@zoo
def cnn_maxpool():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.conv = nn.Conv2d(1, 2, 3)
            s.out = nn.Linear(2 * 2 * 2, 3)

        def forward(s, x):
            return s.out(torch.flatten(F.max_pool2d(F.relu(s.conv(x)), 2), 1))

    return M(), ce, dict(x=R(2, 1, 6, 6), y=I(3, 2))


@zoo
def cnn_avgpool_stride_pad():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.c1 = nn.Conv2d(1, 2, 3, padding=1)
            s.c2 = nn.Conv2d(2, 3, 3, stride=2, padding=1)
            s.pool = nn.AvgPool2d(2)
            s.out = nn.Linear(3, 2)

        def forward(s, x):
            return s.out(F.adaptive_avg_pool2d(torch.relu(s.c2(s.pool(torch.relu(s.c1(x))))), 1).flatten(1))

    return M(), ce, dict(x=R(2, 1, 8, 8), y=I(2, 2))


@zoo
def batchnorm_train():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2)), ce, dict(x=R(6, 3), y=I(2, 6))


@zoo
def batchnorm_eval():
    m = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    m[1].running_mean.normal_()
    m[1].running_var.uniform_(0.5, 2)
    m.eval()
    return m, ce, dict(x=R(6, 3), y=I(2, 6))


@zoo
def layernorm():
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 2)), ce, dict(x=R(4, 3), y=I(2, 4))


@zoo
def dropout_mask():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.a = nn.Linear(3, 4)
            s.b = nn.Linear(4, 2)

        def forward(s, x, mask):
            return s.b(torch.relu(s.a(x)) * mask / 0.5)

    return (
        M(),
        lambda m, x, mask, y: F.cross_entropy(m(x, mask), y),
        dict(x=R(4, 3), mask=I(2, 4, 4).float(), y=I(2, 4)),
    )


@zoo
def dropout_module():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2)), ce, dict(x=R(4, 3), y=I(2, 4))


class Seq(nn.Module):
    def __init__(s, kind):
        super().__init__()
        s.rnn = getattr(nn, kind)(2, 3, batch_first=True)
        s.out = nn.Linear(3, 1)

    def forward(s, x):
        return s.out(s.rnn(x)[0][:, -1])


mse = lambda m, x, y: F.mse_loss(m(x), y)


@zoo
def rnn():
    return Seq("RNN"), mse, dict(x=R(2, 4, 2), y=R(2, 1))


@zoo
def lstm():
    return Seq("LSTM"), mse, dict(x=R(2, 4, 2), y=R(2, 1))


@zoo
def gru():
    return Seq("GRU"), mse, dict(x=R(2, 4, 2), y=R(2, 1))


class Cells(nn.Module):
    def __init__(s, kind):
        super().__init__()
        s.cell = getattr(nn, kind)(2, 3)
        s.out = nn.Linear(3, 1)

    def forward(s, x):
        h = None
        for t in range(4):
            h = s.cell(x[:, t], h)
        return s.out(h[0] if isinstance(h, tuple) else h)


@zoo
def rnn_cell():
    return Cells("RNNCell"), mse, dict(x=R(2, 4, 2), y=R(2, 1))


@zoo
def lstm_cell():
    return Cells("LSTMCell"), mse, dict(x=R(2, 4, 2), y=R(2, 1))


class Head(nn.Module):
    def __init__(s, d=4, k=3, T=5):
        super().__init__()
        s.query, s.key, s.value = (nn.Linear(d, k, bias=False) for _ in range(3))
        s.register_buffer("tril", torch.tril(torch.ones(T, T)))

    def forward(s, x):
        q, k, v = s.query(x), s.key(x), s.value(x)
        w = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        w = w.masked_fill(s.tril == 0, float("-inf"))
        return F.softmax(w, dim=-1) @ v


@zoo
def attention_head():
    return Head(), mse, dict(x=R(5, 4), y=R(5, 3))


class MHA(nn.Module):
    def __init__(s, d=6, h=2):
        super().__init__()
        s.h = h
        s.qkv = nn.Linear(d, 3 * d)
        s.proj = nn.Linear(d, d)

    def forward(s, x):
        B, T, C = x.shape
        q, k, v = s.qkv(x).split(C, dim=2)
        q, k, v = (z.view(B, T, s.h, C // s.h).transpose(1, 2) for z in (q, k, v))
        a = (q @ k.transpose(-2, -1)) / math.sqrt(C // s.h)
        y = F.softmax(a, -1) @ v
        return s.proj(y.transpose(1, 2).contiguous().view(B, T, C))


@zoo
def multihead_manual():
    return MHA(), mse, dict(x=R(2, 4, 6), y=R(2, 4, 6))


@zoo
def multihead_nn():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.a = nn.MultiheadAttention(6, 2, batch_first=True)

        def forward(s, x):
            return s.a(x, x, x, need_weights=False)[0]

    return M(), mse, dict(x=R(2, 4, 6), y=R(2, 4, 6))


class Attn(nn.Module):
    def __init__(s, d, h):
        super().__init__()
        s.h = h
        s.c_attn = nn.Linear(d, 3 * d)
        s.c_proj = nn.Linear(d, d)

    def forward(s, x):
        B, T, C = x.size()
        q, k, v = s.c_attn(x).split(C, dim=2)
        k = k.view(B, T, s.h, C // s.h).transpose(1, 2)
        q = q.view(B, T, s.h, C // s.h).transpose(1, 2)
        v = v.view(B, T, s.h, C // s.h).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return s.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))


class GPT(nn.Module):
    def __init__(s, V=12, d=8, T=6, h=2, tied=True):
        super().__init__()
        s.wte = nn.Embedding(V, d)
        s.wpe = nn.Embedding(T, d)
        s.ln_1 = nn.LayerNorm(d)
        s.attn = Attn(d, h)
        s.ln_2 = nn.LayerNorm(d)
        s.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))
        s.ln_f = nn.LayerNorm(d)
        s.lm_head = nn.Linear(d, V, bias=False)
        if tied:
            s.lm_head.weight = s.wte.weight

    def forward(s, idx):
        pos = torch.arange(idx.shape[1], device=idx.device)
        x = s.wte(idx) + s.wpe(pos)
        x = x + s.attn(s.ln_1(x))
        x = x + s.mlp(s.ln_2(x))
        return s.lm_head(s.ln_f(x))


gptloss = lambda m, idx, y: (lambda lg: F.cross_entropy(lg.view(-1, lg.size(-1)), y.view(-1)))(m(idx))


@zoo
def nanogpt_block():
    return GPT(), gptloss, dict(idx=I(12, 2, 6), y=I(12, 2, 6))


@zoo
def resnet_skip():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.c1 = nn.Conv2d(2, 2, 3, padding=1, bias=False)
            s.b1 = nn.BatchNorm2d(2)
            s.c2 = nn.Conv2d(2, 2, 3, padding=1, bias=False)
            s.b2 = nn.BatchNorm2d(2)
            s.fc = nn.Linear(2, 2)

        def forward(s, x):
            return s.fc(F.relu(s.b2(s.c2(F.relu(s.b1(s.c1(x))))) + x).mean(dim=(2, 3)))

    return M(), ce, dict(x=R(2, 2, 5, 5), y=I(2, 2))


@zoo
def autoencoder():
    return (
        nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 2), nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 6)),
        lambda m, x: F.mse_loss(m(x), x),
        dict(x=R(4, 6)),
    )


@zoo
def gan_discriminator():
    D = nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1), nn.Sigmoid())
    bce = nn.BCELoss()
    return (
        D,
        lambda m, real, fake: (
            bce(m(real), torch.ones(4, 1).to(real.dtype)) + bce(m(fake.detach()), torch.zeros(4, 1).to(real.dtype))
        ),
        dict(real=R(4, 3), fake=R(4, 3)),
    )


@zoo
def moe_top1():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.gate = nn.Linear(3, 3)
            s.experts = nn.ModuleList(nn.Linear(3, 2) for _ in range(3))

        def forward(s, x):
            p = F.softmax(s.gate(x), -1)
            w, i = p.topk(1, dim=-1)
            out = torch.stack([e(x) for e in s.experts], dim=1)
            return w * out.gather(1, i.unsqueeze(-1).expand(-1, -1, 2)).squeeze(1)

    return M(), mse, dict(x=R(5, 3), y=R(5, 2))


@zoo
def diffusion_step():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.t = nn.Linear(4, 4)
            s.a = nn.Linear(2, 4)
            s.b = nn.Linear(4, 2)
            s.register_buffer("ab", torch.linspace(0.99, 0.1, 10))

        def emb(s, t):
            f = torch.exp(-math.log(10000) * torch.arange(2) / 2).to(s.ab.dtype)
            a = t[:, None] * f[None]
            return torch.cat([a.sin(), a.cos()], -1)

        def forward(s, x, t):
            return s.b(F.silu(s.a(x) + s.t(s.emb(t))))

    def loss(m, x0, t, noise):
        ab = m.ab[t].unsqueeze(-1)
        xt = ab.sqrt() * x0 + (1 - ab).sqrt() * noise
        return F.mse_loss(m(xt, t), noise)

    return M(), loss, dict(x0=R(3, 2), t=I(10, 3), noise=R(3, 2))


@zoo
def cosine_triplet():
    return (
        nn.Linear(4, 3),
        lambda m, a, p, n: F.triplet_margin_loss(m(a), m(p), m(n)) + F.cosine_embedding_loss(m(a), m(p), torch.ones(3)),
        dict(a=R(3, 4), p=R(3, 4), n=R(3, 4)),
    )


@zoo
def conv_grouped():
    return (
        nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, groups=2), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 16, 2)),
        ce,
        dict(x=R(2, 4, 4, 4), y=I(2, 2)),
    )


@zoo
def conv_depthwise():
    return (
        nn.Sequential(nn.Conv2d(3, 3, 3, groups=3, bias=False), nn.Conv2d(3, 2, 1), nn.Flatten(), nn.Linear(2 * 4, 2)),
        ce,
        dict(x=R(2, 3, 4, 4), y=I(2, 2)),
    )


@zoo
def conv_dilated():
    return (
        nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2, padding=2), nn.Tanh(), nn.Flatten(), nn.Linear(2 * 25, 2)),
        ce,
        dict(x=R(2, 1, 5, 5), y=I(2, 2)),
    )


@zoo
def conv1d_stride():
    return (
        nn.Sequential(
            nn.Conv1d(2, 3, 3, stride=2, padding=1), nn.ReLU(), nn.Conv1d(3, 2, 2), nn.Flatten(), nn.Linear(2 * 3, 1)
        ),
        mse,
        dict(x=R(2, 2, 8), y=R(2, 1)),
    )


@zoo
def conv_transposed():
    return (
        nn.Sequential(
            nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(3 * 36, 1),
        ),
        mse,
        dict(x=R(2, 2, 3, 3), y=R(2, 1)),
    )


@zoo
def conv_transposed1d():
    return (
        nn.Sequential(nn.ConvTranspose1d(2, 2, 4, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 8, 1)),
        mse,
        dict(x=R(2, 2, 4), y=R(2, 1)),
    )


@zoo
def maxpool_overlap():
    return (
        nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(3, stride=2, padding=1), nn.Flatten(), nn.Linear(2 * 9, 2)
        ),
        ce,
        dict(x=R(2, 1, 6, 6), y=I(2, 2)),
    )


@zoo
def maxpool_ties():
    x = torch.round(R(2, 1, 6, 6))
    return (
        nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9, 2)),
        ce,
        dict(x=x, y=I(2, 2)),
    )


@zoo
def avgpool_overlap():
    return (
        nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.AvgPool2d(3, stride=2, padding=1), nn.Flatten(), nn.Linear(2 * 9, 2)
        ),
        ce,
        dict(x=R(2, 1, 6, 6), y=I(2, 2)),
    )


@zoo
def pool1d():
    return (
        nn.Sequential(nn.Conv1d(1, 2, 3), nn.MaxPool1d(2), nn.AvgPool1d(3, 1), nn.Flatten(), nn.Linear(2 * 2, 1)),
        mse,
        dict(x=R(2, 1, 10), y=R(2, 1)),
    )


@zoo
def groupnorm():
    return (
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2)),
        ce,
        dict(x=R(2, 1, 4, 4), y=I(2, 2)),
    )


@zoo
def instancenorm():
    return (
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.InstanceNorm2d(2, affine=True), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2)),
        ce,
        dict(x=R(2, 1, 4, 4), y=I(2, 2)),
    )


@zoo
def rmsnorm():
    return nn.Sequential(nn.Linear(3, 4), nn.RMSNorm(4), nn.Linear(4, 2)), mse, dict(x=R(4, 3), y=R(4, 2))


@zoo
def rmsnorm_manual():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.l = nn.Linear(3, 4)
            s.g = nn.Parameter(torch.ones(4) * 1.1)

        def forward(s, x):
            h = s.l(x)
            return h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6) * s.g

    return M(), mse, dict(x=R(4, 3), y=R(4, 4))


@zoo
def layernorm_2d():
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm((2, 4))), mse, dict(x=R(3, 2, 3), y=R(3, 2, 4))


@zoo
def batchnorm1d_3d():
    return (
        nn.Sequential(nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3), nn.ReLU(), nn.Flatten(), nn.Linear(9, 1)),
        mse,
        dict(x=R(3, 2, 4), y=R(3, 1)),
    )


@zoo
def swiglu():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.a = nn.Linear(3, 4)
            s.b = nn.Linear(3, 4)
            s.c = nn.Linear(4, 3)

        def forward(s, x):
            return s.c(F.silu(s.a(x)) * s.b(x))

    return M(), mse, dict(x=R(4, 3), y=R(4, 3))


@zoo
def glu():
    return nn.Sequential(nn.Linear(3, 6), nn.GLU(), nn.Linear(3, 1)), mse, dict(x=R(4, 3), y=R(4, 1))


@zoo
def prelu_():
    return (
        nn.Sequential(nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 4), nn.PReLU(4), nn.Linear(4, 1)),
        mse,
        dict(x=R(4, 3), y=R(4, 1)),
    )


@zoo
def acts():
    return (
        nn.Sequential(
            nn.Linear(3, 4),
            nn.Mish(),
            nn.Linear(4, 4),
            nn.SELU(),
            nn.Linear(4, 4),
            nn.CELU(0.7),
            nn.Linear(4, 4),
            nn.Hardswish(),
            nn.Linear(4, 4),
            nn.Softsign(),
            nn.Linear(4, 4),
            nn.LogSigmoid(),
            nn.Linear(4, 4),
            nn.ReLU6(),
            nn.Linear(4, 1),
            nn.Hardsigmoid(),
        ),
        mse,
        dict(x=R(4, 3), y=R(4, 1)),
    )


@zoo
def acts2():
    return (
        nn.Sequential(
            nn.Linear(3, 4),
            nn.Softmin(1),
            nn.Linear(4, 4),
            nn.Tanhshrink(),
            nn.Linear(4, 4),
            nn.Softshrink(0.1),
            nn.Linear(4, 4),
            nn.Hardshrink(0.1),
            nn.Linear(4, 4),
            nn.Threshold(0.1, 0.5),
            nn.Linear(4, 1),
        ),
        mse,
        dict(x=R(4, 3), y=R(4, 1)),
    )


@zoo
def bilstm():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.r = nn.LSTM(2, 2, bidirectional=True, batch_first=True)
            s.o = nn.Linear(4, 1)

        def forward(s, x):
            return s.o(s.r(x)[0][:, -1])

    return M(), mse, dict(x=R(2, 3, 2), y=R(2, 1))


@zoo
def gru_stacked():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.r = nn.GRU(2, 2, num_layers=2)
            s.o = nn.Linear(2, 1)

        def forward(s, x):
            return s.o(s.r(x)[1][-1])

    return M(), mse, dict(x=R(3, 2, 2), y=R(2, 1))


@zoo
def gru_cell():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.c = nn.GRUCell(2, 3)
            s.o = nn.Linear(3, 1)

        def forward(s, x):
            h = torch.zeros(2, 3)
            for t in range(3):
                h = s.c(x[:, t], h)
            return s.o(h)

    return M(), mse, dict(x=R(2, 3, 2), y=R(2, 1))


@zoo
def cross_ignore():
    return (
        nn.Linear(4, 3),
        lambda m, x, y: F.cross_entropy(m(x), y, ignore_index=-100),
        dict(x=R(5, 4), y=torch.tensor([0, -100, 2, 1, -100])),
    )


@zoo
def cross_ignore_weight():
    return (
        nn.Linear(4, 3),
        lambda m, x, y: F.cross_entropy(m(x), y, weight=torch.tensor([1.0, 2, 0.5])),
        dict(x=R(5, 4), y=torch.tensor([0, -100, 2, 1, -100])),
    )


@zoo
def cross_prob():
    return nn.Linear(4, 3), lambda m, x, y: F.cross_entropy(m(x), y), dict(x=R(5, 4), y=torch.softmax(R(5, 3), 1))


@zoo
def cross_sum():
    return nn.Linear(4, 3), lambda m, x, y: F.cross_entropy(m(x), y, reduction="sum"), dict(x=R(5, 4), y=I(3, 5))


@zoo
def cross_none():
    return (
        nn.Linear(4, 3),
        lambda m, x, y, w: (F.cross_entropy(m(x), y, reduction="none") * w).mean(),
        dict(x=R(5, 4), y=I(3, 5), w=torch.rand(5)),
    )


@zoo
def cross_2d():
    return nn.Conv2d(1, 3, 1), lambda m, x, y: F.cross_entropy(m(x), y), dict(x=R(2, 1, 3, 3), y=I(3, 2, 3, 3))


@zoo
def cross_smooth_ignore():
    return (
        nn.Linear(4, 3),
        lambda m, x, y: F.cross_entropy(m(x), y, label_smoothing=0.2),
        dict(x=R(5, 4), y=torch.tensor([0, -100, 2, 1, -100])),
    )


@zoo
def nll_2d():
    return (
        nn.Conv2d(1, 3, 1),
        lambda m, x, y: F.nll_loss(F.log_softmax(m(x), 1), y),
        dict(x=R(2, 1, 2, 2), y=I(3, 2, 2, 2)),
    )


@zoo
def one_example():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), ce, dict(x=R(1, 3), y=I(2, 1))


@zoo
def one_class():
    return nn.Linear(3, 1), ce, dict(x=R(4, 3), y=torch.zeros(4, dtype=torch.long))


@zoo
def relu_zero():
    m = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    nn.init.zeros_(m[0].weight)
    nn.init.zeros_(m[0].bias)
    return m, mse, dict(x=R(3, 2), y=R(3, 1))


@zoo
def max_ties():
    m = nn.Linear(2, 3, bias=False)
    nn.init.ones_(m.weight)
    return m, lambda m, x: (m(x).max(dim=1).values + m(x).amax(1)).mean(), dict(x=R(4, 2))


@zoo
def topk2():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.l = nn.Linear(3, 5)

        def forward(s, x):
            v, i = s.l(x).topk(2, dim=-1)
            return v * (i + 1)

    return M(), mse, dict(x=R(4, 3), y=R(4, 2))


@zoo
def sort_():
    return (
        nn.Linear(3, 4),
        lambda m, x, y: F.mse_loss(m(x).sort(dim=1, descending=True)[0], y),
        dict(x=R(4, 3), y=R(4, 4)),
    )


@zoo
def cumsum_():
    return nn.Linear(3, 4), lambda m, x, y: F.mse_loss(m(x).cumsum(1), y), dict(x=R(4, 3), y=R(4, 4))


@zoo
def var_():
    return (
        nn.Linear(3, 4),
        lambda m, x, y: (m(x).var(dim=1) + m(x).std(1, unbiased=False)).mean() + m(x).var(),
        dict(x=R(4, 3), y=R(4, 4)),
    )


@zoo
def einsum_():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.w = nn.Parameter(R(2, 3, 4))

        def forward(s, x):
            return torch.einsum("bi,hio->bho", x, s.w)

    return M(), mse, dict(x=R(4, 3), y=R(4, 2, 4))


@zoo
def bmm_param():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.w = nn.Parameter(R(3, 4))
            s.b = nn.Parameter(R(4))
            s.v = nn.Parameter(R(4))

        def forward(s, x):
            return (x @ s.w + s.b) @ s.v

    return M(), mse, dict(x=R(2, 5, 3), y=R(2, 5))


@zoo
def gqa():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.q = nn.Linear(4, 4)
            s.k = nn.Linear(4, 2)
            s.v = nn.Linear(4, 2)

        def forward(s, x):
            B, T, C = x.shape
            q = s.q(x).view(B, T, 2, 2).transpose(1, 2)
            k = s.k(x).view(B, T, 1, 2).transpose(1, 2)
            v = s.v(x).view(B, T, 1, 2).transpose(1, 2)
            return (
                F.scaled_dot_product_attention(q, k.repeat_interleave(2, 1), v.expand(-1, 2, -1, -1), is_causal=True)
                .transpose(1, 2)
                .reshape(B, T, 4)
            )

    return M(), mse, dict(x=R(2, 3, 4), y=R(2, 3, 4))


@zoo
def rope():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.q = nn.Linear(4, 4)
            s.k = nn.Linear(4, 4)

        def forward(s, x):
            T = x.shape[0]
            f = 1 / (10 ** (torch.arange(0, 4, 2) / 4))
            a = torch.outer(torch.arange(T).double(), f.double())
            c, si = a.cos(), a.sin()

            def rot(z):
                z1, z2 = z[..., ::2], z[..., 1::2]
                return torch.stack([z1 * c - z2 * si, z1 * si + z2 * c], -1).flatten(-2)

            return torch.softmax(rot(s.q(x)) @ rot(s.k(x)).T / 2, -1) @ x

    return M(), mse, dict(x=R(3, 4), y=R(3, 4))


@zoo
def transformer_layer():
    return nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), mse, dict(x=R(2, 3, 4), y=R(2, 3, 4))


@zoo
def transformer_decoder():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.d = nn.TransformerDecoderLayer(4, 2, 4, dropout=0.0, batch_first=True)

        def forward(s, x):
            return s.d(x, x * 0.5)

    return M(), mse, dict(x=R(1, 3, 4), y=R(1, 3, 4))


@zoo
def vit():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.p = nn.Conv2d(1, 4, 2, stride=2)
            s.cls = nn.Parameter(R(1, 1, 4))
            s.pos = nn.Parameter(R(1, 5, 4))
            s.o = nn.Linear(4, 2)

        def forward(s, x):
            z = s.p(x).flatten(2).transpose(1, 2)
            z = torch.cat([s.cls.expand(x.shape[0], -1, -1), z], 1) + s.pos
            return s.o(z[:, 0] + z.mean(1))

    return M(), ce, dict(x=R(2, 1, 4, 4), y=I(2, 2))


@zoo
def unet():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.d = nn.Conv2d(1, 2, 3, padding=1)
            s.m = nn.Conv2d(2, 2, 3, padding=1)
            s.u = nn.ConvTranspose2d(2, 2, 2, stride=2)
            s.o = nn.Conv2d(4, 1, 1)

        def forward(s, x):
            a = F.relu(s.d(x))
            b = F.relu(s.m(F.max_pool2d(a, 2)))
            return s.o(torch.cat([a, s.u(b)], 1))

    return M(), mse, dict(x=R(1, 1, 4, 4), y=R(1, 1, 4, 4))


@zoo
def upsample():
    return (
        nn.Sequential(nn.Conv2d(1, 2, 1), nn.Upsample(scale_factor=2), nn.Conv2d(2, 1, 3, padding=1)),
        mse,
        dict(x=R(1, 1, 3, 3), y=R(1, 1, 6, 6)),
    )


@zoo
def pixelshuffle():
    return nn.Sequential(nn.Conv2d(1, 4, 1), nn.PixelShuffle(2)), mse, dict(x=R(1, 1, 3, 3), y=R(1, 1, 6, 6))


@zoo
def vae():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.e = nn.Linear(4, 4)
            s.d = nn.Linear(2, 4)

        def forward(s, x, eps):
            mu, lv = s.e(x).chunk(2, -1)
            return s.d(mu + eps * torch.exp(lv / 2)), mu, lv

    def loss(m, x, eps):
        r, mu, lv = m(x, eps)
        return F.mse_loss(r, x, reduction="sum") - 0.5 * (1 + lv - mu**2 - lv.exp()).sum()

    return M(), loss, dict(x=R(3, 4), eps=R(3, 2))


@zoo
def qlearning():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.q = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

        def forward(s, x):
            return s.q(x)

    def loss(m, s, a, r, s2):
        with torch.no_grad():
            t = r + 0.9 * m(s2).max(1)[0]
        return F.smooth_l1_loss(m(s).gather(1, a[:, None]).squeeze(1), t)

    return M(), loss, dict(s=R(4, 3), a=I(2, 4), r=R(4), s2=R(4, 3))


@zoo
def ppo():
    def loss(m, x, a, adv, old):
        lp = F.log_softmax(m(x), -1).gather(1, a.unsqueeze(1)).squeeze(1)
        ratio = (lp - old).exp()
        return -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()

    return nn.Linear(3, 2), loss, dict(x=R(4, 3), a=I(2, 4), adv=R(4), old=torch.log(torch.rand(4)))


@zoo
def contrastive():
    def loss(m, a, b):
        za, zb = F.normalize(m(a), dim=-1), F.normalize(m(b), dim=-1)
        lg = za @ zb.T / 0.1
        return (F.cross_entropy(lg, torch.arange(3)) + F.cross_entropy(lg.T, torch.arange(3))) / 2

    return nn.Linear(4, 3), loss, dict(a=R(3, 4), b=R(3, 4))


@zoo
def kl():
    return (
        nn.Linear(3, 4),
        lambda m, x, y: F.kl_div(F.log_softmax(m(x), -1), y, reduction="batchmean"),
        dict(x=R(3, 3), y=torch.softmax(R(3, 4), -1)),
    )


@zoo
def huber_():
    return nn.Linear(3, 2), lambda m, x, y: F.huber_loss(m(x), y, delta=0.5), dict(x=R(4, 3), y=R(4, 2))


@zoo
def bce_weight():
    return (
        nn.Linear(3, 1),
        lambda m, x, y, w: F.binary_cross_entropy_with_logits(m(x), y, weight=w),
        dict(x=R(4, 3), y=I(2, 4, 1).float(), w=torch.rand(4, 1)),
    )


@zoo
def poisson():
    return (
        nn.Linear(3, 1),
        lambda m, x, y: F.poisson_nll_loss(m(x), y),
        dict(x=R(4, 3), y=torch.tensor([[0.0], [1], [2], [3]])),
    )


@zoo
def hinge():
    return (
        nn.Linear(3, 1),
        lambda m, x, y: F.relu(1 - y * m(x).squeeze(1)).mean() + 0.01 * (m.weight**2).sum(),
        dict(x=R(4, 3), y=torch.tensor([1.0, -1, 1, -1])),
    )


@zoo
def multimargin():
    return nn.Linear(3, 3), lambda m, x, y: F.multi_margin_loss(m(x), y), dict(x=R(4, 3), y=I(3, 4))


@zoo
def l1_reg():
    return (
        nn.Linear(3, 2),
        lambda m, x, y: F.mse_loss(m(x), y) + 0.1 * sum(p.abs().sum() for p in m.parameters()),
        dict(x=R(4, 3), y=R(4, 2)),
    )


@zoo
def pad_flip():
    return (
        nn.Conv1d(1, 1, 3),
        lambda m, x, y: F.mse_loss(m(F.pad(x.flip(-1), (1, 1), value=0.5)), y),
        dict(x=R(2, 1, 5), y=R(2, 1, 5)),
    )


@zoo
def rnn_manual():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.i2h = nn.Linear(5, 3)
            s.i2o = nn.Linear(5, 2)

        def forward(s, x):
            h = torch.zeros(1, 3)
            for t in range(x.shape[0]):
                c = torch.cat((x[t], h), 1)
                h = torch.tanh(s.i2h(c))
                o = F.log_softmax(s.i2o(c), 1)
            return o

    return M(), lambda m, x, y: F.nll_loss(m(x), y), dict(x=R(3, 1, 2), y=I(2, 1))


@zoo
def lm_tokens():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.e = nn.Embedding(7, 4, padding_idx=0)
            s.o = nn.Linear(4, 7)

        def forward(s, x):
            return s.o(s.e(x))

    return (
        M(),
        lambda m, x, y: F.cross_entropy(m(x).transpose(1, 2), y),
        dict(x=torch.tensor([[1, 2, 0], [3, 0, 6]]), y=I(7, 2, 3)),
    )


@zoo
def deepfm():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.e = nn.Embedding(6, 3)
            s.l = nn.Linear(6, 1)

        def forward(s, x):
            v = s.e(x)
            fm = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1, keepdim=True)
            return torch.sigmoid(fm + s.l(v.flatten(1))).squeeze(1)

    return M(), lambda m, x, y: F.binary_cross_entropy(m(x), y), dict(x=I(6, 4, 2), y=I(2, 4).float())


@zoo
def gcn():
    class M(nn.Module):
        def __init__(s):
            super().__init__()
            s.a = nn.Linear(3, 4)
            s.b = nn.Linear(4, 2)
            A = torch.tensor([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]])
            s.register_buffer("A", A / A.sum(1, keepdim=True))

        def forward(s, x):
            return s.b(torch.relu(s.A @ s.a(x))) @ torch.eye(2)

    return M(), ce, dict(x=R(3, 3), y=I(2, 3))


@zoo
def where_():
    return (
        nn.Linear(3, 2),
        lambda m, x, y: torch.where(m(x) > y, m(x) - y, (y - m(x)) * 2).mean(),
        dict(x=R(4, 3), y=R(4, 2)),
    )


@zoo
def inplace_relu():
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Linear(4, 2)), ce, dict(x=R(4, 3), y=I(2, 4))


@zoo
def mixed_prod():
    return (
        nn.Linear(3, 4),
        lambda m, x, y: (m(x).prod(1) - y).pow(2).mean() + m(x).logsumexp(1).mean() + m(x).norm(),
        dict(x=R(4, 3), y=R(4)),
    )
