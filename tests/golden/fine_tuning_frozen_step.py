def frozen_step(pretrained, surgery, new_digits, *, rate, layer_name, layer_number, optimizer, number_bytes):
    """Sheet 'Frozen step': A34:A37, B34:B37, B29, C34:C37, D34:D37, E34:E37, F34:F37, B31, B40, B41, B30, B42 and 59
    more.
    """
    layer_number_list = layer_number.tolist()
    parameters = np.array(
        [
            shown(
                CHOOSE(
                    layer_number_list[i],
                    lambda: pretrained.body1_weight.size + pretrained.body1_bias.size,
                    lambda: pretrained.body2_weight.size + pretrained.body2_bias.size,
                    lambda: surgery.head1_weight.size + surgery.head1_bias.size,
                    lambda: surgery.head2_weight.size + surgery.head2_bias.size,
                )
            )
            for i in range(4)
        ]
    )
    saved_gradients = ((layer_number < 3) * parameters).sum()
    kept_numbers = parameters * (1 + (0 if optimizer == "SGD" else 1 if optimizer == "momentum" else 2))
    frozen_numbers = np.where(layer_number > 2, kept_numbers, 0)
    backward = np.array(
        [
            shown(
                multiply(
                    multiply(
                        new_digits.images,
                        CHOOSE(
                            layer_number_list[i],
                            lambda: pretrained.body1_weight.size,
                            lambda: pretrained.body2_weight.size,
                            lambda: surgery.head1_weight.size,
                            lambda: surgery.head2_weight.size,
                        ),
                    ),
                    1 if layer_number_list[i] == 1 else 2,
                )
            )
            for i in range(4)
        ]
    )
    frozen_backward = np.where(layer_number < 3, 0, np.where(layer_number == 3, backward / 2, backward))
    backward_saved_share = 1 - frozen_backward.sum() / backward.sum()
    kept_bytes = number_bytes * kept_numbers.sum()
    frozen_bytes = number_bytes * frozen_numbers.sum()
    saved_bytes = kept_bytes - frozen_bytes
    saved_share = saved_bytes / kept_bytes
    resnet_saved_bytes = (
        (surgery.first_half + surgery.second_half)
        * (1 + (0 if optimizer == "SGD" else 1 if optimizer == "momentum" else 2))
        * number_bytes
    )
    first_over = pretrained.first_number
    forward_number = new_digits.image_number
    hidden1 = np.maximum(0, new_digits.pixel @ pretrained.body1_weight + pretrained.body1_bias)
    second_over = pretrained.second_number
    hidden2 = np.maximum(0, hidden1 @ pretrained.body2_weight + pretrained.body2_bias)
    middle_over = surgery.middle_number
    klass_over = new_digits.klass_digit
    head_hidden = np.maximum(0, hidden2 @ surgery.head1_weight + surgery.head1_bias)
    logit = head_hidden @ surgery.head2_weight + surgery.head2_bias
    exponential = np.exp(logit - logit.max(axis=-1)[:, None])
    probability = exponential / exponential.sum(axis=-1)[:, None]
    sample_loss = (
        np.log(exponential.sum(axis=-1)) + logit.max(axis=-1) - logit[np.arange(6), new_digits.target.astype(int) - 1]
    )
    loss = sample_loss.sum() / sample_loss.size
    right = ((logit.max(axis=-1)[:, None] == logit).argmax(axis=-1) + 1.0 == new_digits.target).astype(float)
    accuracy = right.sum() / right.size
    back_number = new_digits.image_number
    logit_gradient = (
        probability - (new_digits.target[:, None] == new_digits.klass_number).astype(float)
    ) / new_digits.images
    head_hidden_gradient = np.where(head_hidden > 0, logit_gradient @ surgery.head2_weight.T, 0)
    second_beside = pretrained.second_number
    head1_weight_gradient = hidden2.T @ head_hidden_gradient
    new_head1_weight = surgery.head1_weight - rate * head1_weight_gradient
    head1_bias_gradient = head_hidden_gradient.sum(axis=0)
    new_head1_bias = surgery.head1_bias - rate * head1_bias_gradient
    middle_beside = surgery.middle_number
    head2_weight_gradient = head_hidden.T @ logit_gradient
    new_head2_weight = surgery.head2_weight - rate * head2_weight_gradient
    head2_bias_gradient = logit_gradient.sum(axis=0)
    new_head2_bias = surgery.head2_bias - rate * head2_bias_gradient
    again_number = new_digits.image_number
    new_head_hidden = np.maximum(0, hidden2 @ new_head1_weight + new_head1_bias)
    new_logit = new_head_hidden @ new_head2_weight + new_head2_bias
    new_exponential = np.exp(new_logit - new_logit.max(axis=-1)[:, None])
    new_sample_loss = (
        np.log(new_exponential.sum(axis=-1))
        + new_logit.max(axis=-1)
        - new_logit[np.arange(6), new_digits.target.astype(int) - 1]
    )
    new_loss = new_sample_loss.sum() / new_sample_loss.size
    new_right = ((new_logit.max(axis=-1)[:, None] == new_logit).argmax(axis=-1) + 1.0 == new_digits.target).astype(
        float
    )
    new_accuracy = new_right.sum() / new_right.size
    pixel_beside = pretrained.pixel_number
    new_body1_weight = pretrained.body1_weight
    new_body1_bias = pretrained.body1_bias
    first_beside = pretrained.first_number
    new_body2_weight = pretrained.body2_weight
    new_body2_bias = pretrained.body2_bias
    distance = np.array(
        [
            shown(
                CHOOSE(
                    layer_number_list[i],
                    lambda: SQRT(
                        ((new_body1_weight - pretrained.body1_weight) ** 2).sum()
                        + ((new_body1_bias - pretrained.body1_bias) ** 2).sum()
                    ),
                    lambda: SQRT(
                        ((new_body2_weight - pretrained.body2_weight) ** 2).sum()
                        + ((new_body2_bias - pretrained.body2_bias) ** 2).sum()
                    ),
                    lambda: SQRT(
                        ((new_head1_weight - surgery.head1_weight) ** 2).sum()
                        + ((new_head1_bias - surgery.head1_bias) ** 2).sum()
                    ),
                    lambda: SQRT(
                        ((new_head2_weight - surgery.head2_weight) ** 2).sum()
                        + ((new_head2_bias - surgery.head2_bias) ** 2).sum()
                    ),
                )
            )
            for i in range(4)
        ]
    )
    return SimpleNamespace(**locals())
