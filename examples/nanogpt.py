"""A block of nanoGPT on two lines of six tokens: `gradbook from-module examples/nanogpt.py:make`."""

import torch
from torch import nn
from torch.nn import functional

VOCABULARY, WIDTH, TOKENS, HEADS = 12, 8, 6, 2


class Attention(nn.Module):
    """Causal self-attention of two heads."""

    def __init__(self):
        super().__init__()
        self.c_attn = nn.Linear(WIDTH, 3 * WIDTH)
        self.c_proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        lines, tokens, width = x.shape
        q, k, v = self.c_attn(x).split(width, dim=2)
        q, k, v = (part.view(lines, tokens, HEADS, width // HEADS).transpose(1, 2) for part in (q, k, v))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).contiguous().view(lines, tokens, width))


class GPT(nn.Module):
    """Embeddings, one block, and the head that shares the embedding's weights."""

    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(VOCABULARY, WIDTH)
        self.wpe = nn.Embedding(TOKENS, WIDTH)
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.attn = Attention()
        self.ln_2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.ln_f = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, idx):
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1]))
        x = x + self.attn(self.ln_1(x))
        x = x + self.mlp(self.ln_2(x))
        return self.lm_head(self.ln_f(x))


def loss(model, idx, targets):
    """The mean cross-entropy of the next token."""
    logits = model(idx)
    return functional.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))


def make():
    """The model, its loss, a batch, and AdamW."""
    torch.manual_seed(0)
    model = GPT()
    tokens = torch.randint(0, VOCABULARY, (2, TOKENS + 1))
    batch = {"idx": tokens[:, :-1].contiguous(), "targets": tokens[:, 1:].contiguous()}
    return model, loss, batch, torch.optim.AdamW(model.parameters(), lr=1e-3)
