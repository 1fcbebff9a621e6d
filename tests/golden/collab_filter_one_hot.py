def one_hot(dot_product, ratings, *, user_number, movie_number):
    """Sheet 'One-hot': J9:K12, T9:T13, U9:U13, A15:A34, B15:B34, C15:C34, E15:H34, J15:K34, N15:R34, T15:U34, X15:X34,
    Y15:Y34 and 3 more.
    """
    user_weights = dot_product.user_factors
    movie_weights = dot_product.movie_factors[0]
    movie_weights_2 = dot_product.movie_factors[1]
    rated_title = ratings.rated_title
    user_index = ratings.user_index
    movie_index = ratings.movie_index
    user_one_hot = (user_index[:, None] == user_number).astype(float)
    user_activation = user_one_hot @ user_weights
    movie_one_hot = (movie_index[:, None] == movie_number).astype(float)
    area = np.column_stack([movie_weights, movie_weights_2])
    movie_activation = movie_one_hot @ area
    prediction = (user_activation * movie_activation).sum(axis=-1)
    rating = ratings.rating
    squared_error = (prediction - rating) ** 2
    mse = squared_error.sum() / squared_error.size
    rmse = math.sqrt(mse)
    return SimpleNamespace(**locals())
