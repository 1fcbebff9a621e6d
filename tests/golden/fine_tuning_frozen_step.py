def frozen_step(pretrained, surgery, new_digits, *, number_, optimizer, number_bytes, rate):
    """Sheet 'Frozen step': D16:D19, E16:E19, F16:F19, G16:G19, H16:H19, B23, B24, B25, B26, B27, B28, B29, A35:A40,
    BO35:DZ40, AH35:BM40, Q35:AF40, B35:D40, F35:H40, J35:L40, N35:N40, B6, O35:O40, B7, A45:A50, B45:D50, F45:U50,
    B55:Q86, S55:U70, W55:AL86, AN55:AP70, B89:Q89, S89:U89, W89:AL89, AN89:AP89, A94:A99, B94:Q99, S94:U99,
    W94:Y99, AA94:AA99, B8, AB94:AB99, B9, B105:AG168, AI105:CT153, B171:AG171, AI171:CT171, C16:C19.
    """
    number__list = number_.tolist()
    parameters = np.array(
        [
            shown(
                CHOOSE(
                    number__list[i],
                    lambda: add(COUNT(pretrained.body_matrix_1_49_pixels), COUNT(pretrained.its_biases)),
                    lambda: add(COUNT(pretrained.body_matrix_2_64_32), COUNT(pretrained.its_biases_2)),
                    lambda: add(COUNT(surgery.in_new_head_matrix_1), COUNT(surgery.its_biases)),
                    lambda: add(COUNT(surgery.in_new_head_matrix_2), COUNT(surgery.its_biases_2)),
                )
            )
            for i in range(4)
        ]
    )
    numbers_kept_all_trained = parameters * (1 + (0 if optimizer == "SGD" else 1 if optimizer == "momentum" else 2))
    numbers_kept_body_frozen = np.where(number_ > 2, numbers_kept_all_trained, 0)
    number__list_2 = number_.tolist()
    multiplications_back_all_trained = np.array(
        [
            shown(
                multiply(
                    multiply(
                        new_digits.pictures,
                        CHOOSE(
                            number__list_2[i],
                            lambda: COUNT(pretrained.body_matrix_1_49_pixels),
                            lambda: COUNT(pretrained.body_matrix_2_64_32),
                            lambda: COUNT(surgery.in_new_head_matrix_1),
                            lambda: COUNT(surgery.in_new_head_matrix_2),
                        ),
                    ),
                    1 if number__list_2[i] == 1 else 2,
                )
            )
            for i in range(4)
        ]
    )
    multiplications_back_body_frozen = np.where(
        number_ < 3, 0, np.where(number_ == 3, multiplications_back_all_trained / 2, multiplications_back_all_trained)
    )
    gradients_saved = ((number_ < 3) * parameters).sum()
    bytes_a_step_all_trained = number_bytes * numbers_kept_all_trained.sum()
    bytes_a_step_body_frozen = number_bytes * numbers_kept_body_frozen.sum()
    bytes_saved = bytes_a_step_all_trained - bytes_a_step_body_frozen
    of_them_all = bytes_saved / bytes_a_step_all_trained
    multiplications_saved = 1 - multiplications_back_body_frozen.sum() / multiplications_back_all_trained.sum()
    bytes_saved_in_resnet_34 = (
        (surgery.first_half + surgery.second_half)
        * (1 + (0 if optimizer == "SGD" else 1 if optimizer == "momentum" else 2))
        * number_bytes
    )
    picture = new_digits.picture
    hidden_1 = np.maximum(
        0, new_digits.the_pictures_as_rows_of @ pretrained.body_matrix_1_49_pixels + pretrained.its_biases
    )
    hidden_2 = np.maximum(0, hidden_1 @ pretrained.body_matrix_2_64_32 + pretrained.its_biases_2)
    hidden_new_head = np.maximum(0, hidden_2 @ surgery.in_new_head_matrix_1 + surgery.its_biases)
    logits = hidden_new_head @ surgery.in_new_head_matrix_2 + surgery.its_biases_2
    e_logit_minus_largest = np.exp(logits - logits.max(axis=-1)[:, None])
    probabilities = e_logit_minus_largest / e_logit_minus_largest.sum(axis=-1)[:, None]
    loss = (
        np.log(e_logit_minus_largest.sum(axis=-1))
        + logits.max(axis=-1)
        - logits[np.arange(6), new_digits.right_class.astype(int) - 1]
    )
    loss_3 = loss.sum() / loss.size
    right = ((logits.max(axis=-1)[:, None] == logits).argmax(axis=-1) + 1.0 == new_digits.right_class).astype(float)
    accuracy = right.sum() / right.size
    picture_2 = new_digits.picture
    gradient_at_the_logits = (
        probabilities - (new_digits.right_class[:, None] == new_digits.class_).astype(float)
    ) / new_digits.pictures
    gradient_at_hidden_new_head = np.where(
        hidden_new_head > 0, gradient_at_the_logits @ surgery.in_new_head_matrix_2.T, 0
    )
    gradient_new_head_matrix_1 = hidden_2.T @ gradient_at_hidden_new_head
    gradient_new_head_matrix_2 = hidden_new_head.T @ gradient_at_the_logits
    after_new_head_matrix_1 = surgery.in_new_head_matrix_1 - rate * gradient_new_head_matrix_1
    after_new_head_matrix_2 = surgery.in_new_head_matrix_2 - rate * gradient_new_head_matrix_2
    gradient_biases = gradient_at_hidden_new_head.sum(axis=0)
    gradient_biases_2 = gradient_at_the_logits.sum(axis=0)
    after_biases_3 = surgery.its_biases - rate * gradient_biases
    after_biases_4 = surgery.its_biases_2 - rate * gradient_biases_2
    picture_3 = new_digits.picture
    hidden_new_head_after_the = np.maximum(0, hidden_2 @ after_new_head_matrix_1 + after_biases_3)
    logits_after_the_step = hidden_new_head_after_the @ after_new_head_matrix_2 + after_biases_4
    e_logit_minus_largest_after = np.exp(logits_after_the_step - logits_after_the_step.max(axis=-1)[:, None])
    loss_2 = (
        np.log(e_logit_minus_largest_after.sum(axis=-1))
        + logits_after_the_step.max(axis=-1)
        - logits_after_the_step[np.arange(6), new_digits.right_class.astype(int) - 1]
    )
    loss_after_the_step = loss_2.sum() / loss_2.size
    right_2 = (
        (logits_after_the_step.max(axis=-1)[:, None] == logits_after_the_step).argmax(axis=-1) + 1.0
        == new_digits.right_class
    ).astype(float)
    accuracy_after_the_step = right_2.sum() / right_2.size
    after_body_matrix_2 = pretrained.body_matrix_2_64_32
    after_body_matrix_1 = pretrained.body_matrix_1_49_pixels
    after_biases_2 = pretrained.its_biases_2
    after_biases = pretrained.its_biases
    number__list_3 = number_.tolist()
    how_far_it_moved = np.array(
        [
            shown(
                CHOOSE(
                    number__list_3[i],
                    lambda: SQRT(
                        add(
                            SUMPRODUCT(
                                power(
                                    subtract(after_body_matrix_1.tolist(), pretrained.body_matrix_1_49_pixels.tolist()),
                                    2,
                                )
                            ),
                            SUMPRODUCT(power(subtract(row(after_biases), row(pretrained.its_biases)), 2)),
                        )
                    ),
                    lambda: SQRT(
                        add(
                            SUMPRODUCT(
                                power(
                                    subtract(after_body_matrix_2.tolist(), pretrained.body_matrix_2_64_32.tolist()), 2
                                )
                            ),
                            SUMPRODUCT(power(subtract(row(after_biases_2), row(pretrained.its_biases_2)), 2)),
                        )
                    ),
                    lambda: SQRT(
                        add(
                            SUMPRODUCT(
                                power(
                                    subtract(after_new_head_matrix_1.tolist(), surgery.in_new_head_matrix_1.tolist()), 2
                                )
                            ),
                            SUMPRODUCT(power(subtract(row(after_biases_3), row(surgery.its_biases)), 2)),
                        )
                    ),
                    lambda: SQRT(
                        add(
                            SUMPRODUCT(
                                power(
                                    subtract(after_new_head_matrix_2.tolist(), surgery.in_new_head_matrix_2.tolist()), 2
                                )
                            ),
                            SUMPRODUCT(power(subtract(row(after_biases_4), row(surgery.its_biases_2)), 2)),
                        )
                    ),
                )
            )
            for i in range(4)
        ]
    )
    return dict(
        parameters=parameters,
        numbers_kept_all_trained=numbers_kept_all_trained,
        numbers_kept_body_frozen=numbers_kept_body_frozen,
        multiplications_back_all_trained=multiplications_back_all_trained,
        multiplications_back_body_frozen=multiplications_back_body_frozen,
        gradients_saved=gradients_saved,
        bytes_a_step_all_trained=bytes_a_step_all_trained,
        bytes_a_step_body_frozen=bytes_a_step_body_frozen,
        bytes_saved=bytes_saved,
        of_them_all=of_them_all,
        multiplications_saved=multiplications_saved,
        bytes_saved_in_resnet_34=bytes_saved_in_resnet_34,
        picture=picture,
        hidden_1=hidden_1,
        hidden_2=hidden_2,
        hidden_new_head=hidden_new_head,
        logits=logits,
        e_logit_minus_largest=e_logit_minus_largest,
        probabilities=probabilities,
        loss=loss,
        loss_3=loss_3,
        right=right,
        accuracy=accuracy,
        picture_2=picture_2,
        gradient_at_the_logits=gradient_at_the_logits,
        gradient_at_hidden_new_head=gradient_at_hidden_new_head,
        gradient_new_head_matrix_1=gradient_new_head_matrix_1,
        gradient_new_head_matrix_2=gradient_new_head_matrix_2,
        after_new_head_matrix_1=after_new_head_matrix_1,
        after_new_head_matrix_2=after_new_head_matrix_2,
        gradient_biases=gradient_biases,
        gradient_biases_2=gradient_biases_2,
        after_biases_3=after_biases_3,
        after_biases_4=after_biases_4,
        picture_3=picture_3,
        hidden_new_head_after_the=hidden_new_head_after_the,
        logits_after_the_step=logits_after_the_step,
        e_logit_minus_largest_after=e_logit_minus_largest_after,
        loss_2=loss_2,
        loss_after_the_step=loss_after_the_step,
        right_2=right_2,
        accuracy_after_the_step=accuracy_after_the_step,
        after_body_matrix_2=after_body_matrix_2,
        after_body_matrix_1=after_body_matrix_1,
        after_biases_2=after_biases_2,
        after_biases=after_biases,
        how_far_it_moved=how_far_it_moved,
    )
