def attention(training, embedding, *, weights_from, mask, at, temperature):
    """Sheet 'Attention': B9, G23:J26, L23:O26, Q23:T26, A29:A34, A13:A18, B29:E34, G29:J34, L29:O34, Q29:T34, D39:I39,
    B12:G12, K39:P39, A41:A46, B41:B46, D41:I46, K41:P46, Q41:Q46, B51:G51, K51:P51, A52:A57, B52:G57, I52:I57,
    K52:P57, B13:G18, R52:U57.
    """
    d = 4
    w_q_4_times_4 = training.w_q_before_4_times if weights_from == "initial" else training.after_4_times_4
    w_k_4_times_4 = training.w_k_before_4_times if weights_from == "initial" else training.after_4_times_4_2
    w_v_4_times_4 = training.w_v_before_4_times if weights_from == "initial" else training.after_4_times_4_3
    word_3 = embedding.word
    word_2 = word_3
    x_6_times_4 = embedding.x_6_times_4
    q_x_times_w_q = x_6_times_4 @ w_q_4_times_4
    k_x_times_w_k = x_6_times_4 @ w_k_4_times_4
    v_x_times_w_v = x_6_times_4 @ w_v_4_times_4
    word_3_2 = [word_3[j] for j in range(6)]
    word = word_3_2
    scores_rootd_later_words_masked_2 = word_3_2
    word_4 = word_3
    at_2 = embedding.at
    d41_i46 = q_x_times_w_q @ k_x_times_w_k.T
    at_list = at.tolist()
    at_list_2 = embedding.at.tolist()
    d41_i46_list = d41_i46.tolist()
    scores_rootd_later_words_masked = [
        [
            shown(
                "−∞"
                if mask == "causal" and at_list[j] > at_list_2[i]
                else divide(d41_i46_list[i][j], multiply(SQRT(d), temperature))
            )
            for j in range(6)
        ]
        for i in range(6)
    ]
    largest = np.array([shown(MAX(part(scores_rootd_later_words_masked, i, i + 1, 0, 6))) for i in range(6)])
    word_5 = word_3_2
    sum_ = word_3_2
    word_6 = word_3
    largest_list = largest.tolist()
    e_score_minus_largest_6 = np.array(
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
    sum__2 = e_score_minus_largest_6.sum(axis=-1)
    attention_each_the_sum_6_2 = e_score_minus_largest_6 / sum__2[:, None]
    attention_each_the_sum_6 = attention_each_the_sum_6_2
    attention_times_v_6_times = attention_each_the_sum_6_2 @ v_x_times_w_v
    return dict(
        d=d,
        w_q_4_times_4=w_q_4_times_4,
        w_k_4_times_4=w_k_4_times_4,
        w_v_4_times_4=w_v_4_times_4,
        word_3=word_3,
        word_2=word_2,
        x_6_times_4=x_6_times_4,
        q_x_times_w_q=q_x_times_w_q,
        k_x_times_w_k=k_x_times_w_k,
        v_x_times_w_v=v_x_times_w_v,
        word_3_2=word_3_2,
        word=word,
        scores_rootd_later_words_masked_2=scores_rootd_later_words_masked_2,
        word_4=word_4,
        at_2=at_2,
        d41_i46=d41_i46,
        scores_rootd_later_words_masked=scores_rootd_later_words_masked,
        largest=largest,
        word_5=word_5,
        sum_=sum_,
        word_6=word_6,
        e_score_minus_largest_6=e_score_minus_largest_6,
        sum__2=sum__2,
        attention_each_the_sum_6_2=attention_each_the_sum_6_2,
        attention_each_the_sum_6=attention_each_the_sum_6,
        attention_times_v_6_times=attention_times_v_6_times,
    )
