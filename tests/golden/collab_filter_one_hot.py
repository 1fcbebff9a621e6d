def one_hot(ratings, dot_product, *, users_one_hot_columns, movies_one_hot_columns):
    """Sheet 'One-hot': A14:A33, B14:B33, C14:C33, E14:H33, J14:N33, W14:W33, E38:F41, P14:Q33, H38:H42, I38:I42,
    S14:T33, V14:V33, X14:X33, B7, B6.
    """
    title = ratings.title
    user_index = ratings.user_index
    movie_index = ratings.movie_index
    users_one_hot = (user_index[:, None] == users_one_hot_columns).astype(float)
    movies_one_hot = (movie_index[:, None] == movies_one_hot_columns).astype(float)
    rating = ratings.rating
    user_weights = dot_product.user_factors_in_use
    user_activations_one_hot_times = users_one_hot @ user_weights
    movie_weights = dot_product.movie_factors_in_use[0]
    movie_weights_2 = dot_product.movie_factors_in_use[1]
    area = np.column_stack([movie_weights, movie_weights_2])
    movie_activations_one_hot_times = movies_one_hot @ area
    dot_product_2 = (user_activations_one_hot_times * movie_activations_one_hot_times).sum(axis=-1)
    squared_error = (dot_product_2 - rating) ** 2
    mean_squared_error = squared_error.sum() / squared_error.size
    rmse = math.sqrt(mean_squared_error)
    return dict(
        title=title,
        user_index=user_index,
        movie_index=movie_index,
        users_one_hot=users_one_hot,
        movies_one_hot=movies_one_hot,
        rating=rating,
        user_weights=user_weights,
        user_activations_one_hot_times=user_activations_one_hot_times,
        movie_weights=movie_weights,
        movie_weights_2=movie_weights_2,
        movie_activations_one_hot_times=movie_activations_one_hot_times,
        dot_product_2=dot_product_2,
        squared_error=squared_error,
        mean_squared_error=mean_squared_error,
        rmse=rmse,
    )
