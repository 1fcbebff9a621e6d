"""One idea of each lesson in numbers so small that a pencil does: forward, backward, and one step.

Gradients are derived by hand; the names of the axes stand in brackets. A base b of powers and logarithms changes a
loss by the factor 1 / ln b and leaves softmax less one-hot the gradient: log_b(sum b^z) has the slope softmax(z).
"""

import numpy as np

from engine.reference import Array, Result


def cross_entropy(base: float, logit: Array, right: Array, animal: Array, rate: float) -> Result:
    """Softmax, cross-entropy and one step on the logits (photo, animal) of photos of what is right (photo)."""
    power = base**logit
    total = power.sum(axis=1)
    share = power / total[:, np.newaxis]
    surprise = -np.log(share) / np.log(base)
    truth = (right[:, np.newaxis] == animal).astype(float)
    gradient = share - truth
    new_logit = logit - rate * gradient
    new_power = base**new_logit
    new_total = new_power.sum(axis=1)
    new_share = new_power / new_total[:, np.newaxis]
    new_loss = (truth * -np.log(new_share)).sum(axis=1) / np.log(base)
    return {
        "power": power,
        "total": total,
        "share": share,
        "surprise": surprise,
        "truth": truth,
        "loss": (truth * surprise).sum(axis=1),
        "gradient": gradient,
        "new_logit": new_logit,
        "new_power": new_power,
        "new_total": new_total,
        "new_share": new_share,
        "new_loss": new_loss,
    }
