r"""One step of each optimizer on one row of the line's data, one file a method.

The model is prediction = intercept + slope x, the loss of a row is squared_error = (prediction - y)^2, hence

    d squared_error/d intercept = 2 (prediction - y),   d squared_error/d slope = 2 x (prediction - y).

Every `step` works on floats, which is one row, and elementwise on float64 arrays of shape (step,), where each row is
a step of its own from the state that it is given. The hyper-parameters are floats, the conventions words. A row whose
parameters have passed 1e12 leaves them as they are, and the verdict of every row that leaves such ones says so.
"""
