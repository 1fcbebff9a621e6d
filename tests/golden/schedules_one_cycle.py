def one_cycle(
    *,
    three_phases,
    step_2,
    share_of_the_rise,
    steps_2,
    curve,
    highest_rate,
    divisor_at_the_start,
    divisor_at_the_end,
    warm_up_2,
    step,
    steps,
    three_phase,
    pct_start,
    anneal,
    max_rate,
    div_factor,
    final_div_factor,
    cycle_momentum,
    own_momentum,
    base_momentum,
    max_momentum,
    warm_up,
    fastai2_pct,
    fastai2_div,
):
    """Sheet 'One cycle': B42:B51, C42:C51, B66:B210, C66:C210, D66:D210, E66:E210, F66:F210, G66:G210."""
    torch_ = (
        np.where(
            step_2 - 1 <= share_of_the_rise * steps_2 - 1,
            highest_rate
            + (highest_rate / divisor_at_the_start - highest_rate)
            / 2
            * (1 + np.cos(math.pi * (step_2 - 1) / (share_of_the_rise * steps_2 - 1)))
            if curve == "cos"
            else highest_rate / divisor_at_the_start
            + (highest_rate - highest_rate / divisor_at_the_start) * (step_2 - 1) / (share_of_the_rise * steps_2 - 1),
            np.where(
                step_2 - 1 <= 2 * (share_of_the_rise * steps_2 - 1),
                highest_rate / divisor_at_the_start
                + (highest_rate - highest_rate / divisor_at_the_start)
                / 2
                * (
                    1
                    + np.cos(
                        math.pi * (step_2 - 1 - (share_of_the_rise * steps_2 - 1)) / (share_of_the_rise * steps_2 - 1)
                    )
                )
                if curve == "cos"
                else highest_rate
                + (highest_rate / divisor_at_the_start - highest_rate)
                * (step_2 - 1 - (share_of_the_rise * steps_2 - 1))
                / (share_of_the_rise * steps_2 - 1),
                highest_rate / divisor_at_the_start / divisor_at_the_end
                + (highest_rate / divisor_at_the_start - highest_rate / divisor_at_the_start / divisor_at_the_end)
                / 2
                * (
                    1
                    + np.cos(
                        math.pi
                        * (step_2 - 1 - 2 * (share_of_the_rise * steps_2 - 1))
                        / (steps_2 - 1 - 2 * (share_of_the_rise * steps_2 - 1))
                    )
                )
                if curve == "cos"
                else highest_rate / divisor_at_the_start
                + (highest_rate / divisor_at_the_start / divisor_at_the_end - highest_rate / divisor_at_the_start)
                * (step_2 - 1 - 2 * (share_of_the_rise * steps_2 - 1))
                / (steps_2 - 1 - 2 * (share_of_the_rise * steps_2 - 1)),
            ),
        )
        if three_phases == "yes"
        else np.where(
            step_2 - 1 <= share_of_the_rise * steps_2 - 1,
            highest_rate
            + (highest_rate / divisor_at_the_start - highest_rate)
            / 2
            * (1 + np.cos(math.pi * (step_2 - 1) / (share_of_the_rise * steps_2 - 1)))
            if curve == "cos"
            else highest_rate / divisor_at_the_start
            + (highest_rate - highest_rate / divisor_at_the_start) * (step_2 - 1) / (share_of_the_rise * steps_2 - 1),
            highest_rate / divisor_at_the_start / divisor_at_the_end
            + (highest_rate - highest_rate / divisor_at_the_start / divisor_at_the_end)
            / 2
            * (
                1
                + np.cos(
                    math.pi
                    * (step_2 - 1 - (share_of_the_rise * steps_2 - 1))
                    / (steps_2 - 1 - (share_of_the_rise * steps_2 - 1))
                )
            )
            if curve == "cos"
            else highest_rate
            + (highest_rate / divisor_at_the_start / divisor_at_the_end - highest_rate)
            * (step_2 - 1 - (share_of_the_rise * steps_2 - 1))
            / (steps_2 - 1 - (share_of_the_rise * steps_2 - 1)),
        )
    )
    fastai_1 = np.where(
        step_2 - 1 <= math.floor(share_of_the_rise * steps_2),
        highest_rate
        + (highest_rate / divisor_at_the_start - highest_rate)
        / 2
        * (1 + np.cos(math.pi * (step_2 - 1) / math.floor(share_of_the_rise * steps_2)))
        if warm_up_2 == "cos"
        else highest_rate / divisor_at_the_start
        + (highest_rate - highest_rate / divisor_at_the_start) * (step_2 - 1) / math.floor(share_of_the_rise * steps_2),
        highest_rate / (divisor_at_the_start * 10000)
        + (highest_rate - highest_rate / (divisor_at_the_start * 10000))
        / 2
        * (
            1
            + np.cos(
                math.pi
                * (step_2 - 1 - math.floor(share_of_the_rise * steps_2))
                / (steps_2 - math.floor(share_of_the_rise * steps_2))
            )
        ),
    )
    step_list = step.tolist()
    rate_torch = np.array(
        [
            shown(
                "none"
                if step_list[i] > steps
                else (
                    (
                        max_rate
                        + (max_rate / div_factor - max_rate)
                        / 2
                        * (1 + math.cos(math.pi * (step_list[i] - 1) / (pct_start * steps - 1)))
                        if anneal == "cos"
                        else max_rate / div_factor
                        + (max_rate - max_rate / div_factor) * (step_list[i] - 1) / (pct_start * steps - 1)
                    )
                    if step_list[i] - 1 <= pct_start * steps - 1
                    else (
                        max_rate / div_factor
                        + (max_rate - max_rate / div_factor)
                        / 2
                        * (
                            1
                            + math.cos(math.pi * (step_list[i] - 1 - (pct_start * steps - 1)) / (pct_start * steps - 1))
                        )
                        if anneal == "cos"
                        else max_rate
                        + (max_rate / div_factor - max_rate)
                        * (step_list[i] - 1 - (pct_start * steps - 1))
                        / (pct_start * steps - 1)
                    )
                    if step_list[i] - 1 <= 2 * (pct_start * steps - 1)
                    else max_rate / div_factor / final_div_factor
                    + (max_rate / div_factor - max_rate / div_factor / final_div_factor)
                    / 2
                    * (
                        1
                        + math.cos(
                            math.pi
                            * (step_list[i] - 1 - 2 * (pct_start * steps - 1))
                            / (steps - 1 - 2 * (pct_start * steps - 1))
                        )
                    )
                    if anneal == "cos"
                    else max_rate / div_factor
                    + (max_rate / div_factor / final_div_factor - max_rate / div_factor)
                    * (step_list[i] - 1 - 2 * (pct_start * steps - 1))
                    / (steps - 1 - 2 * (pct_start * steps - 1))
                )
                if three_phase == "yes"
                else (
                    max_rate
                    + (max_rate / div_factor - max_rate)
                    / 2
                    * (1 + math.cos(math.pi * (step_list[i] - 1) / (pct_start * steps - 1)))
                    if anneal == "cos"
                    else max_rate / div_factor
                    + (max_rate - max_rate / div_factor) * (step_list[i] - 1) / (pct_start * steps - 1)
                )
                if step_list[i] - 1 <= pct_start * steps - 1
                else max_rate / div_factor / final_div_factor
                + (max_rate - max_rate / div_factor / final_div_factor)
                / 2
                * (
                    1
                    + math.cos(
                        math.pi * (step_list[i] - 1 - (pct_start * steps - 1)) / (steps - 1 - (pct_start * steps - 1))
                    )
                )
                if anneal == "cos"
                else max_rate
                + (max_rate / div_factor / final_div_factor - max_rate)
                * (step_list[i] - 1 - (pct_start * steps - 1))
                / (steps - 1 - (pct_start * steps - 1))
            )
            for i in range(145)
        ]
    )
    step_list_2 = step.tolist()
    momentum_torch = np.array(
        [
            shown(
                "none"
                if step_list_2[i] > steps
                else own_momentum
                if cycle_momentum == "no"
                else (
                    (
                        base_momentum
                        + (max_momentum - base_momentum)
                        / 2
                        * (1 + math.cos(math.pi * (step_list_2[i] - 1) / (pct_start * steps - 1)))
                        if anneal == "cos"
                        else max_momentum
                        + (base_momentum - max_momentum) * (step_list_2[i] - 1) / (pct_start * steps - 1)
                    )
                    if step_list_2[i] - 1 <= pct_start * steps - 1
                    else (
                        max_momentum
                        + (base_momentum - max_momentum)
                        / 2
                        * (
                            1
                            + math.cos(
                                math.pi * (step_list_2[i] - 1 - (pct_start * steps - 1)) / (pct_start * steps - 1)
                            )
                        )
                        if anneal == "cos"
                        else base_momentum
                        + (max_momentum - base_momentum)
                        * (step_list_2[i] - 1 - (pct_start * steps - 1))
                        / (pct_start * steps - 1)
                    )
                    if step_list_2[i] - 1 <= 2 * (pct_start * steps - 1)
                    else max_momentum
                    + (max_momentum - max_momentum)
                    / 2
                    * (
                        1
                        + math.cos(
                            math.pi
                            * (step_list_2[i] - 1 - 2 * (pct_start * steps - 1))
                            / (steps - 1 - 2 * (pct_start * steps - 1))
                        )
                    )
                    if anneal == "cos"
                    else max_momentum
                    + (max_momentum - max_momentum)
                    * (step_list_2[i] - 1 - 2 * (pct_start * steps - 1))
                    / (steps - 1 - 2 * (pct_start * steps - 1))
                )
                if three_phase == "yes"
                else (
                    base_momentum
                    + (max_momentum - base_momentum)
                    / 2
                    * (1 + math.cos(math.pi * (step_list_2[i] - 1) / (pct_start * steps - 1)))
                    if anneal == "cos"
                    else max_momentum + (base_momentum - max_momentum) * (step_list_2[i] - 1) / (pct_start * steps - 1)
                )
                if step_list_2[i] - 1 <= pct_start * steps - 1
                else max_momentum
                + (base_momentum - max_momentum)
                / 2
                * (
                    1
                    + math.cos(
                        math.pi * (step_list_2[i] - 1 - (pct_start * steps - 1)) / (steps - 1 - (pct_start * steps - 1))
                    )
                )
                if anneal == "cos"
                else base_momentum
                + (max_momentum - base_momentum)
                * (step_list_2[i] - 1 - (pct_start * steps - 1))
                / (steps - 1 - (pct_start * steps - 1))
            )
            for i in range(145)
        ]
    )
    step_list_3 = step.tolist()
    rate_fastai_1 = np.array(
        [
            shown(
                "none"
                if step_list_3[i] > steps
                else (
                    max_rate
                    + (max_rate / div_factor - max_rate)
                    / 2
                    * (1 + math.cos(math.pi * (step_list_3[i] - 1) / math.floor(pct_start * steps)))
                    if warm_up == "cos"
                    else max_rate / div_factor
                    + (max_rate - max_rate / div_factor) * (step_list_3[i] - 1) / math.floor(pct_start * steps)
                )
                if step_list_3[i] - 1 <= math.floor(pct_start * steps)
                else max_rate / (div_factor * 10000)
                + (max_rate - max_rate / (div_factor * 10000))
                / 2
                * (
                    1
                    + math.cos(
                        math.pi
                        * (step_list_3[i] - 1 - math.floor(pct_start * steps))
                        / (steps - math.floor(pct_start * steps))
                    )
                )
            )
            for i in range(145)
        ]
    )
    step_list_4 = step.tolist()
    momentum_fastai_1 = np.array(
        [
            shown(
                "none"
                if step_list_4[i] > steps
                else (
                    base_momentum
                    + (max_momentum - base_momentum)
                    / 2
                    * (1 + math.cos(math.pi * (step_list_4[i] - 1) / math.floor(pct_start * steps)))
                    if warm_up == "cos"
                    else max_momentum
                    + (base_momentum - max_momentum) * (step_list_4[i] - 1) / math.floor(pct_start * steps)
                )
                if step_list_4[i] - 1 <= math.floor(pct_start * steps)
                else max_momentum
                + (base_momentum - max_momentum)
                / 2
                * (
                    1
                    + math.cos(
                        math.pi
                        * (step_list_4[i] - 1 - math.floor(pct_start * steps))
                        / (steps - math.floor(pct_start * steps))
                    )
                )
            )
            for i in range(145)
        ]
    )
    step_list_5 = step.tolist()
    rate_fastai_2 = np.array(
        [
            shown(
                "none"
                if step_list_5[i] > steps
                else max_rate
                + (max_rate / div_factor - max_rate)
                / 2
                * (1 + math.cos(math.pi * ((step_list_5[i] - 1) / steps) / fastai2_pct))
                if (step_list_5[i] - 1) / steps < fastai2_pct
                else max_rate / fastai2_div
                + (max_rate - max_rate / fastai2_div)
                / 2
                * (1 + math.cos(math.pi * ((step_list_5[i] - 1) / steps - fastai2_pct) / (1 - fastai2_pct)))
            )
            for i in range(145)
        ]
    )
    step_list_6 = step.tolist()
    momentum_fastai_2 = np.array(
        [
            shown(
                "none"
                if step_list_6[i] > steps
                else base_momentum
                + (max_momentum - base_momentum)
                / 2
                * (1 + math.cos(math.pi * ((step_list_6[i] - 1) / steps) / fastai2_pct))
                if (step_list_6[i] - 1) / steps < fastai2_pct
                else max_momentum
                + (base_momentum - max_momentum)
                / 2
                * (1 + math.cos(math.pi * ((step_list_6[i] - 1) / steps - fastai2_pct) / (1 - fastai2_pct)))
            )
            for i in range(145)
        ]
    )
    return dict(
        torch_=torch_,
        fastai_1=fastai_1,
        rate_torch=rate_torch,
        momentum_torch=momentum_torch,
        rate_fastai_1=rate_fastai_1,
        momentum_fastai_1=momentum_fastai_1,
        rate_fastai_2=rate_fastai_2,
        momentum_fastai_2=momentum_fastai_2,
    )
