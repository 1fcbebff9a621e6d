def network(
    mini_batch,
    *,
    regularisers,
    digit,
    drawn_from_0_to_1,
    drop_p,
    hidden_unit,
    weights_from,
    initial_second_layer_biases,
    trained_second_layer_biases,
    initial_second_layer_weights,
    trained_second_layer_weights,
    initial_first_layer_biases,
    trained_first_layer_biases,
    initial_first_layer_weights,
    trained_first_layer_weights,
    wd,
    gamma_scale_learned,
    beta_shift_learned,
    bn_eps,
    learning_rate,
    bn_momentum,
    running_mean,
    running_variance,
):
    """Sheet 'Network': B16, B17, A33:A40, B33:B40, C45:L45, P45:Y45, AA45:AJ45, AL45:AU45, AA48:AJ55, B115:D122,
    B137:D137, C194:L194, N194:W194, Y194:AH194, AJ194:AS194, AU194:BD194, C197:L197, A200:A202, C200:L202,
    D207:M207, O207:X207, B220:D220, B269:D269, C298:E298, G298:I298, K298:M298, O298:Q298, S298:U298, C301:E301,
    C304:E1087, B19, B63:D70, B73:D73, B76:D76, B85:D92, B95:D102, B105:D112, B125:D132, C48:L55, C33:C40, D33:D40,
    B21, M48:M55, P48:Y55, N48:N55, E33:E40, B18, B20, G33:P40, AL48:AU55, B140:D147, B150:D157, B160:D167,
    B170:D170, B173:D173, B176:D176, B179:D179, B182:D189, N197:W197, Y197:AH197 and 23 more.
    """
    batch_norm_in_use_1 = 1 if regularisers == "batch norm" or regularisers == "both" else 0
    dropout_in_use_1 = 1 if regularisers == "dropout" or regularisers == "both" else 0
    image_2 = mini_batch.image_2
    digit_13 = mini_batch.digit
    digit_2 = digit
    digit_3 = digit
    digit_4 = digit
    digit_5 = digit
    one_hot_what_it_is = (digit_13[:, None] == digit).astype(float)
    mask_1_or_with_dropout = np.broadcast_to(
        np.where(drawn_from_0_to_1 < drop_p, 0, 1 / (1 - drop_p)) if dropout_in_use_1 == 1 else 1, (8, 3)
    )
    hidden_unit_2 = hidden_unit
    digit_6 = digit
    digit_7 = digit
    digit_8 = digit
    digit_9 = digit
    digit_10 = digit
    second_layer_biases_in_use = (
        initial_second_layer_biases if weights_from == "initial" else trained_second_layer_biases
    )
    hidden_unit_3 = hidden_unit
    second_layer_weights_in_use = (
        initial_second_layer_weights if weights_from == "initial" else trained_second_layer_weights
    )
    digit_11 = digit
    digit_12 = digit
    hidden_unit_4 = hidden_unit
    hidden_unit_5 = hidden_unit
    hidden_unit_6 = hidden_unit
    hidden_unit_7 = hidden_unit
    hidden_unit_8 = hidden_unit
    hidden_unit_9 = hidden_unit
    hidden_unit_10 = hidden_unit
    first_layer_biases_in_use = initial_first_layer_biases if weights_from == "initial" else trained_first_layer_biases
    first_layer_weights_in_use = (
        initial_first_layer_weights if weights_from == "initial" else trained_first_layer_weights
    )
    penalty = wd * (
        (first_layer_weights_in_use**2).sum()
        + (first_layer_biases_in_use**2).sum()
        + (second_layer_weights_in_use**2).sum()
        + (second_layer_biases_in_use**2).sum()
        + batch_norm_in_use_1 * ((gamma_scale_learned**2).sum() + (beta_shift_learned**2).sum())
    )
    first_layer_inputs_times_weights = (
        mini_batch.inputs_grey_value_255 @ first_layer_weights_in_use + first_layer_biases_in_use
    )
    mean_over_the_mini_batch = first_layer_inputs_times_weights.sum(axis=0) / first_layer_inputs_times_weights.shape[0]
    variance_divided_by_the_number = (
        (first_layer_inputs_times_weights.T - mean_over_the_mini_batch[:, None]) ** 2
    ).sum(axis=-1) / first_layer_inputs_times_weights.shape[0]
    normalised_value_minus_mean_root = (first_layer_inputs_times_weights - mean_over_the_mini_batch) / np.sqrt(
        variance_divided_by_the_number + bn_eps
    )
    to_the_relu_gamma_times = (
        gamma_scale_learned * normalised_value_minus_mean_root + beta_shift_learned
        if batch_norm_in_use_1 == 1
        else first_layer_inputs_times_weights
    )
    activations_max_0 = np.maximum(0, to_the_relu_gamma_times)
    activations_times_mask = activations_max_0 * mask_1_or_with_dropout
    logits_activations_times_weights_plus = (
        activations_times_mask @ second_layer_weights_in_use + second_layer_biases_in_use
    )
    predicted = (
        (logits_activations_times_weights_plus.max(axis=-1)[:, None] == logits_activations_times_weights_plus).argmax(
            axis=-1
        )
        + 1.0
        - 1
    )
    right_1 = (predicted == digit_13).astype(float)
    accuracy = right_1.sum() / right_1.size
    largest_logit = logits_activations_times_weights_plus.max(axis=-1)
    e_logit_minus_largest = np.exp(logits_activations_times_weights_plus - largest_logit[:, None])
    their_sum = e_logit_minus_largest.sum(axis=-1)
    cross_entropy = (
        largest_logit
        + np.log(their_sum)
        - logits_activations_times_weights_plus[np.arange(8), (digit_13 + 1).astype(int) - 1]
    )
    cross_entropy_2 = cross_entropy.sum() / cross_entropy.size
    loss = cross_entropy_2 + penalty
    probabilities_softmax = e_logit_minus_largest / their_sum[:, None]
    gradient_of_the_logits_probability = (probabilities_softmax - one_hot_what_it_is) / 8
    gradient_behind_the_mask_gradient = gradient_of_the_logits_probability @ second_layer_weights_in_use.T
    of_the_activations_times_mask = gradient_behind_the_mask_gradient * mask_1_or_with_dropout
    before_the_relu_0_where = np.where(to_the_relu_gamma_times > 0, of_the_activations_times_mask, 0)
    its_mean_over_the_images = before_the_relu_0_where.sum(axis=0) / before_the_relu_0_where.shape[0]
    mean_of_its_product_with = (before_the_relu_0_where.T * normalised_value_minus_mean_root.T).sum(
        axis=-1
    ) / before_the_relu_0_where.shape[0]
    gradient_of_gamma = np.broadcast_to(
        (before_the_relu_0_where.T * normalised_value_minus_mean_root.T).sum(axis=-1) + 2 * wd * gamma_scale_learned
        if batch_norm_in_use_1 == 1
        else 0,
        (3,),
    )
    gradient_of_beta = np.broadcast_to(
        before_the_relu_0_where.sum(axis=0) + 2 * wd * beta_shift_learned if batch_norm_in_use_1 == 1 else 0, (3,)
    )
    gradient_of_the_first_layer = (
        gamma_scale_learned
        / np.sqrt(variance_divided_by_the_number + bn_eps)
        * (
            before_the_relu_0_where
            - its_mean_over_the_images
            - normalised_value_minus_mean_root * mean_of_its_product_with
        )
        if batch_norm_in_use_1 == 1
        else before_the_relu_0_where
    )
    gradient_second_layer_biases = gradient_of_the_logits_probability.sum(axis=0) + 2 * wd * second_layer_biases_in_use
    second_layer_biases_after_the = second_layer_biases_in_use - learning_rate * gradient_second_layer_biases
    gradient_second_layer_weights = (
        activations_times_mask.T @ gradient_of_the_logits_probability + 2 * wd * second_layer_weights_in_use
    )
    second_layer_weights_after_the = second_layer_weights_in_use - learning_rate * gradient_second_layer_weights
    gamma_after_the_step = gamma_scale_learned - learning_rate * gradient_of_gamma
    beta_after_the_step = beta_shift_learned - learning_rate * gradient_of_beta
    running_mean_after = (
        (1 - bn_momentum) * running_mean + bn_momentum * mean_over_the_mini_batch
        if batch_norm_in_use_1 == 1
        else running_mean
    )
    running_variance_after_unbiased_divided = (
        (1 - bn_momentum) * running_variance
        + bn_momentum * variance_divided_by_the_number * digit_13.size / (digit_13.size - 1)
        if batch_norm_in_use_1 == 1
        else running_variance
    )
    gradient_first_layer_biases = gradient_of_the_first_layer.sum(axis=0) + 2 * wd * first_layer_biases_in_use
    first_layer_biases_after_the = first_layer_biases_in_use - learning_rate * gradient_first_layer_biases
    gradient_first_layer_weights = (
        mini_batch.inputs_grey_value_255.T @ gradient_of_the_first_layer + 2 * wd * first_layer_weights_in_use
    )
    first_layer_weights_after_the = first_layer_weights_in_use - learning_rate * gradient_first_layer_weights
    penalty_after_the_step = wd * (
        (first_layer_weights_after_the**2).sum()
        + (first_layer_biases_after_the**2).sum()
        + (second_layer_weights_after_the**2).sum()
        + (second_layer_biases_after_the**2).sum()
        + batch_norm_in_use_1 * ((gamma_after_the_step**2).sum() + (beta_after_the_step**2).sum())
    )
    first_layer_after = mini_batch.inputs_grey_value_255 @ first_layer_weights_after_the + first_layer_biases_after_the
    mean_after = first_layer_after.sum(axis=0) / first_layer_after.shape[0]
    variance_after = ((first_layer_after.T - mean_after[:, None]) ** 2).sum(axis=-1) / first_layer_after.shape[0]
    to_the_relu_after = (
        gamma_after_the_step * (first_layer_after - mean_after) / np.sqrt(variance_after + bn_eps) + beta_after_the_step
        if batch_norm_in_use_1 == 1
        else first_layer_after
    )
    activations_times_mask_after = np.maximum(0, to_the_relu_after) * mask_1_or_with_dropout
    logits_after_the_step = (
        activations_times_mask_after @ second_layer_weights_after_the + second_layer_biases_after_the
    )
    predicted_after = (logits_after_the_step.max(axis=-1)[:, None] == logits_after_the_step).argmax(axis=-1) + 1.0 - 1
    accuracy_after_the_step = ((predicted_after == digit_13) * 1).sum() / predicted_after.size
    e_logit_minus_largest_after = np.exp(logits_after_the_step - logits_after_the_step.max(axis=-1)[:, None])
    cross_entropy_after = (
        logits_after_the_step.max(axis=-1)
        + np.log(e_logit_minus_largest_after.sum(axis=-1))
        - logits_after_the_step[np.arange(8), (digit_13 + 1).astype(int) - 1]
    )
    cross_entropy_after_the_step = cross_entropy_after.sum() / cross_entropy_after.size
    loss_after_the_step = cross_entropy_after_the_step + penalty_after_the_step
    return dict(
        batch_norm_in_use_1=batch_norm_in_use_1,
        dropout_in_use_1=dropout_in_use_1,
        image_2=image_2,
        digit_13=digit_13,
        digit_2=digit_2,
        digit_3=digit_3,
        digit_4=digit_4,
        digit_5=digit_5,
        one_hot_what_it_is=one_hot_what_it_is,
        mask_1_or_with_dropout=mask_1_or_with_dropout,
        hidden_unit_2=hidden_unit_2,
        digit_6=digit_6,
        digit_7=digit_7,
        digit_8=digit_8,
        digit_9=digit_9,
        digit_10=digit_10,
        second_layer_biases_in_use=second_layer_biases_in_use,
        hidden_unit_3=hidden_unit_3,
        second_layer_weights_in_use=second_layer_weights_in_use,
        digit_11=digit_11,
        digit_12=digit_12,
        hidden_unit_4=hidden_unit_4,
        hidden_unit_5=hidden_unit_5,
        hidden_unit_6=hidden_unit_6,
        hidden_unit_7=hidden_unit_7,
        hidden_unit_8=hidden_unit_8,
        hidden_unit_9=hidden_unit_9,
        hidden_unit_10=hidden_unit_10,
        first_layer_biases_in_use=first_layer_biases_in_use,
        first_layer_weights_in_use=first_layer_weights_in_use,
        penalty=penalty,
        first_layer_inputs_times_weights=first_layer_inputs_times_weights,
        mean_over_the_mini_batch=mean_over_the_mini_batch,
        variance_divided_by_the_number=variance_divided_by_the_number,
        normalised_value_minus_mean_root=normalised_value_minus_mean_root,
        to_the_relu_gamma_times=to_the_relu_gamma_times,
        activations_max_0=activations_max_0,
        activations_times_mask=activations_times_mask,
        logits_activations_times_weights_plus=logits_activations_times_weights_plus,
        predicted=predicted,
        right_1=right_1,
        accuracy=accuracy,
        largest_logit=largest_logit,
        e_logit_minus_largest=e_logit_minus_largest,
        their_sum=their_sum,
        cross_entropy=cross_entropy,
        cross_entropy_2=cross_entropy_2,
        loss=loss,
        probabilities_softmax=probabilities_softmax,
        gradient_of_the_logits_probability=gradient_of_the_logits_probability,
        gradient_behind_the_mask_gradient=gradient_behind_the_mask_gradient,
        of_the_activations_times_mask=of_the_activations_times_mask,
        before_the_relu_0_where=before_the_relu_0_where,
        its_mean_over_the_images=its_mean_over_the_images,
        mean_of_its_product_with=mean_of_its_product_with,
        gradient_of_gamma=gradient_of_gamma,
        gradient_of_beta=gradient_of_beta,
        gradient_of_the_first_layer=gradient_of_the_first_layer,
        gradient_second_layer_biases=gradient_second_layer_biases,
        second_layer_biases_after_the=second_layer_biases_after_the,
        gradient_second_layer_weights=gradient_second_layer_weights,
        second_layer_weights_after_the=second_layer_weights_after_the,
        gamma_after_the_step=gamma_after_the_step,
        beta_after_the_step=beta_after_the_step,
        running_mean_after=running_mean_after,
        running_variance_after_unbiased_divided=running_variance_after_unbiased_divided,
        gradient_first_layer_biases=gradient_first_layer_biases,
        first_layer_biases_after_the=first_layer_biases_after_the,
        gradient_first_layer_weights=gradient_first_layer_weights,
        first_layer_weights_after_the=first_layer_weights_after_the,
        penalty_after_the_step=penalty_after_the_step,
        first_layer_after=first_layer_after,
        mean_after=mean_after,
        variance_after=variance_after,
        to_the_relu_after=to_the_relu_after,
        activations_times_mask_after=activations_times_mask_after,
        logits_after_the_step=logits_after_the_step,
        predicted_after=predicted_after,
        accuracy_after_the_step=accuracy_after_the_step,
        e_logit_minus_largest_after=e_logit_minus_largest_after,
        cross_entropy_after=cross_entropy_after,
        cross_entropy_after_the_step=cross_entropy_after_the_step,
        loss_after_the_step=loss_after_the_step,
    )
