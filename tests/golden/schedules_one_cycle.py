def one_cycle(
    *, max_rate, pct_start, div_factor, base_momentum, max_momentum, steps, ten_number, ten_steps, ten_max,
    ten_pct_start, ten_div, ten_final, ten_anneal, ten_three_phase, ten_warm_up, final_div_factor, anneal, three_phase,
    cycle_momentum, own_momentum, warm_up, fastai2_pct, fastai2_div, step_number,
):
    """Sheet 'One cycle': B31:B40, C31:C40, B66:B210, C66:C210, D66:D210, E66:E210, F66:F210, G66:G210."""
    ten_torch = (
        np.where(
            ten_number - 1 <= to_15_digits(ten_pct_start * ten_steps - 1),
            ten_max
            + (ten_max / ten_div - ten_max)
            / 2
            * (1 + np.cos(math.pi * (ten_number - 1) / (ten_pct_start * ten_steps - 1)))
            if ten_anneal == "cos"
            else ten_max / ten_div + (ten_max - ten_max / ten_div) * (ten_number - 1) / (ten_pct_start * ten_steps - 1),
            np.where(
                ten_number - 1 <= to_15_digits(2 * (ten_pct_start * ten_steps - 1)),
                ten_max / ten_div
                + (ten_max - ten_max / ten_div)
                / 2
                * (
                    1
                    + np.cos(
                        math.pi * (ten_number - 1 - (ten_pct_start * ten_steps - 1)) / (ten_pct_start * ten_steps - 1)
                    )
                )
                if ten_anneal == "cos"
                else ten_max
                + (ten_max / ten_div - ten_max)
                * (ten_number - 1 - (ten_pct_start * ten_steps - 1))
                / (ten_pct_start * ten_steps - 1),
                ten_max / ten_div / ten_final
                + (ten_max / ten_div - ten_max / ten_div / ten_final)
                / 2
                * (
                    1
                    + np.cos(
                        math.pi
                        * (ten_number - 1 - 2 * (ten_pct_start * ten_steps - 1))
                        / (ten_steps - 1 - 2 * (ten_pct_start * ten_steps - 1))
                    )
                )
                if ten_anneal == "cos"
                else ten_max / ten_div
                + (ten_max / ten_div / ten_final - ten_max / ten_div)
                * (ten_number - 1 - 2 * (ten_pct_start * ten_steps - 1))
                / (ten_steps - 1 - 2 * (ten_pct_start * ten_steps - 1)),
            ),
        )
        if ten_three_phase == "yes"
        else np.where(
            ten_number - 1 <= to_15_digits(ten_pct_start * ten_steps - 1),
            ten_max
            + (ten_max / ten_div - ten_max)
            / 2
            * (1 + np.cos(math.pi * (ten_number - 1) / (ten_pct_start * ten_steps - 1)))
            if ten_anneal == "cos"
            else ten_max / ten_div + (ten_max - ten_max / ten_div) * (ten_number - 1) / (ten_pct_start * ten_steps - 1),
            ten_max / ten_div / ten_final
            + (ten_max - ten_max / ten_div / ten_final)
            / 2
            * (
                1
                + np.cos(
                    math.pi
                    * (ten_number - 1 - (ten_pct_start * ten_steps - 1))
                    / (ten_steps - 1 - (ten_pct_start * ten_steps - 1))
                )
            )
            if ten_anneal == "cos"
            else ten_max
            + (ten_max / ten_div / ten_final - ten_max)
            * (ten_number - 1 - (ten_pct_start * ten_steps - 1))
            / (ten_steps - 1 - (ten_pct_start * ten_steps - 1)),
        )
    )
    ten_fastai = np.where(
        ten_number - 1 <= math.floor(ten_pct_start * ten_steps),
        ten_max
        + (ten_max / ten_div - ten_max)
        / 2
        * (1 + np.cos(math.pi * (ten_number - 1) / math.floor(ten_pct_start * ten_steps)))
        if ten_warm_up == "cos"
        else ten_max / ten_div
        + (ten_max - ten_max / ten_div) * (ten_number - 1) / math.floor(ten_pct_start * ten_steps),
        ten_max / (ten_div * 10000)
        + (ten_max - ten_max / (ten_div * 10000))
        / 2
        * (
            1
            + np.cos(
                math.pi
                * (ten_number - 1 - math.floor(ten_pct_start * ten_steps))
                / (ten_steps - math.floor(ten_pct_start * ten_steps))
            )
        ),
    )
    step_number_list = step_number.tolist()
    torch_rate = np.array(
        [
            ""
            if step_number_list[i] > steps
            else (
                (
                    max_rate
                    + (max_rate / div_factor - max_rate)
                    / 2
                    * (1 + math.cos(math.pi * (step_number_list[i] - 1) / (pct_start * steps - 1)))
                    if anneal == "cos"
                    else max_rate / div_factor
                    + (max_rate - max_rate / div_factor) * (step_number_list[i] - 1) / (pct_start * steps - 1)
                )
                if step_number_list[i] - 1 <= to_15_digits(pct_start * steps - 1)
                else (
                    max_rate / div_factor
                    + (max_rate - max_rate / div_factor)
                    / 2
                    * (
                        1
                        + math.cos(
                            math.pi * (step_number_list[i] - 1 - (pct_start * steps - 1)) / (pct_start * steps - 1)
                        )
                    )
                    if anneal == "cos"
                    else max_rate
                    + (max_rate / div_factor - max_rate)
                    * (step_number_list[i] - 1 - (pct_start * steps - 1))
                    / (pct_start * steps - 1)
                )
                if step_number_list[i] - 1 <= to_15_digits(2 * (pct_start * steps - 1))
                else max_rate / div_factor / final_div_factor
                + (max_rate / div_factor - max_rate / div_factor / final_div_factor)
                / 2
                * (
                    1
                    + math.cos(
                        math.pi
                        * (step_number_list[i] - 1 - 2 * (pct_start * steps - 1))
                        / (steps - 1 - 2 * (pct_start * steps - 1))
                    )
                )
                if anneal == "cos"
                else max_rate / div_factor
                + (max_rate / div_factor / final_div_factor - max_rate / div_factor)
                * (step_number_list[i] - 1 - 2 * (pct_start * steps - 1))
                / (steps - 1 - 2 * (pct_start * steps - 1))
            )
            if three_phase == "yes"
            else (
                max_rate
                + (max_rate / div_factor - max_rate)
                / 2
                * (1 + math.cos(math.pi * (step_number_list[i] - 1) / (pct_start * steps - 1)))
                if anneal == "cos"
                else max_rate / div_factor
                + (max_rate - max_rate / div_factor) * (step_number_list[i] - 1) / (pct_start * steps - 1)
            )
            if step_number_list[i] - 1 <= to_15_digits(pct_start * steps - 1)
            else max_rate / div_factor / final_div_factor
            + (max_rate - max_rate / div_factor / final_div_factor)
            / 2
            * (
                1
                + math.cos(
                    math.pi
                    * (step_number_list[i] - 1 - (pct_start * steps - 1))
                    / (steps - 1 - (pct_start * steps - 1))
                )
            )
            if anneal == "cos"
            else max_rate
            + (max_rate / div_factor / final_div_factor - max_rate)
            * (step_number_list[i] - 1 - (pct_start * steps - 1))
            / (steps - 1 - (pct_start * steps - 1))
            for i in range(145)
        ]
    )
    torch_momentum = np.array(
        [
            ""
            if step_number_list[i] > steps
            else own_momentum
            if cycle_momentum == "no"
            else (
                (
                    base_momentum
                    + (max_momentum - base_momentum)
                    / 2
                    * (1 + math.cos(math.pi * (step_number_list[i] - 1) / (pct_start * steps - 1)))
                    if anneal == "cos"
                    else max_momentum
                    + (base_momentum - max_momentum) * (step_number_list[i] - 1) / (pct_start * steps - 1)
                )
                if step_number_list[i] - 1 <= to_15_digits(pct_start * steps - 1)
                else (
                    max_momentum
                    + (base_momentum - max_momentum)
                    / 2
                    * (
                        1
                        + math.cos(
                            math.pi * (step_number_list[i] - 1 - (pct_start * steps - 1)) / (pct_start * steps - 1)
                        )
                    )
                    if anneal == "cos"
                    else base_momentum
                    + (max_momentum - base_momentum)
                    * (step_number_list[i] - 1 - (pct_start * steps - 1))
                    / (pct_start * steps - 1)
                )
                if step_number_list[i] - 1 <= to_15_digits(2 * (pct_start * steps - 1))
                else max_momentum
                + (max_momentum - max_momentum)
                / 2
                * (
                    1
                    + math.cos(
                        math.pi
                        * (step_number_list[i] - 1 - 2 * (pct_start * steps - 1))
                        / (steps - 1 - 2 * (pct_start * steps - 1))
                    )
                )
                if anneal == "cos"
                else max_momentum
                + (max_momentum - max_momentum)
                * (step_number_list[i] - 1 - 2 * (pct_start * steps - 1))
                / (steps - 1 - 2 * (pct_start * steps - 1))
            )
            if three_phase == "yes"
            else (
                base_momentum
                + (max_momentum - base_momentum)
                / 2
                * (1 + math.cos(math.pi * (step_number_list[i] - 1) / (pct_start * steps - 1)))
                if anneal == "cos"
                else max_momentum + (base_momentum - max_momentum) * (step_number_list[i] - 1) / (pct_start * steps - 1)
            )
            if step_number_list[i] - 1 <= to_15_digits(pct_start * steps - 1)
            else max_momentum
            + (base_momentum - max_momentum)
            / 2
            * (
                1
                + math.cos(
                    math.pi
                    * (step_number_list[i] - 1 - (pct_start * steps - 1))
                    / (steps - 1 - (pct_start * steps - 1))
                )
            )
            if anneal == "cos"
            else base_momentum
            + (max_momentum - base_momentum)
            * (step_number_list[i] - 1 - (pct_start * steps - 1))
            / (steps - 1 - (pct_start * steps - 1))
            for i in range(145)
        ]
    )
    fastai1_rate = np.array(
        [
            ""
            if step_number_list[i] > steps
            else (
                max_rate
                + (max_rate / div_factor - max_rate)
                / 2
                * (1 + math.cos(math.pi * (step_number_list[i] - 1) / math.floor(pct_start * steps)))
                if warm_up == "cos"
                else max_rate / div_factor
                + (max_rate - max_rate / div_factor) * (step_number_list[i] - 1) / math.floor(pct_start * steps)
            )
            if step_number_list[i] - 1 <= math.floor(pct_start * steps)
            else max_rate / (div_factor * 10000)
            + (max_rate - max_rate / (div_factor * 10000))
            / 2
            * (
                1
                + math.cos(
                    math.pi
                    * (step_number_list[i] - 1 - math.floor(pct_start * steps))
                    / (steps - math.floor(pct_start * steps))
                )
            )
            for i in range(145)
        ]
    )
    fastai1_momentum = np.array(
        [
            ""
            if step_number_list[i] > steps
            else (
                base_momentum
                + (max_momentum - base_momentum)
                / 2
                * (1 + math.cos(math.pi * (step_number_list[i] - 1) / math.floor(pct_start * steps)))
                if warm_up == "cos"
                else max_momentum
                + (base_momentum - max_momentum) * (step_number_list[i] - 1) / math.floor(pct_start * steps)
            )
            if step_number_list[i] - 1 <= math.floor(pct_start * steps)
            else max_momentum
            + (base_momentum - max_momentum)
            / 2
            * (
                1
                + math.cos(
                    math.pi
                    * (step_number_list[i] - 1 - math.floor(pct_start * steps))
                    / (steps - math.floor(pct_start * steps))
                )
            )
            for i in range(145)
        ]
    )
    fastai2_rate = np.array(
        [
            ""
            if step_number_list[i] > steps
            else max_rate
            + (max_rate / div_factor - max_rate)
            / 2
            * (1 + math.cos(math.pi * ((step_number_list[i] - 1) / steps) / fastai2_pct))
            if to_15_digits((step_number_list[i] - 1) / steps) < fastai2_pct
            else max_rate / fastai2_div
            + (max_rate - max_rate / fastai2_div)
            / 2
            * (1 + math.cos(math.pi * ((step_number_list[i] - 1) / steps - fastai2_pct) / (1 - fastai2_pct)))
            for i in range(145)
        ]
    )
    fastai2_momentum = np.array(
        [
            ""
            if step_number_list[i] > steps
            else base_momentum
            + (max_momentum - base_momentum)
            / 2
            * (1 + math.cos(math.pi * ((step_number_list[i] - 1) / steps) / fastai2_pct))
            if to_15_digits((step_number_list[i] - 1) / steps) < fastai2_pct
            else max_momentum
            + (base_momentum - max_momentum)
            / 2
            * (1 + math.cos(math.pi * ((step_number_list[i] - 1) / steps - fastai2_pct) / (1 - fastai2_pct)))
            for i in range(145)
        ]
    )
    return SimpleNamespace(**locals())
