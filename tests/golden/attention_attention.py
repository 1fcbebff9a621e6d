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
    masked = np.where(
        (mask == "causal") & (key_position > embedding.position[:, None]),
        math.nan,
        score / (math.sqrt(d_k) * temperature),
    )
    row_max = np.nanmax(masked, axis=-1)
    exponential = np.where(~np.isnan(masked), np.exp(masked - row_max[:, None]), 0)
    row_sum = exponential.sum(axis=-1)
    attention_3 = exponential / row_sum[:, None]
    context = attention_3 @ v
    return SimpleNamespace(**locals())
