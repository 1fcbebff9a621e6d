"""Forty modules more, spelled as people of many schools spell them: name → (model, loss, batch) or with an optimizer."""

import math
from collections import OrderedDict, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from strangers import I, R, of

VISITORS = {}


def one(f):
    VISITORS[f.__name__] = f
    return f


def squared(m, *xs):
    return (m(*xs) ** 2).mean() + m(*xs).sum() * 0.1


class DropPath(nn.Module):
    """timm's stochastic depth, switched off by eval or 0."""

    def __init__(self, drop_prob=0.0, scale_by_keep=True):
        super().__init__()
        self.drop_prob, self.scale_by_keep = drop_prob, scale_by_keep

    def forward(self, x):
        if self.drop_prob == 0.0 or not self.training:
            return x
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        return x * x.new_empty(shape).bernoulli_(1 - self.drop_prob)


class LayerScale(nn.Module):
    def __init__(self, dim, init_values=1e-5, inplace=False):
        super().__init__()
        self.inplace = inplace
        self.gamma = nn.Parameter(init_values * torch.ones(dim))

    def forward(self, x):
        return x.mul_(self.gamma) if self.inplace else x * self.gamma


@one
def timm_vit_block():
    class Attention(nn.Module):
        def __init__(self, dim, num_heads=2):
            super().__init__()
            self.num_heads, self.head_dim = num_heads, dim // num_heads
            self.scale = self.head_dim**-0.5
            self.qkv = nn.Linear(dim, dim * 3, bias=True)
            self.q_norm = nn.LayerNorm(self.head_dim)
            self.proj = nn.Linear(dim, dim)

        def forward(self, x):
            B, N, C = x.shape
            qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, self.head_dim).permute(2, 0, 3, 1, 4)
            q, k, v = qkv.unbind(0)
            q, k = self.q_norm(q), k
            q = q * self.scale
            attn = q @ k.transpose(-2, -1)
            attn = attn.softmax(dim=-1)
            x = attn @ v
            x = x.transpose(1, 2).reshape(B, N, C)
            return self.proj(x)

    class Block(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.norm1, self.attn, self.ls1 = nn.LayerNorm(dim, eps=1e-6), Attention(dim), LayerScale(dim, 0.1)
            self.drop_path1 = DropPath(0.0)
            self.norm2 = nn.LayerNorm(dim, eps=1e-6)
            self.mlp = nn.Sequential(OrderedDict(fc1=nn.Linear(dim, 6), act=nn.GELU(), fc2=nn.Linear(6, dim)))
            self.ls2, self.drop_path2 = LayerScale(dim, 0.1, inplace=True), nn.Identity()

        def forward(self, x):
            x = x + self.drop_path1(self.ls1(self.attn(self.norm1(x))))
            return x + self.drop_path2(self.ls2(self.mlp(self.norm2(x))))

    return Block(4), squared, dict(x=R(1, 3, 4))


@one
def timm_convnext_block():
    class LayerNorm2d(nn.LayerNorm):
        def forward(self, x):
            x = x.permute(0, 2, 3, 1)
            x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
            return x.permute(0, 3, 1, 2)

    def fwd(m, x):
        shortcut = x
        x = m.norm(m.dw(x))
        x = m.pw2(m.grn(F.gelu(m.pw1(x.permute(0, 2, 3, 1)))))
        return shortcut + x.permute(0, 3, 1, 2)

    class GRN(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.gamma, self.beta = nn.Parameter(torch.ones(1, 1, 1, dim)), nn.Parameter(torch.zeros(1, 1, 1, dim))

        def forward(self, x):
            gx = torch.norm(x, p=2, dim=(1, 2), keepdim=True)
            nx = gx / (gx.mean(dim=-1, keepdim=True) + 1e-6)
            return self.gamma * (x * nx) + self.beta + x

    parts = dict(dw=nn.Conv2d(2, 2, 3, padding=1, groups=2), norm=LayerNorm2d(2))
    return of(fwd, squared, dict(x=R(1, 2, 3, 3)), pw1=nn.Linear(2, 4), grn=GRN(4), pw2=nn.Linear(4, 2), **parts)


@one
def hf_style_outputs():
    Output = namedtuple("Output", ["loss", "logits", "hidden_states"])

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embeddings = nn.ModuleDict(
                {
                    "word": nn.Embedding(7, 4, padding_idx=0),
                    "position": nn.Embedding(5, 4),
                    "segment": nn.Embedding(2, 4),
                }
            )
            self.register_buffer("position_ids", torch.arange(5).expand((1, -1)), persistent=False)
            self.dense, self.out = nn.Linear(4, 4), nn.Linear(4, 3)

        def forward(self, input_ids=None, attention_mask=None, token_type_ids=None, labels=None, return_dict=True):
            b, t = input_ids.size()
            if token_type_ids is None:
                token_type_ids = torch.zeros_like(input_ids)
            h = self.embeddings["word"](input_ids) + self.embeddings["segment"](token_type_ids)
            h = h + self.embeddings["position"](self.position_ids[:, :t])
            extended = (1.0 - attention_mask[:, None, None, :].to(h.dtype)) * torch.finfo(h.dtype).min
            scores = (h @ h.mT / math.sqrt(h.size(-1)))[:, None] + extended
            h = (scores.softmax(-1) @ h[:, None]).squeeze(1)
            pooled = torch.tanh(self.dense(h[:, 0]))
            logits = self.out(pooled)
            loss = nn.CrossEntropyLoss()(logits.view(-1, 3), labels.view(-1)) if labels is not None else None
            return Output(loss=loss, logits=logits, hidden_states=(h,))

    def loss(m, ids, mask, labels):
        return m(input_ids=ids, attention_mask=mask, labels=labels).loss

    ids = torch.tensor([[1, 4, 2], [3, 6, 0]])
    return Model(), loss, dict(ids=ids, mask=(ids != 0).long(), labels=torch.tensor([2, 0]))


@one
def hf_causal_shift():
    def loss(m, ids):
        logits = m(ids)
        shift_logits = logits[..., :-1, :].contiguous()
        shift_labels = ids[..., 1:].contiguous()
        return F.cross_entropy(shift_logits.view(-1, shift_logits.size(-1)), shift_labels.view(-1), ignore_index=-100)

    return of(
        lambda m, ids: m.head(F.silu(m.wte(ids))),
        loss,
        dict(ids=I(5, 2, 4)),
        wte=nn.Embedding(5, 3),
        head=nn.Linear(3, 5, bias=False),
    )


@one
def karpathy_makemore():
    g = torch.Generator().manual_seed(2147483647)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.C = nn.Parameter(torch.randn((6, 2), generator=g))
            self.W1 = nn.Parameter(torch.randn((6, 4), generator=g) * (5 / 3) / (6**0.5))
            self.bngain, self.bnbias = nn.Parameter(torch.ones((1, 4))), nn.Parameter(torch.zeros((1, 4)))
            self.W2, self.b2 = nn.Parameter(torch.randn((4, 6), generator=g) * 0.1), nn.Parameter(torch.zeros(6))

        def forward(self, Xb):
            emb = self.C[Xb]
            embcat = emb.view(emb.shape[0], -1)
            hprebn = embcat @ self.W1
            bnmeani = 1 / 4 * hprebn.sum(0, keepdim=True)
            bndiff = hprebn - bnmeani
            bnvar = 1 / (4 - 1) * (bndiff**2).sum(0, keepdim=True)
            bnraw = bndiff * (bnvar + 1e-5) ** -0.5
            h = torch.tanh(self.bngain * bnraw + self.bnbias)
            return h @ self.W2 + self.b2

    def loss(m, Xb, Yb):
        logits = m(Xb)
        logit_maxes = logits.max(1, keepdim=True).values
        norm_logits = logits - logit_maxes
        counts = norm_logits.exp()
        probs = counts * counts.sum(1, keepdims=True) ** -1
        logprobs = probs.log()
        return -logprobs[range(4), Yb].mean()

    return Net(), loss, dict(Xb=I(6, 4, 3), Yb=I(6, 4))


@one
def karpathy_gpt_init_and_targets():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.transformer = nn.ModuleDict(dict(wte=nn.Embedding(5, 4), wpe=nn.Embedding(4, 4), ln_f=nn.LayerNorm(4)))
            self.lm_head = nn.Linear(4, 5, bias=False)
            self.transformer.wte.weight = self.lm_head.weight
            self.register_buffer("bias", torch.tril(torch.ones(4, 4)).view(1, 1, 4, 4))
            self.c_attn, self.c_proj = nn.Linear(4, 12), nn.Linear(4, 4)

        def forward(self, idx, targets=None):
            b, t = idx.size()
            pos = torch.arange(0, t, dtype=torch.long, device=idx.device)
            x = self.transformer.wte(idx) + self.transformer.wpe(pos)
            q, k, v = self.c_attn(x).split(4, dim=2)
            k = k.view(b, t, 2, 2).transpose(1, 2)
            q = q.view(b, t, 2, 2).transpose(1, 2)
            v = v.view(b, t, 2, 2).transpose(1, 2)
            att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            att = att.masked_fill(self.bias[:, :, :t, :t] == 0, float("-inf"))
            y = (F.softmax(att, dim=-1) @ v).transpose(1, 2).contiguous().view(b, t, 4)
            x = self.transformer.ln_f(x + self.c_proj(y))
            logits = self.lm_head(x)
            return logits, F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)

    y = I(5, 1, 3)
    y[0, 0] = -1
    return Net(), lambda m, x, y: m(x, y)[1], dict(x=I(5, 1, 3), y=y)


@one
def d2l_additive_attention():
    def masked_softmax(X, valid_lens):
        shape = X.shape
        valid_lens = torch.repeat_interleave(valid_lens, shape[1])
        X = X.reshape(-1, shape[-1])
        mask = torch.arange(X.size(1), dtype=torch.float32)[None, :] < valid_lens[:, None]
        X = torch.where(mask, X, torch.tensor(-1e6))
        return F.softmax(X.reshape(shape), dim=-1)

    def fwd(m, q, k, lens):
        features = torch.tanh(m.W_q(q).unsqueeze(2) + m.W_k(k).unsqueeze(1))
        scores = m.w_v(features).squeeze(-1)
        return torch.bmm(masked_softmax(scores, lens), k)

    return of(
        fwd,
        squared,
        dict(q=R(2, 1, 2), k=R(2, 3, 2), lens=torch.tensor([2, 3])),
        W_q=nn.Linear(2, 3, bias=False),
        W_k=nn.Linear(2, 3, bias=False),
        w_v=nn.Linear(3, 1, bias=False),
    )


@one
def d2l_rnn_scratch():
    def fwd(m, x):
        X = F.one_hot(x.T, 4).type(torch.float32)
        H = torch.zeros((x.shape[0], 3), device=x.device)
        outputs = []
        for step in X:
            H = torch.tanh(torch.mm(step, m.W_xh) + torch.mm(H, m.W_hh) + m.b_h)
            outputs.append(torch.mm(H, m.W_hq) + m.b_q)
        return torch.cat(outputs, dim=0)

    def loss(m, x, y):
        return nn.CrossEntropyLoss()(m(x), y.T.reshape(-1).long())

    def p(*s):
        return nn.Parameter(R(*s) * 0.5)

    return of(fwd, loss, dict(x=I(4, 2, 3), y=I(4, 2, 3)), W_xh=p(4, 3), W_hh=p(3, 3), b_h=p(3), W_hq=p(3, 4), b_q=p(4))


@one
def sac_squashed_gaussian():
    def loss(m, s, eps, alpha):
        mu, log_std = m.pi(s).chunk(2, dim=-1)
        log_std = torch.clamp(log_std, -20, 2)
        std = torch.exp(log_std)
        u = mu + std * eps
        a = torch.tanh(u)
        logp = torch.distributions.Normal(mu, std).log_prob(u).sum(axis=-1)
        logp -= (2 * (math.log(2) - u - F.softplus(-2 * u))).sum(axis=1)
        q = torch.min(m.q1(torch.cat([s, a], -1)), m.q2(torch.cat([s, a], -1))).squeeze(-1)
        return (alpha * logp - q).mean()

    return of(
        lambda m, s: m.pi(s),
        loss,
        dict(s=R(3, 2), eps=R(3, 2), alpha=torch.tensor(0.2)),
        pi=nn.Linear(2, 4),
        q1=nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1)),
        q2=nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1)),
    )


@one
def ppo_beta_and_gae():
    def loss(m, s, a, old, adv, ret):
        alpha, beta = (F.softplus(m.net(s)) + 1).unbind(-1)
        dist = torch.distributions.Beta(alpha, beta)
        ratio = (dist.log_prob(a) - old).exp()
        adv = (adv - adv.mean()) / (adv.std() + 1e-8)
        clipped = torch.clamp(ratio, 0.8, 1.2) * adv
        return -torch.min(ratio * adv, clipped).mean() + 0.5 * (m.v(s).squeeze() - ret).pow(2).mean()

    return of(
        lambda m, s: m.net(s),
        loss,
        dict(s=R(3, 2), a=torch.rand(3) * 0.8 + 0.1, old=R(3) * 0.1, adv=R(3), ret=R(3)),
        net=nn.Linear(2, 2),
        v=nn.Linear(2, 1),
    )


@one
def gae_by_loop():
    def loss(m, s, r, done, a):
        with torch.no_grad():
            v = m.v(s).flatten()
            adv = torch.zeros_like(r)
            last = 0
            for t in reversed(range(3)):
                delta = r[t] + 0.99 * v[t + 1] * (1 - done[t]) - v[t]
                adv[t] = last = delta + 0.99 * 0.95 * (1 - done[t]) * last
            returns = adv + v[:-1]
        logits = m.pi(s[:-1])
        logp = F.log_softmax(logits, -1)[torch.arange(3), a]
        entropy = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1)
        return -(logp * adv).mean() + F.mse_loss(m.v(s[:-1]).flatten(), returns) - 0.01 * entropy.mean()

    return of(
        lambda m, s: m.pi(s),
        loss,
        dict(s=R(4, 2), r=R(3), done=torch.tensor([0.0, 0, 1]), a=I(2, 3)),
        v=nn.Linear(2, 1),
        pi=nn.Linear(2, 2),
    )


@one
def dueling_double_dqn():
    def q(net, s):
        h = torch.relu(net["body"](s))
        a = net["adv"](h)
        return net["val"](h) + a - a.mean(dim=1, keepdim=True)

    def loss(m, s, a, r, s2, d):
        now = q(m.online, s).gather(1, a.view(-1, 1)).flatten()
        with torch.no_grad():
            best = q(m.online, s2).argmax(dim=1, keepdim=True)
            nxt = q(m.target, s2).gather(1, best).flatten()
            y = r + 0.99 * nxt * (~d)
        return nn.SmoothL1Loss()(now, y)

    def net():
        return nn.ModuleDict({"body": nn.Linear(2, 3), "adv": nn.Linear(3, 2), "val": nn.Linear(3, 1)})

    batch = dict(s=R(3, 2), a=I(2, 3), r=R(3), s2=R(3, 2), d=torch.tensor([True, False, False]))
    return of(None, loss, batch, online=net(), target=net())


@one
def gin_with_edge_index():
    def fwd(m, x, edge_index, batch):
        src, dst = edge_index
        out = torch.zeros_like(x).index_add_(0, dst, x[src])
        h = m.nn((1 + m.eps) * x + out)
        pooled = torch.zeros(2, h.size(1)).scatter_add_(0, batch.unsqueeze(-1).expand_as(h), h)
        count = torch.zeros(2).index_add(0, batch, torch.ones(4)).clamp(min=1)
        return m.out(pooled / count.unsqueeze(-1)).squeeze(-1)

    def loss(m, x, e, b, y):
        return F.binary_cross_entropy_with_logits(m(x, e, b), y)

    return of(
        fwd,
        loss,
        dict(
            x=R(4, 2),
            e=torch.tensor([[0, 1, 2, 3], [1, 0, 3, 3]]),
            b=torch.tensor([0, 0, 1, 1]),
            y=torch.tensor([1.0, 0]),
        ),
        nn=nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3)),
        eps=nn.Parameter(torch.tensor(0.1)),
        out=nn.Linear(3, 1),
    )


@one
def gat_softmax_by_scatter():
    def fwd(m, x, edge_index):
        src, dst = edge_index[0], edge_index[1]
        h = m.lin(x)
        e = F.leaky_relu((torch.cat([h[src], h[dst]], dim=-1) * m.att).sum(dim=-1), 0.2)
        top = torch.full((3,), -1e9).scatter_reduce(0, dst, e, reduce="amax", include_self=True)
        a = torch.exp(e - top[dst])
        total = torch.zeros(3).scatter_add(0, dst, a)
        a = a / (total[dst] + 1e-16)
        return torch.zeros(3, 2).index_add(0, dst, a[:, None] * h[src])

    batch = dict(x=R(3, 2), edge_index=torch.tensor([[0, 1, 2, 0], [1, 2, 0, 0]]))
    return of(fwd, squared, batch, lin=nn.Linear(2, 2, bias=False), att=nn.Parameter(R(1, 4)))


@one
def gcn_dense_normalised():
    def fwd(m, x, adj):
        a = adj + torch.eye(adj.size(0))
        d = a.sum(1).pow(-0.5)
        d[torch.isinf(d)] = 0.0
        a = d.diag() @ a @ torch.diag(d)
        return F.log_softmax(a @ m.w2(F.relu(a @ m.w1(x))), dim=1)

    def loss(m, x, adj, y):
        return F.nll_loss(m(x, adj), y)

    adj = torch.tensor([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    return of(fwd, loss, dict(x=R(3, 2), adj=adj, y=I(2, 3)), w1=nn.Linear(2, 3), w2=nn.Linear(3, 2))


@one
def ddpm_with_time_embedding():
    def fwd(m, x, t):
        half = 2
        freqs = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
        args = t[:, None].float() * freqs[None]
        emb = torch.cat([torch.cos(args), torch.sin(args)], dim=-1)
        scale, shift = m.time(F.silu(emb))[:, :, None, None].chunk(2, dim=1)
        h = F.group_norm(m.conv(x), 1) * (1 + scale) + shift
        return m.out(F.silu(h))

    def loss(m, x0, t, noise):
        ac = torch.cumprod(1 - torch.linspace(1e-2, 0.2, 10), dim=0)
        a = ac[t].view(-1, 1, 1, 1)
        xt = a.sqrt() * x0 + (1 - a).sqrt() * noise
        return F.mse_loss(m(xt, t), noise)

    return of(
        fwd,
        loss,
        dict(x0=R(2, 1, 3, 3), t=torch.tensor([1, 7]), noise=R(2, 1, 3, 3)),
        conv=nn.Conv2d(1, 2, 3, padding="same"),
        time=nn.Linear(4, 4),
        out=nn.Conv2d(2, 1, 1),
    )


@one
def beta_vae_free_bits():
    def loss(m, x, eps):
        h = F.relu(m.enc(x))
        mu, logvar = m.mu(h), m.logvar(h)
        z = torch.addcmul(mu, torch.exp(0.5 * logvar), eps)
        rec = m.dec(z)
        kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp())
        kld = torch.clamp_min(kld.mean(0), 0.05).sum()
        return F.binary_cross_entropy_with_logits(rec, x, reduction="none").sum(dim=-1).mean() + 4 * kld

    return of(
        None,
        loss,
        dict(x=torch.rand(3, 4), eps=R(3, 2)),
        enc=nn.Linear(4, 3),
        mu=nn.Linear(3, 2),
        logvar=nn.Linear(3, 2),
        dec=nn.Linear(2, 4),
    )


@one
def vae_by_distributions():
    def loss(m, x, eps):
        mu, raw = m.enc(x).tensor_split(2, dim=1)
        q = torch.distributions.Independent(torch.distributions.Normal(mu, F.softplus(raw)), 1)
        p = torch.distributions.Independent(torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
        z = mu + q.base_dist.scale * eps
        likelihood = torch.distributions.Bernoulli(logits=m.dec(z)).log_prob(x).sum(-1)
        return -(likelihood - torch.distributions.kl_divergence(q, p)).mean()

    return of(None, loss, dict(x=I(2, 3, 4).float(), eps=R(3, 2)), enc=nn.Linear(4, 4), dec=nn.Linear(2, 4))


@one
def real_nvp_two_layers():
    mask = torch.tensor([1.0, 0.0])

    def loss(m, x):
        log_det, z = x.new_zeros(x.shape[0]), x
        for i, net in enumerate(m.nets):
            b = mask if i % 2 == 0 else 1 - mask
            s, t = net(z * b).chunk(2, -1)
            s = torch.tanh(s) * (1 - b)
            z = b * z + (1 - b) * (z * torch.exp(s) + t)
            log_det += s.sum(-1)
        base = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
        return -(base.log_prob(z) + log_det).mean()

    return of(None, loss, dict(x=R(3, 2)), nets=nn.ModuleList(nn.Linear(2, 4) for _ in range(2)))


@one
def planar_flow():
    def loss(m, z):
        lin = z @ m.w + m.b
        f = z + m.u.unsqueeze(0) * torch.tanh(lin).unsqueeze(-1)
        psi = (1 - torch.tanh(lin) ** 2).unsqueeze(-1) * m.w
        logdet = torch.log(torch.abs(1 + psi @ m.u) + 1e-8)
        return (0.5 * f.square().sum(-1) - logdet).mean()

    return of(None, loss, dict(z=R(3, 2)), w=nn.Parameter(R(2)), u=nn.Parameter(R(2)), b=nn.Parameter(torch.zeros(())))


@one
def nt_xent_with_eye_mask():
    def loss(m, a, b):
        z = F.normalize(torch.cat((m(a), m(b)), 0), p=2.0, dim=1)
        sim = z @ z.t() / 0.5
        sim = sim.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
        labels = torch.cat([torch.arange(2) + 2, torch.arange(2)])
        return F.cross_entropy(sim, labels)

    return of(lambda m, x: m.l(x), loss, dict(a=R(2, 3), b=R(2, 3)), l=nn.Linear(3, 2))


@one
def clip_with_logit_scale():
    def loss(m, image, text):
        i = m.v(image)
        i = i / i.norm(dim=-1, keepdim=True)
        t = m.t(text)
        t = t / t.norm(dim=-1, keepdim=True)
        logits = m.logit_scale.exp() * i @ t.t()
        target = torch.arange(len(image))
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2

    scale = nn.Parameter(torch.ones([]) * math.log(1 / 0.07))
    return of(None, loss, dict(image=R(3, 3), text=R(3, 2)), v=nn.Linear(3, 2), t=nn.Linear(2, 2), logit_scale=scale)


@one
def byol_with_ema_target():
    def loss(m, a, b):
        p = m.pred(m.online(a))
        with torch.no_grad():
            for po, pt in zip(m.online.parameters(), m.target.parameters(), strict=True):
                assert po.shape == pt.shape
            z = m.target(b).detach()
        return (2 - 2 * F.cosine_similarity(p, z, dim=-1)).mean()

    target = nn.Linear(3, 2).requires_grad_(False)
    return of(None, loss, dict(a=R(3, 3), b=R(3, 3)), online=nn.Linear(3, 2), target=target, pred=nn.Linear(2, 2))


@one
def barlow_twins():
    def off_diagonal(x):
        n, _ = x.shape
        return x.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()

    def loss(m, a, b):
        z1, z2 = m.bn(m.l(a)), m.bn(m.l(b))
        c = z1.T @ z2
        c.div_(4)
        on = torch.diagonal(c).add_(-1).pow_(2).sum()
        return on + 0.005 * off_diagonal(c).pow_(2).sum()

    return of(None, loss, dict(a=R(4, 3), b=R(4, 3)), l=nn.Linear(3, 3), bn=nn.BatchNorm1d(3, affine=False))


@one
def vicreg():
    def loss(m, a, b):
        x, y = m.l(a), m.l(b)
        inv = F.mse_loss(x, y)
        x, y = x - x.mean(dim=0), y - y.mean(dim=0)
        std = F.relu(1 - torch.sqrt(x.var(dim=0) + 1e-4)).mean() / 2
        cov = (x.T @ x) / (4 - 1)
        cov.fill_diagonal_(0.0)
        return 25 * inv + 25 * std + cov.pow(2).sum() / 2

    return of(None, loss, dict(a=R(4, 3), b=R(4, 3)), l=nn.Linear(3, 2))


@one
def switch_moe_with_balance():
    def loss(m, x, y):
        gate = m.router(x)
        probs = gate.softmax(-1)
        weight, index = probs.topk(1, dim=-1)
        one_hot = F.one_hot(index.squeeze(-1), num_classes=2).to(probs.dtype)
        density, proxy = one_hot.mean(0), probs.mean(0)
        aux = (density * proxy).sum() * 2
        out = torch.zeros(4, 2)
        for i, expert in enumerate(m.experts):
            out = out + one_hot[:, i, None] * expert(x)
        return F.mse_loss(out * weight, y) + 0.01 * aux

    return of(
        None,
        loss,
        dict(x=R(4, 3), y=R(4, 2)),
        router=nn.Linear(3, 2, bias=False),
        experts=nn.ModuleList([nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2)) for _ in range(2)]),
    )


@one
def mixtral_routing_where():
    def fwd(m, x):
        r = F.softmax(m.gate(x), dim=1)
        w, sel = torch.topk(r, 2, dim=-1)
        w /= w.sum(dim=-1, keepdim=True)
        final = torch.zeros_like(x)
        mask = F.one_hot(sel, num_classes=3).permute(2, 1, 0)
        for e, expert in enumerate(m.experts):
            idx, top_x = torch.where(mask[e])
            final.index_add_(0, top_x, expert(x[top_x]) * w[top_x, idx, None])
        return final

    return of(
        fwd,
        squared,
        dict(x=R(2, 2)),
        gate=nn.Linear(2, 3, bias=False),
        experts=nn.ModuleList(nn.Linear(2, 2) for _ in range(3)),
    )


@one
def lora_with_frozen_base():
    class LoRALinear(nn.Linear):
        def __init__(self, i, o, r=1, alpha=2.0):
            super().__init__(i, o)
            self.weight.requires_grad = False
            self.bias.requires_grad = False
            self.lora_A, self.lora_B = nn.Parameter(R(r, i) * 0.1), nn.Parameter(R(o, r) * 0.1)
            self.scaling = alpha / r

        def forward(self, x):
            result = F.linear(x, self.weight, bias=self.bias)
            return result + (x @ self.lora_A.transpose(0, 1) @ self.lora_B.transpose(0, 1)) * self.scaling

    model, loss, batch = of(lambda m, x: m.b(torch.relu(m.a(x))), squared, a=LoRALinear(4, 3), b=LoRALinear(3, 2))
    return model, loss, batch, torch.optim.AdamW([p for n, p in model.named_parameters() if "lora_" in n], lr=1e-2)


@one
def dora():
    def fwd(m, x):
        w = m.base + m.B @ m.A
        norm = torch.linalg.norm(w, dim=1, keepdim=True).detach()
        return F.linear(x, m.magnitude * w / norm)

    base = R(3, 4)
    model, loss, batch = of(
        fwd,
        squared,
        A=nn.Parameter(R(1, 4)),
        B=nn.Parameter(R(3, 1) * 0.1),
        magnitude=nn.Parameter(base.norm(dim=1, keepdim=True)),
    )
    model.register_buffer("base", base)
    return model, loss, batch


@one
def s4d_convolution_kernel():
    def fwd(m, u):
        length = u.size(-1)
        dt = torch.exp(m.log_dt)
        a = -torch.exp(m.log_A_real)
        dtA = a * dt.unsqueeze(-1)
        K = torch.exp(dtA.unsqueeze(-1) * torch.arange(length))
        K = torch.einsum("hn,hnl->hl", m.C * (torch.exp(dtA) - 1.0) / a, K)
        y = F.conv1d(F.pad(u, (length - 1, 0)), K.flip(-1).unsqueeze(1), groups=2)
        return y + u * m.D.unsqueeze(-1)

    p = dict(log_dt=nn.Parameter(R(2) * 0.1 - 1), log_A_real=nn.Parameter(R(2, 2) * 0.1), C=nn.Parameter(R(2, 2)))
    return of(fwd, squared, dict(u=R(1, 2, 4)), D=nn.Parameter(R(2)), **p)


@one
def mamba_step_by_step():
    def fwd(m, x):
        b, length, d = x.shape
        xs, z = m.in_proj(x).chunk(2, dim=-1)
        xs = F.silu(m.conv(xs.transpose(1, 2))[..., :length].transpose(1, 2))
        dt, B, C = torch.split(m.x_proj(xs), [1, 2, 2], dim=-1)
        dt = F.softplus(dt + m.dt_bias)
        A = -torch.exp(m.A_log.float())
        dA = torch.exp(torch.einsum("bld,dn->bldn", dt.expand(-1, -1, d), A))
        dB = torch.einsum("bld,bln->bldn", dt.expand(-1, -1, d) * xs, B)
        h = x.new_zeros(b, d, 2)
        ys = []
        for t in range(length):
            h = dA[:, t] * h + dB[:, t]
            ys.append(torch.einsum("bdn,bn->bd", h, C[:, t, :]))
        y = torch.stack(ys, dim=1) + xs * m.D
        return m.out_proj(y * F.silu(z))

    return of(
        fwd,
        squared,
        dict(x=R(1, 3, 2)),
        in_proj=nn.Linear(2, 4, bias=False),
        conv=nn.Conv1d(2, 2, 2, groups=2, padding=1),
        x_proj=nn.Linear(2, 5, bias=False),
        dt_bias=nn.Parameter(R(2)),
        A_log=nn.Parameter(torch.log(torch.arange(1, 3).float().repeat(2, 1))),
        D=nn.Parameter(torch.ones(2)),
        out_proj=nn.Linear(2, 2, bias=False),
    )


@one
def rotary_rotate_half():
    def rotate_half(x):
        x1 = x[..., : x.shape[-1] // 2]
        x2 = x[..., x.shape[-1] // 2 :]
        return torch.cat((-x2, x1), dim=-1)

    def fwd(m, x, position_ids):
        inv_freq = 1.0 / (10000 ** (torch.arange(0, 2, 2, dtype=torch.int64).float() / 2))
        freqs = (inv_freq[None, :, None].expand(1, -1, 1) @ position_ids[:, None, :].float()).transpose(1, 2)
        emb = torch.cat((freqs, freqs), dim=-1)
        cos, sin = emb.cos().unsqueeze(1), emb.sin().unsqueeze(1)
        q, k, v = (p(x).unflatten(-1, (2, 2)).transpose(1, 2) for p in (m.q, m.k, m.v))
        q, k = (q * cos) + (rotate_half(q) * sin), (k * cos) + (rotate_half(k) * sin)
        return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.5).transpose(1, 2).flatten(2)

    batch = dict(x=R(1, 3, 4), position_ids=torch.arange(3)[None])
    return of(fwd, squared, batch, q=nn.Linear(4, 4), k=nn.Linear(4, 4), v=nn.Linear(4, 4))


@one
def rotary_complex():
    def fwd(m, x):
        q = torch.view_as_complex(m.q(x).reshape(1, 3, 2, 2))
        freqs = torch.polar(torch.ones(3, 2), torch.outer(torch.arange(3.0), torch.tensor([1.0, 0.1])))
        return torch.view_as_real(q * freqs).flatten(2)

    return of(fwd, squared, dict(x=R(1, 3, 4)), q=nn.Linear(4, 4))


@one
def kv_cache():
    def fwd(m, x, past_k, past_v):
        q, k, v = m.qkv(x).chunk(3, dim=-1)
        k = torch.cat([past_k, k], dim=1)
        v = torch.cat([past_v, v], dim=1)
        att = torch.baddbmm(torch.zeros(1, 1, 4), q, k.transpose(1, 2), beta=0, alpha=2**-0.5)
        return torch.bmm(att.softmax(-1), v)

    return of(fwd, squared, dict(x=R(1, 1, 2), past_k=R(1, 3, 2), past_v=R(1, 3, 2)), qkv=nn.Linear(2, 6))


@one
def copied_then_written():
    def fwd(m, x):
        h = m.l(x)
        total = torch.tensor(0.0)
        out = torch.empty(2, 3, 2)
        for t in range(3):
            out[:, t] = h * t
            total += h.sum()
        kept = torch.zeros(2, 2)
        kept.copy_(h)
        kept.mul_(2)
        row = kept[0]
        kept.t()[1].add_(1)
        return out.sum(1) + kept * h + total * row

    return of(fwd, squared, dict(x=R(2, 3)), l=nn.Linear(3, 2))


@one
def kv_cache_written_in_place():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.kv = nn.Linear(2, 2)
            self.register_buffer("cache", torch.zeros(1, 4, 2))

        def forward(self, x):
            k = self.cache.clone()
            k[:, 2:3] = self.kv(x)
            return k

    return Net(), squared, dict(x=R(1, 1, 2))


@one
def wgan_gradient_penalty():
    def loss(m, real, fake, eps):
        mixed = (eps * real + (1 - eps) * fake).requires_grad_(True)
        score = m.d(mixed)
        g = torch.autograd.grad(score.sum(), mixed, create_graph=True)[0]
        return m.d(fake).mean() - m.d(real).mean() + 10 * ((g.norm(2, dim=1) - 1) ** 2).mean()

    return of(None, loss, dict(real=R(3, 2), fake=R(3, 2), eps=torch.rand(3, 1)), d=nn.Linear(2, 1))


@one
def einsum_with_ellipsis_and_implicit():
    def fwd(m, x):
        y = torch.einsum("...i,oi->...o", x, m.w)
        z = torch.einsum("bij,bkj->bik", y, y)
        return torch.einsum("...ij,...jk", z, y) + torch.einsum("ii,o->o", m.w[:, :2], m.b)

    return of(fwd, squared, dict(x=R(2, 3, 3)), w=nn.Parameter(R(2, 3)), b=nn.Parameter(R(2)))


@one
def rearranged_by_views():
    def fwd(m, x):
        # b (h p1) (w p2) c -> b (h w) (p1 p2 c), and back
        p = x.view(1, 2, 2, 2, 2, 1).movedim(2, 3).flatten(3, 5).reshape(1, -1, 4)
        p = m.l(p).swapdims(1, 2)
        p = p.transpose(-1, -2).unflatten(1, (2, 2)).squeeze(0)
        return torch.hstack([p[0], p[1]]).reshape(-1).view(2, -1).T.contiguous()

    return of(fwd, squared, dict(x=R(1, 4, 4, 1)), l=nn.Linear(4, 2))


@one
def stacks_and_splits():
    def fwd(m, x):
        h = m.l(x)
        a, b = torch.vsplit(h, 2)
        c = torch.dstack([a, b]).squeeze(0)
        d = torch.vstack((a, b)).tile(1, 2)
        e = torch.column_stack([h[:, 0], h[:, 1]]).repeat(2, 1)
        f = torch.rot90(c, 1, [0, 1]) if c.dim() == 2 else c
        g = torch.block_diag(a, b)
        return d.sum() + e.mean() * f.sum() + g.square().sum() + torch.cartesian_prod(h[0], h[1]).prod(1).sum()

    return of(fwd, lambda m, x: m(x), dict(x=R(2, 3)), l=nn.Linear(3, 2))


@one
def masked_scatter_gather_where():
    def fwd(m, x, idx):
        h = m.l(x)
        mask = torch.zeros_like(h, dtype=torch.bool)
        mask[:, 0] = True
        a = torch.where(mask, h, -h)
        b = h.masked_fill(~mask & (idx[:, None] > 0), 0.5)
        c = torch.gather(h, -1, idx.unsqueeze(-1))
        d = torch.zeros(3, 4).scatter(1, idx.unsqueeze(1), h[:, :1])
        e = h.index_fill(1, torch.tensor([1]), 0.0)
        f = h.take(torch.tensor([0, 4]))
        g = torch.select_scatter(h, h[:, 0], 1, 1)
        return (a * b + c).sum() + d.sum(0).square().sum() + e.prod(1).sum() + f.sum() + g.mean()

    return of(fwd, lambda m, x, idx: m(x, idx), dict(x=R(3, 2), idx=torch.tensor([0, 1, 1])), l=nn.Linear(2, 2))


@one
def linalg_free():
    def fwd(m, x):
        h = m.l(x)
        a = torch.linalg.norm(h, ord=2, dim=-1) + torch.linalg.vector_norm(h, ord=1, dim=1)
        b = torch.linalg.multi_dot([h, x.T, x])
        c = torch.linalg.vecdot(h, h) + torch.inner(h[0], h[1])
        d = h.T.matmul(h)
        e = torch.trace(d) + torch.cross(h[0], x[1], dim=0).sum() + torch.ger(h[0], h[1]).mean()
        return (
            a.sum() + b.mean() + c.sum() + e + torch.linalg.matrix_power(d, 2).sum() + torch.kron(h[:1], x[:, :2]).sum()
        )

    return of(fwd, lambda m, x: m(x), dict(x=R(2, 3)), l=nn.Linear(3, 3))


@one
def own_parametrization_symmetric():
    class Symmetric(nn.Module):
        def forward(self, X):
            return X.triu() + X.triu(1).transpose(-1, -2)

    layer = nn.Linear(3, 3)
    nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    return of(lambda m, x: m.l(x), squared, dict(x=R(2, 3)), l=layer)


@one
def buffer_updated_in_forward():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.l = nn.Linear(3, 2)
            self.register_buffer("running", torch.zeros(2))

        def forward(self, x):
            h = self.l(x)
            with torch.no_grad():
                self.running = 0.9 * self.running + 0.1 * h.mean(0)
            return h - self.running

    return Net(), squared, dict(x=R(2, 3))


@one
def multi_loss_dict():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.l, self.heads = nn.Linear(3, 3), nn.ParameterList([nn.Parameter(R(3, 2)), nn.Parameter(R(3, 1))])
            self.log_vars = nn.ParameterDict({"cls": nn.Parameter(torch.zeros(1)), "reg": nn.Parameter(torch.zeros(1))})

        def forward(self, x, *, scale=1.0, **kwargs):
            h = torch.nn.functional.mish(self.l(x)) * scale
            return {"cls": h @ self.heads[0], "reg": (h @ self.heads[1]).squeeze(-1)}

    def loss(m, x, c, r):
        out = m(x, scale=0.5, unused=None)
        losses = {
            "cls": F.cross_entropy(out["cls"], c, weight=torch.tensor([1.0, 3.0]), label_smoothing=0.1),
            "reg": F.smooth_l1_loss(out["reg"], r, beta=0.5),
        }
        return sum(torch.exp(-m.log_vars[k]) * v + m.log_vars[k] for k, v in losses.items())[0]

    return Net(), loss, dict(x=R(3, 3), c=I(2, 3), r=R(3))


@one
def adamw_decay_and_no_decay():
    model, loss, batch = of(
        lambda m, x: m.o(m.n(F.gelu(m.l(x), approximate="tanh"))),
        squared,
        l=nn.Linear(4, 3),
        n=nn.LayerNorm(3),
        o=nn.Linear(3, 1),
    )
    decay = [p for p in model.parameters() if p.dim() >= 2]
    rest = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
    return model, loss, batch, torch.optim.AdamW(groups, lr=6e-4, betas=(0.9, 0.95), fused=False)


@one
def sgd_maximize():
    model, loss, batch = of(lambda m, x: m.l(x), squared, l=nn.Linear(4, 2))
    return (
        model,
        loss,
        batch,
        torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01, maximize=True),
    )


@one
def adam_amsgrad():
    model, loss, batch = of(lambda m, x: m.l(x), squared, l=nn.Linear(4, 2))
    return model, loss, batch, torch.optim.AdamW(model.parameters(), lr=0.1, amsgrad=True)


@one
def adam_by_tensor_rate():
    model, loss, batch = of(lambda m, x: m.l(x), squared, l=nn.Linear(4, 2))
    return model, loss, batch, torch.optim.Adam(model.parameters(), lr=torch.tensor(0.01))


@one
def nadam():
    model, loss, batch = of(lambda m, x: m.l(x), squared, l=nn.Linear(4, 2))
    return model, loss, batch, torch.optim.NAdam(model.parameters())


@one
def negative_dims_and_scalars():
    def fwd(m, x):
        h = m.l(x)
        h = h / h.abs().amax(-1, keepdim=True).clamp(min=1e-6)
        h = h.transpose(-1, -2).mean(-1, True).squeeze(-1)
        return (h * m.s + m.s**2).unsqueeze(-1).squeeze() - torch.tensor(0.5) * m.s.neg()

    return of(
        fwd, lambda m, x: m(x).sum().view([]), dict(x=R(3, 4)), l=nn.Linear(4, 2), s=nn.Parameter(torch.tensor(2.0))
    )


@one
def unet_with_skip():
    def fwd(m, x):
        a = F.relu(m.d1(x), inplace=True)
        b = F.relu_(m.d2(F.max_pool2d(a, kernel_size=2)))
        u = F.interpolate(b, size=a.shape[-2:], mode="nearest")
        return m.o(torch.concat((u, a), axis=1))

    return of(
        fwd,
        lambda m, x, y: F.cross_entropy(m(x), y, weight=torch.tensor([1.0, 2.0]), ignore_index=255),
        dict(x=R(1, 1, 4, 4), y=torch.randint(0, 2, (1, 4, 4)).masked_fill(torch.eye(4).bool()[None], 255)),
        d1=nn.Conv2d(1, 2, 3, 1, 1),
        d2=nn.Conv2d(2, 2, 3, padding=1),
        o=nn.Conv2d(4, 2, 1),
    )


@one
def torchvision_bottleneck():
    class Bottleneck(nn.Module):
        def __init__(self, i, w):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(i, w, 1, bias=False), nn.BatchNorm2d(w)
            self.conv2, self.bn2 = nn.Conv2d(w, w, 3, 2, 1, bias=False), nn.BatchNorm2d(w)
            self.relu = nn.ReLU(inplace=True)
            self.downsample = nn.Sequential(nn.Conv2d(i, w, 1, 2, bias=False), nn.BatchNorm2d(w))

        def forward(self, x):
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn2(self.conv2(out))
            out += self.downsample(x)
            return self.relu(out)

    def loss(m, x, y):
        h = torch.flatten(F.adaptive_avg_pool2d(m.b(x), (1, 1)), 1)
        return F.cross_entropy(m.fc(h), y)

    return of(None, loss, dict(x=R(2, 1, 4, 4), y=I(2, 2)), b=Bottleneck(1, 2), fc=nn.Linear(2, 2))


@one
def mobilenet_inverted_residual():
    model = nn.Sequential(
        OrderedDict(
            [
                (
                    "expand",
                    nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.BatchNorm2d(2), nn.Hardswish(inplace=True)),
                ),
                ("dw", nn.Sequential(nn.Conv2d(2, 2, 3, padding=1, groups=2, bias=False), nn.BatchNorm2d(2))),
                ("act", nn.Hardsigmoid()),
                ("pool", nn.AdaptiveAvgPool2d(1)),
                ("flat", nn.Flatten()),
                ("drop", nn.Dropout(p=0.2, inplace=True)),
                ("head", nn.Linear(2, 2)),
            ]
        )
    )
    return model, lambda m, x, y: F.cross_entropy(m(x), y), dict(x=R(2, 1, 3, 3), y=I(2, 2))


@one
def yolo_style_iou():
    def loss(m, x, box):
        p = m.l(x).sigmoid()
        p = torch.cat([p[:, :2] - p[:, 2:] / 2, p[:, :2] + p[:, 2:] / 2], 1)
        lt = torch.max(p[:, None, :2], box[None, :, :2])
        rb = torch.min(p[:, None, 2:], box[None, :, 2:])
        inter = (rb - lt).clamp(min=0).prod(-1)
        area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
        iou = inter / (area(p)[:, None] + area(box)[None] - inter + 1e-7)
        return (1 - iou.diag()).mean() + (1 - iou.max(1)[0]).sum()

    return of(
        None, loss, dict(x=R(2, 3), box=torch.tensor([[0.1, 0.2, 0.7, 0.8], [0.3, 0.1, 0.9, 0.6]])), l=nn.Linear(3, 4)
    )


@one
def packed_by_hand_lengths():
    def fwd(m, x, lengths):
        out, _ = m.r(x)
        last = (lengths - 1).view(-1, 1, 1).expand(-1, 1, out.size(2))
        return m.o(out.gather(1, last).squeeze(1))

    def loss(m, x, lengths, y):
        return F.binary_cross_entropy_with_logits(m(x, lengths).squeeze(-1), y)

    batch = dict(x=R(2, 3, 2), lengths=torch.tensor([3, 2]), y=torch.tensor([1.0, 0.0]))
    return of(fwd, loss, batch, r=nn.GRU(2, 2, batch_first=True), o=nn.Linear(2, 1))


@one
def seq2seq_teacher_forcing():
    class Seq2Seq(nn.Module):
        def __init__(self):
            super().__init__()
            self.src, self.tgt = nn.Embedding(5, 2), nn.Embedding(5, 2)
            self.encoder, self.decoder = nn.LSTM(2, 3, batch_first=True), nn.LSTMCell(2, 3)
            self.attn, self.fc = nn.Linear(3, 3, bias=False), nn.Linear(6, 5)

        def forward(self, src, tgt):
            enc, (h, c) = self.encoder(self.src(src))
            h, c = h[0], c.squeeze(0)
            outputs = []
            for t in range(tgt.size(1)):
                h, c = self.decoder(self.tgt(tgt[:, t]), (h, c))
                w = torch.bmm(self.attn(enc), h.unsqueeze(-1)).squeeze(-1).softmax(-1)
                ctx = torch.bmm(w.unsqueeze(1), enc).squeeze(1)
                outputs += [self.fc(torch.cat([h, ctx], dim=-1))]
            return torch.stack(outputs, 1)

    def loss(m, src, tgt):
        return F.cross_entropy(m(src, tgt[:, :-1]).flatten(0, 1), tgt[:, 1:].flatten())

    return Seq2Seq(), loss, dict(src=I(5, 1, 3), tgt=I(5, 1, 3))


@one
def nn_transformer_whole():
    net = nn.Transformer(4, 2, 1, 1, 4, dropout=0.0, batch_first=True)
    return (
        net,
        lambda m, s, t: m(s, t, tgt_mask=m.generate_square_subsequent_mask(2)).pow(3).mean(),
        dict(s=R(1, 2, 4), t=R(1, 2, 4)),
    )


@one
def distillation():
    def loss(m, x, y, T):
        s = m.student(x)
        with torch.inference_mode(False), torch.no_grad():
            t = m.teacher(x)
        soft = F.kl_div(F.log_softmax(s / T, 1), F.softmax(t / T, 1), reduction="batchmean") * T * T
        return 0.7 * soft + 0.3 * F.cross_entropy(s, y)

    return of(
        None, loss, dict(x=R(3, 3), y=I(2, 3), T=torch.tensor(4.0)), student=nn.Linear(3, 2), teacher=nn.Linear(3, 2)
    )


@one
def mixup_soft_labels():
    def loss(m, x, y, lam):
        onehot = F.one_hot(y, 3).float()
        mixed = lam * x + (1 - lam) * x.roll(1, 0)
        target = lam * onehot + (1 - lam) * onehot.roll(1, dims=0)
        return torch.sum(-target * F.log_softmax(m(mixed), dim=-1), dim=-1).mean()

    return of(lambda m, x: m.l(x), loss, dict(x=R(3, 2), y=I(3, 3), lam=torch.tensor(0.3)), l=nn.Linear(2, 3))


@one
def film_and_hypernet():
    def fwd(m, x, c):
        gamma, beta = m.film(c).view(2, -1, 3).unbind()
        h = torch.relu(m.l(x) * gamma + beta)
        w = m.hyper(c).view(-1, 2, 3)
        return torch.bmm(w, h.unsqueeze(-1))[..., 0]

    return of(fwd, squared, dict(x=R(2, 2), c=R(2, 2)), film=nn.Linear(2, 6), l=nn.Linear(2, 3), hyper=nn.Linear(2, 6))


@one
def nerf_rendering():
    def loss(m, pts, deltas, rgb):
        enc = torch.cat([pts, *[f(2.0**i * pts) for i in range(2) for f in (torch.sin, torch.cos)]], -1)
        raw = m.l(enc)
        alpha = 1.0 - torch.exp(-F.relu(raw[..., 0]) * deltas)
        trans = torch.cumprod(torch.cat([torch.ones((2, 1)), 1.0 - alpha + 1e-10], -1), -1)[:, :-1]
        weights = alpha * trans
        return ((weights[..., None] * torch.sigmoid(raw[..., 1:])).sum(-2) - rgb).square().mean()

    return of(None, loss, dict(pts=R(2, 3, 1), deltas=torch.rand(2, 3), rgb=torch.rand(2, 2)), l=nn.Linear(5, 3))


@one
def neural_ode_rk4():
    def fwd(m, x):
        f = lambda z: torch.tanh(m.l(z))
        h = 0.1
        for _ in range(2):
            k1 = f(x)
            k2 = f(x + h / 2 * k1)
            k3 = f(x + h / 2 * k2)
            k4 = f(x + h * k3)
            x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return x

    return of(fwd, squared, dict(x=R(2, 2)), l=nn.Linear(2, 2))


@one
def hopfield_and_logsumexp():
    def loss(m, x):
        return (0.5 * x.pow(2).sum(-1) - torch.logsumexp(2.0 * x @ m.w.T, dim=-1) / 2.0).mean() + torch.logaddexp(
            x @ m.w[0], x @ m.w[1]
        ).mean()

    return of(None, loss, dict(x=R(3, 2)), w=nn.Parameter(R(3, 2)))


@one
def squeeze_and_clip_spellings():
    def fwd(m, x):
        h = m.l(x)
        a = torch.clip(h, -0.5, 0.5) + h.clamp_max(0.3) + torch.nan_to_num(h) + h.sgn() + torch.fmax(h, -h)
        b = (
            torch.hypot(h, h + 1)
            + torch.atan2(h, h.abs() + 1)
            + torch.lerp(h, -h, 0.3)
            + torch.xlogy(h.abs() + 0.1, h.abs() + 0.2)
        )
        c = torch.float_power(h, 2) + torch.true_divide(h, 3) + torch.subtract(h, 1)
        d = (
            torch.special.expit(h)
            + torch.special.log1p(h.abs())
            + torch.sinc(h)
            + torch.logit(torch.sigmoid(h))
            + torch.erfc(h)
        )
        return a + b + c + d + F.logsigmoid(h) + F.softmin(h, -1) + F.tanhshrink(h) + torch.special.entr(h.abs() + 0.1)

    return of(fwd, squared, dict(x=R(2, 3)), l=nn.Linear(3, 2))


@one
def reductions_spelled_oddly():
    def fwd(m, x):
        h = m.l(x)
        a = h.aminmax(dim=1)
        b = torch.std_mean(h, 0)
        c = torch.var_mean(h, dim=1, correction=0)
        d = h.nansum() + torch.nanmean(h, 0).sum() + h.count_nonzero() * h.mean()
        e = torch.diff(h, dim=0).abs().sum() + h.kthvalue(2, dim=1)[0].sum()
        return (
            (a.max - a.min).sum()
            + sum(t.sum() for t in (*b, *c))
            + d
            + e
            + torch.renorm(h, 2, 0, 1.0).sum()
            + torch.quantile(h, 0.4)
            + torch.trapezoid(h, dim=1).sum()
            + h.msort()[0].sum()
            + torch.dist(h[0], h[1])
        )

    return of(fwd, lambda m, x: m(x), dict(x=R(2, 3)), l=nn.Linear(3, 3))


@one
def embedding_by_one_hot_product():
    def fwd(m, x):
        return (torch.eye(4)[x] @ m.e).flatten(1) + torch.nn.functional.embedding(x, m.e).sum(-1).repeat_interleave(
            2, dim=1
        )

    return of(fwd, squared, dict(x=I(4, 2, 2)), e=nn.Parameter(R(4, 2)))


@one
def swin_window_shift():
    def fwd(m, x):
        b, h, w, c = x.shape
        s = torch.roll(x, shifts=(-1, -1), dims=(1, 2))
        win = s.view(b, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, 4, c)
        coords = torch.stack(torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij")).flatten(1)
        rel = (coords[:, :, None] - coords[:, None, :]).permute(1, 2, 0) + 1
        bias = m.table[(rel[..., 0] * 3 + rel[..., 1]).view(-1)].view(4, 4)
        q, k, v = m.qkv(win).chunk(3, -1)
        y = (q @ k.mT + bias).softmax(-1) @ v
        y = y.view(b, h // 2, w // 2, 2, 2, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return torch.roll(y, (1, 1), (1, 2))

    return of(fwd, squared, dict(x=R(1, 4, 4, 1)), qkv=nn.Linear(1, 3), table=nn.Parameter(R(9) * 0.1))


@one
def t5_relative_bias():
    def bucket(rel):
        n = -rel
        n = torch.max(n, torch.zeros_like(n))
        small = n < 2
        large = 2 + (torch.log(n.float() / 2 + 1e-6) / math.log(8 / 2) * 2).to(torch.long)
        large = torch.min(large, torch.full_like(large, 3))
        return torch.where(small, n, large)

    def fwd(m, x):
        pos = torch.arange(3)
        b = m.bias(bucket(pos[None, :] - pos[:, None])).permute([2, 0, 1]).unsqueeze(0)
        h = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)
        q, k, v = (m.qkv(h).view(1, 3, 3, 2, 1).permute(2, 0, 3, 1, 4)).unbind()
        return ((q @ k.transpose(3, 2) + b).softmax(-1) @ v).permute(0, 2, 1, 3).flatten(-2)

    return of(fwd, squared, dict(x=R(1, 3, 2)), qkv=nn.Linear(2, 6, bias=False), bias=nn.Embedding(4, 2))


@one
def label_smoothed_by_hand():
    def loss(m, x, target):
        lprobs = F.log_softmax(m(x), dim=-1)
        target = target.unsqueeze(-1)
        pad = target.eq(0)
        nll = -lprobs.gather(dim=-1, index=target)
        smooth = -lprobs.sum(dim=-1, keepdim=True)
        nll.masked_fill_(pad, 0.0)
        smooth = smooth.masked_fill(pad, 0.0)
        return (0.9 * nll.sum() + 0.1 / 4 * smooth.sum()) / (~pad).sum()

    return of(lambda m, x: m.l(x), loss, dict(x=R(3, 2), target=torch.tensor([0, 2, 3])), l=nn.Linear(2, 4))


@one
def arcface():
    def loss(m, x, y):
        cos = F.linear(F.normalize(m.l(x)), F.normalize(m.w))
        theta = torch.acos(torch.clamp(cos, -1 + 1e-7, 1 - 1e-7))
        target = torch.cos(theta + 0.5)
        hot = torch.zeros(cos.size()).scatter_(1, y.view(-1, 1).long(), 1)
        return F.cross_entropy((hot * target + (1 - hot) * cos) * 8, y)

    return of(None, loss, dict(x=R(3, 2), y=I(3, 3)), l=nn.Linear(2, 2), w=nn.Parameter(R(3, 2)))


@one
def lovasz_and_tversky():
    def loss(m, x, y):
        p = m(x).sigmoid().flatten()
        errors = (y - p).abs()
        sorted_, perm = torch.sort(errors, descending=True)
        gt = y[perm]
        inter = gt.sum() - gt.cumsum(0)
        union = gt.sum() + (1 - gt).cumsum(0)
        jaccard = 1.0 - inter / union
        grad = torch.cat([jaccard[:1], jaccard[1:] - jaccard[:-1]])
        tp, fp, fn = (p * y).sum(), (p * (1 - y)).sum(), ((1 - p) * y).sum()
        return torch.dot(sorted_, grad) + (1 - (tp + 1) / (tp + 0.3 * fp + 0.7 * fn + 1)) ** 0.75

    return of(lambda m, x: m.l(x), loss, dict(x=R(4, 2), y=torch.tensor([1.0, 0, 1, 0])), l=nn.Linear(2, 1))


@one
def spectral_norm_in_eval():
    layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))
    model, loss, batch = of(lambda m, x: m.l(x), squared, dict(x=R(2, 3)), l=layer)
    return model.eval(), loss, batch


@one
def old_spectral_norm_in_eval():
    model, loss, batch = of(lambda m, x: m.l(x), squared, dict(x=R(2, 3)), l=nn.utils.spectral_norm(nn.Linear(3, 2)))
    return model.eval(), loss, batch


@one
def fft_mixing():
    return of(lambda m, x: torch.fft.rfft(m.l(x), dim=-1).abs(), squared, dict(x=R(2, 4)), l=nn.Linear(4, 4))


@one
def cholesky_gp():
    def loss(m, x, y):
        K = torch.exp(-0.5 * torch.cdist(x, x).square() / m.ls.exp() ** 2) + 0.1 * torch.eye(3)
        L = torch.linalg.cholesky(K)
        a = torch.cholesky_solve(y[:, None], L)
        return 0.5 * y @ a.squeeze() + L.diagonal().log().sum()

    return of(None, loss, dict(x=R(3, 2), y=R(3)), ls=nn.Parameter(torch.zeros(())))


@one
def sparse_matrix():
    adj = torch.eye(3).to_sparse()
    return of(lambda m, x: torch.sparse.mm(adj, m.l(x)), squared, dict(x=R(3, 2)), l=nn.Linear(2, 2))


@one
def products_with_zeros():
    def loss(m, x, mask):
        h = m(x) * mask
        return (
            h.prod(1).sum() + h.prod(0, keepdim=True).square().sum() + h[0].prod() + h.reshape(3, 1, 3).prod(-1).mean()
        )

    # No zero, one, two.
    mask = torch.tensor([[1.0, 1, 1], [1, 0, 1], [0, 0, 1]])
    return nn.Linear(2, 3), loss, dict(x=R(3, 2), mask=mask)


@one
def product_of_all_with_one_zero():
    return (
        nn.Linear(2, 3),
        lambda m, x, mask: (m(x) * mask).prod(),
        dict(x=R(2, 2), mask=torch.tensor([[1.0, 1, 1], [1, 0, 1]])),
    )


def _scaled(*numbers: float) -> nn.Module:
    """A weight that a test's own numbers stand in."""
    model = nn.Module()
    model.weight = nn.Parameter(torch.tensor(numbers, dtype=torch.float32))
    return model


@one
def median_of_equal_numbers():
    return _scaled(1, 2, 2, 2, 5), lambda m, x: (m.weight * x).median() * 3, dict(x=torch.ones(5))


@one
def margins_at_exactly_zero():
    def loss(m, x, y):
        return F.multi_margin_loss((m.weight * x)[None], y) + F.multi_margin_loss(
            torch.stack([m.weight, -m.weight]), torch.cat([y, y + 1]), p=2, weight=x, reduction="sum"
        )

    return _scaled(0, 1, -1, 0.5), loss, dict(x=torch.ones(4), y=torch.tensor([0]))


@one
def largest_of_equal_numbers():
    return _scaled(1, 2, 2, 2, 2, 2), lambda m, x: (m.weight * x).topk(2)[0].sum(), dict(x=torch.ones(6))
