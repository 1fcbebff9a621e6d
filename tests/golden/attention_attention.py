def attention(training, embedding, *, weights_from, mask, temperature, key_position):
    """Sheet 'Attention': B9, G23:J26, L23:O26, Q23:T26, A29:A34, A13:A18, B29:E34, G29:J34, L29:O34, Q29:T34, D40:I40,
    B12:G12 and 14 more.
    """
    d_k = 4
    query_weight = training.initial_query_weight if weights_from == "initial" else training.trained_query_weight
    key_weight = training.initial_key_weight if weights_from == "initial" else training.trained_key_weight
    value_weight = training.initial_value_weight if weights_from == "initial" else training.trained_value_weight
    token_word = embedding.token_word
    x = embedding.x
    q = x @ query_weight
    k = x @ key_weight
    v = x @ value_weight
    key_word = [token_word[j] for j in range(6)]
    position = embedding.position
    score = q @ k.T
    key_position_list = key_position.tolist()
    position_list = embedding.position.tolist()
    score_list = score.tolist()
    masked = [
        [
            "−∞"
            if mask == "causal" and key_position_list[j] > position_list[i]
            else divide(score_list[i][j], multiply(SQRT(d_k), temperature))
            for j in range(6)
        ]
        for i in range(6)
    ]
    row_max = np.array([MAX(part(masked, i, i + 1, 0, 6)) for i in range(6)])
    row_max_list = row_max.tolist()
    exponential = np.array(
        [
            [EXP(subtract(masked[i][j], row_max_list[i])) if ISNUMBER(masked[i][j]) else 0 for j in range(6)]
            for i in range(6)
        ]
    )
    row_sum = exponential.sum(axis=-1)
    attention_3 = exponential / row_sum[:, None]
    context = attention_3 @ v
    return SimpleNamespace(**locals())
