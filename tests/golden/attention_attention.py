def attention(training, embedding, *, weights_from, mask, its_position, temperature):
    """Sheet 'Attention': B9, H28:K31, M28:P31, R28:U31, A34:A39, A17:A22, C34:F39, H34:K39, M34:P39, R34:U39, C45:H45,
    C14:H14, J45:O45, A51:A56, C51:H56, J51:O56, Q51:Q56, C61:H61, L61:Q61, A64:A69, C64:H69, J64:J69, L64:Q69,
    C17:H22, S64:V69.
    """
    d = 4
    w_q_4_times_4 = training.w_q_4_times_4 if weights_from == "initial" else training.after_4
    w_k_4_times_4 = training.w_k_4_times_4 if weights_from == "initial" else training.after_5
    w_v_4_times_4 = training.w_v_4_times_4 if weights_from == "initial" else training.after_6
    word_2 = embedding.word
    word = word_2
    x_6_times_4 = embedding.x_looked_up_plus_p
    q_x_times_w_q = x_6_times_4 @ w_q_4_times_4
    k_x_times_w_k = x_6_times_4 @ w_k_4_times_4
    v_x_times_w_v = x_6_times_4 @ w_v_4_times_4
    looks_at_2 = [word_2[j] for j in range(6)]
    looks_at = looks_at_2
    looks_at_3 = looks_at_2
    word_3 = word_2
    scores_q_times_k = q_x_times_w_q @ k_x_times_w_k.T
    its_position_list = its_position.tolist()
    position_list = embedding.position.tolist()
    scores_q_times_k_list = scores_q_times_k.tolist()
    scores_rootd_later_words_masked = [
        [
            shown(
                "−∞"
                if mask == "causal" and its_position_list[j] > position_list[i]
                else divide(scores_q_times_k_list[i][j], multiply(SQRT(d), temperature))
            )
            for j in range(6)
        ]
        for i in range(6)
    ]
    largest = np.array([shown(MAX(part(scores_rootd_later_words_masked, i, i + 1, 0, 6))) for i in range(6)])
    looks_at_4 = looks_at_2
    looks_at_5 = looks_at_2
    word_4 = word_2
    largest_list = largest.tolist()
    e_score_minus_largest = np.array(
        [
            [
                shown(
                    IF(
                        ISNUMBER(scores_rootd_later_words_masked[i][j]),
                        lambda: EXP(subtract(scores_rootd_later_words_masked[i][j], largest_list[i])),
                        lambda: 0,
                    )
                )
                for j in range(6)
            ]
            for i in range(6)
        ]
    )
    sum_ = e_score_minus_largest.sum(axis=-1)
    attention_each_the_sum_2 = e_score_minus_largest / sum_[:, None]
    attention_each_the_sum = attention_each_the_sum_2
    attention_times_v_6_times = attention_each_the_sum_2 @ v_x_times_w_v
    return dict(
        d=d,
        w_q_4_times_4=w_q_4_times_4,
        w_k_4_times_4=w_k_4_times_4,
        w_v_4_times_4=w_v_4_times_4,
        word_2=word_2,
        word=word,
        x_6_times_4=x_6_times_4,
        q_x_times_w_q=q_x_times_w_q,
        k_x_times_w_k=k_x_times_w_k,
        v_x_times_w_v=v_x_times_w_v,
        looks_at_2=looks_at_2,
        looks_at=looks_at,
        looks_at_3=looks_at_3,
        word_3=word_3,
        scores_q_times_k=scores_q_times_k,
        scores_rootd_later_words_masked=scores_rootd_later_words_masked,
        largest=largest,
        looks_at_4=looks_at_4,
        looks_at_5=looks_at_5,
        word_4=word_4,
        e_score_minus_largest=e_score_minus_largest,
        sum_=sum_,
        attention_each_the_sum_2=attention_each_the_sum_2,
        attention_each_the_sum=attention_each_the_sum,
        attention_times_v_6_times=attention_times_v_6_times,
    )
