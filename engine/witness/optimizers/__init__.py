"""One step of each optimizer, by torch.optim, for a line that is fitted to one point at a time.

Every `step` takes tensors of shape (step), float64: each row is a step of its own, from its own parameters and its own
optimizer state. The rows become parameters of one optimizer, their state is put where torch keeps it, autograd sets the
gradients of each row's squared error, and the optimizer steps once. What torch does not have, the lecture's own
momentum, RMSprop and Adam, is a torch.optim.Optimizer here.

A row has diverged where abs(intercept) + abs(slope) is above 1e12: it keeps its values.

Source: fast.ai Practical Deep Learning for Coders v3, lesson 5, its workbook of optimizers.
"""
