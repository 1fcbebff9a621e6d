"""The lessons' quantities a third time, by torch: its modules, its autograd, its optimizers, always in float64."""
