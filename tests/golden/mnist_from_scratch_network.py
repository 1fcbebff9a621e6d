def network(
    mini_batch, *, weights_from, regularisers, learning_rate, klass_number, initial_bias1, trained_bias1, pixel_number,
    initial_weight1, trained_weight1, hidden_number, gamma, beta, initial_bias2, trained_bias2, initial_weight2,
    trained_weight2, wd, drop_p, bn_eps, bn_momentum, running_mean, running_variance, draw,
):
    """Sheet 'Network': A30:A37, B30:B37, C42:E42, G42:I42, K42:M42, C43:E43, C45:E828, A835:A842, C835:E842,
    C844:E844, C846:E846, A848:A855 and 95 more.
    """
    image_number = mini_batch.image_number
    label = mini_batch.label
    bias1 = initial_bias1 if weights_from == "initial" else trained_bias1
    weight1 = initial_weight1 if weights_from == "initial" else trained_weight1
    affine1 = mini_batch.x @ weight1 + bias1
    mean1 = affine1.sum(axis=0) / affine1.shape[0]
    variance1 = ((affine1.T - mean1[:, None]) ** 2).sum(axis=-1) / affine1.shape[0]
    normalised = (affine1 - mean1) / np.sqrt(variance1 + bn_eps)
    bias2 = initial_bias2 if weights_from == "initial" else trained_bias2
    weight2 = initial_weight2 if weights_from == "initial" else trained_weight2
    one_hot = (label[:, None] == klass_number).astype(float)
    dropout = 1 if regularisers == "dropout" or regularisers == "both" else 0
    mask = np.where(draw < drop_p, 0, 1 / (1 - drop_p)) if dropout == 1 else np.ones((8, 3))
    batch_norm = 1 if regularisers == "batch norm" or regularisers == "both" else 0
    shaped = gamma * normalised + beta if batch_norm == 1 else affine1
    activation = np.maximum(0, shaped)
    dropped = activation * mask
    logit = dropped @ weight2 + bias2
    predicted = (logit.max(axis=-1)[:, None] == logit).argmax(axis=-1) + 1.0 - 1
    correct = (predicted == label).astype(float)
    accuracy = correct.sum() / correct.size
    row_max = logit.max(axis=-1)
    exponential = np.exp(logit - row_max[:, None])
    exponential_sum = exponential.sum(axis=-1)
    sample_loss = row_max + np.log(exponential_sum) - logit[np.arange(8), (label + 1).astype(int) - 1]
    probability = exponential / exponential_sum[:, None]
    logit_gradient = (probability - one_hot) / 8
    dropped_gradient = logit_gradient @ weight2.T
    activation_gradient = dropped_gradient * mask
    shaped_gradient = np.where(shaped > 0, activation_gradient, 0)
    gradient_mean = shaped_gradient.sum(axis=0) / shaped_gradient.shape[0]
    gradient_along = (shaped_gradient.T * normalised.T).sum(axis=-1) / shaped_gradient.shape[0]
    gamma_gradient = (
        (shaped_gradient.T * normalised.T).sum(axis=-1) + 2 * wd * gamma if batch_norm == 1 else np.zeros(3)
    )
    beta_gradient = shaped_gradient.sum(axis=0) + 2 * wd * beta if batch_norm == 1 else np.zeros(3)
    affine1_gradient = (
        gamma / np.sqrt(variance1 + bn_eps) * (shaped_gradient - gradient_mean - normalised * gradient_along)
        if batch_norm == 1
        else shaped_gradient
    )
    logit_gradient_turned = logit_gradient.T
    bias2_gradient = logit_gradient.sum(axis=0) + 2 * wd * bias2
    new_bias2 = bias2 - learning_rate * bias2_gradient
    weight2_gradient = dropped.T @ logit_gradient_turned.T + 2 * wd * weight2
    new_weight2 = weight2 - learning_rate * weight2_gradient
    affine1_gradient_turned = affine1_gradient.T
    new_gamma = gamma - learning_rate * gamma_gradient
    new_beta = beta - learning_rate * beta_gradient
    bias1_gradient = affine1_gradient.sum(axis=0) + 2 * wd * bias1
    new_bias1 = bias1 - learning_rate * bias1_gradient
    weight1_gradient = mini_batch.x.T @ affine1_gradient_turned.T + 2 * wd * weight1
    new_weight1 = weight1 - learning_rate * weight1_gradient
    new_affine1 = mini_batch.x @ new_weight1 + new_bias1
    new_mean1 = new_affine1.sum(axis=0) / new_affine1.shape[0]
    new_variance1 = ((new_affine1.T - new_mean1[:, None]) ** 2).sum(axis=-1) / new_affine1.shape[0]
    new_shaped = (
        new_gamma * (new_affine1 - new_mean1) / np.sqrt(new_variance1 + bn_eps) + new_beta
        if batch_norm == 1
        else new_affine1
    )
    new_dropped = np.maximum(0, new_shaped) * mask
    new_logit = new_dropped @ new_weight2 + new_bias2
    new_predicted = (new_logit.max(axis=-1)[:, None] == new_logit).argmax(axis=-1) + 1.0 - 1
    new_accuracy = ((new_predicted == label).astype(float) * 1).sum() / new_predicted.size
    new_exponential = np.exp(new_logit - new_logit.max(axis=-1)[:, None])
    new_sample_loss = (
        new_logit.max(axis=-1)
        + np.log(new_exponential.sum(axis=-1))
        - new_logit[np.arange(8), (label + 1).astype(int) - 1]
    )
    cross_entropy = sample_loss.sum() / sample_loss.size
    penalty = wd * (
        (weight1**2).sum()
        + (bias1**2).sum()
        + (weight2**2).sum()
        + (bias2**2).sum()
        + batch_norm * ((gamma**2).sum() + (beta**2).sum())
    )
    loss = cross_entropy + penalty
    new_cross_entropy = new_sample_loss.sum() / new_sample_loss.size
    new_penalty = wd * (
        (new_weight1**2).sum()
        + (new_bias1**2).sum()
        + (new_weight2**2).sum()
        + (new_bias2**2).sum()
        + batch_norm * ((new_gamma**2).sum() + (new_beta**2).sum())
    )
    new_loss = new_cross_entropy + new_penalty
    new_running_mean = (1 - bn_momentum) * running_mean + bn_momentum * mean1 if batch_norm == 1 else running_mean
    new_running_variance = (
        (1 - bn_momentum) * running_variance + bn_momentum * variance1 * label.size / (label.size - 1)
        if batch_norm == 1
        else running_variance
    )
    return SimpleNamespace(**locals())
