"""The run: the whole of fine-tuning, frozen and unfrozen, beside training from scratch."""

from collections.abc import Mapping
from typing import Any

from workbook.lesson.labels import axis_names, axis_numbers, label
from workbook.lesson.lesson import (
    Chart,
    Charts,
    Derive,
    Fields,
    Formula,
    Given,
    Grid,
    Item,
    Recorded,
    Role,
    Series,
    Sheet,
    Unprinted,
    Words,
)
from workbook.lessons.fine_tuning.cycle import cycle
from workbook.lessons.fine_tuning.regimes import COLUMN, LOOKS, MADE_BY, PERCENT, REGIMES, WAYS
from workbook.lessons.fine_tuning.tried import columns_of, tried

LAYER_WORDS = ("body 1", "body 2", "head 1", "head 2")
CURVES = {
    "loss": "loss on the pictures learned from",
    "held_out_loss": "loss on pictures held out",
    "accuracy": "accuracy on pictures held out",
}

LAYOUT: tuple[Item, ...] = (
    Fields("shown_count compared mean_difference verdict"),
    Charts("accuracies held_out_losses losses"),
    Fields("standard_error wins losses shown_scratch_rate"),
    Words("After the last step: accuracy on pictures held out, over the seeds, and the mean loss on them"),
    Grid("regime_name mean spread least most end_loss"),
    Words(
        "When does it win? Mean accuracy at the best of the rates tried",
        """
        Here every way has the rate that suits it best on the pictures held out; ± is the standard deviation over the seeds, the gain is over
        training from scratch, the last column names the highest. With few pictures, what the body knows is a head start. With more, the network from scratch finds features of
        its own, and a body that may hardly move holds training back: low rates protect what a body knows, and one
        that sees 49 pixels knows too little for that to pay. Accuracy is not everything: a network that is surer of
        its mistakes may be right as often at a far higher loss, as the charts above show.
        """,
    ),
    Grid(f"count_name count_number {' '.join(columns_of(n) for n in range(len(WAYS)))} | winner"),
    Charts("counts"),
    Unprinted(),
    Words("How far each layer moved from its start, means over the seeds"),
    Charts("distances_1 distances_2 distances_3"),
    Words(
        "The rates of both phases",
        "One cycle, scaled to each highest rate. The recorded runs took these.",
    ),
    Fields("status_frozen status_unfrozen"),
    Fields(
        "frozen_rate kind low_rate high_rate pct_start div_factor final_div_factor base_momentum max_momentum steps"
    ),
    Grid("group_name group_number group_rate | layer_name layer_number layer_group"),
    Grid("kind_name"),
    Grid("cycle_number share momentum frozen_cycle | group_cycle"),
    Words("By step, means over the seeds"),
    Grid("""
        .               loss_regime | held_out_loss_regime | accuracy_regime
        checkpoint_step shown_loss  | shown_held_out_loss  | shown_accuracy
    """),
    Words("How far each layer moved from its start, means over the seeds"),
    Grid("""
        .          moved_layer_1 | moved_layer_2 | moved_layer_3
        moved_step shown_moved_1 | shown_moved_2 | shown_moved_3
    """),
    Words("Accuracy of every seed"),
    Grid("""
        .        final_regime | .
        run_seed shown_final  | difference
    """),
    Words("All that was tried: the mean accuracy over the seeds, and below it their standard deviation"),
    Grid("""
        .            rate_tried | tried_head_1   | tried_head_2   | tried_head_3
        count_tried  tried_0    | tried_1        | tried_2        | tried_3
        count_spread tried_spread_0 | tried_spread_1 | tried_spread_2 | tried_spread_3
    """),
    Words(
        "All that was recorded",
        "Each column is a regime and a number of pictures a class, as charts and tables above choose them.",
    ),
    Grid("""
        . regime_head   | moved_head
        . loss          | moved_1
        . held_out_loss | moved_2
        . accuracy      | moved_3
        . final         | .
    """),
    Grid("scratch_rate"),
)


def sheet(sizes: Mapping[str, int], facts: Mapping[str, str]) -> Sheet:
    """Curves, distances, what 20 seeds say, and the rates by step."""
    steps = sizes["cycle_step"]
    return Sheet(
        name="the_run",
        title="The run",
        summary="the whole run beside training from scratch, over 20 seeds: when transfer wins, and when it does not",
        words=f"""
            Is it worth starting from what a network knows? Blue: fine-tuning, {steps} steps with the body frozen and {steps} with
            everything trained. Orange: the same with one learning rate for all layers that is too large. Green: from scratch, at the best
            of {sizes["tried"]} rates. Each was done {sizes["run"]} times, with other pictures. A guess is right one time in three.
        """,
        tries="Choose fewer pictures, and see who wins.",
        blocks=(*_summary(facts), *_curves(), *_moved(), *tried(), *cycle()),
        layout=LAYOUT,
        experts=f"""
            Settled before anything was measured: the digits, the network, the steps, 10 pictures a class, slice(b/100, b). Settled after a first look: Adam, for
            plain SGD was too slow from scratch to be a fair opponent, and b = 0.01. From scratch the rate is the one that suits it best on the very pictures that
            it is measured on. The rate that is too large is {facts["large_rate"]}. The cycle is torch's OneCycleLR; every step takes all pictures.
        """,
        charts=_charts(sizes),
        derive=_derive(),
    )


def _derive() -> tuple[Derive, ...]:
    """What the seeds say, the best rate of each way, and the rates by step."""
    return (
        Derive("fine_tuning.chosen_count", shown=False),
        Derive("fine_tuning.at_the_end", inputs={"held_out_loss": "shown_held_out_loss"}, shown=False),
        Derive("fine_tuning.run_summary", inputs={"final": "shown_final"}),
        *(
            Derive(
                "fine_tuning.rate_grid",
                inputs={"accuracy": f"tried_{n}", "spread": f"tried_spread_{n}", "tried_rate": "rate_tried"},
                outputs={what: f"{what}_{n}" for what in ("best", "best_spread", "best_rate")},
                shown=n == 0,
            )
            for n in range(len(WAYS))
        ),
        *(
            Derive(
                "fine_tuning.gains",
                inputs={"fine_best": f"best_{n}", "scratch_best": "best_0"},
                outputs={"gain": f"gain_{n}"},
                shown=n == 1,
            )
            for n in range(1, len(WAYS))
        ),
        Derive(
            "fine_tuning.best_way",
            inputs={way: f"best_{n}" for n, way in enumerate(("scratch", "spread_rates", "tenth", "single"))},
            shown=False,
        ),
        Derive("fine_tuning.one_cycle"),
        Derive("fine_tuning.layer_rates", outputs={"layer_rate": ""}, shown=False),
        Derive("fine_tuning.cycle_rates"),
    )


def _summary(facts: Mapping[str, str]) -> tuple[Given | Formula | Recorded, ...]:
    """What the seeds say of the number of pictures chosen."""
    regime: dict[str, Any] = {"axes": "regime", **PERCENT}
    statistics: tuple[tuple[str, str, str, Role | None], ...] = (
        ("mean", "mean", "AVERAGE", "result"),
        ("spread", "standard deviation", "STDEV", None),
        ("least", "least", "MIN", None),
        ("most", "most", "MAX", None),
    )
    return (
        Given(
            name="shown_count",
            title="pictures of each class",
            value=facts["shown_count"],
            choices="the_run.count_name",
            words="to learn from: choose, and the charts follow",
        ),
        Recorded(name="scratch_rate", axes="count", title="rate from scratch", number_format="0.000", made_by=MADE_BY),
        Formula(
            name="shown_scratch_rate",
            title="rate from scratch",
            number_format="0.000",
            pattern="INDEX(scratch_rate, MATCH(shown_count, count_name, 0), 1)",
            words="the best of those tried",
        ),
        Given(
            name="compared",
            title="compare",
            value=REGIMES[0],
            choices=REGIMES[:2],
            words="with training from scratch",
        ),
        axis_names("regime_name", "regime", "run"),
        *(
            Formula(
                name=name,
                title=heading,
                pattern=f"{function}(shown_final)",
                role=role,
                scale="shown_final",
                width=11,
                **regime,
            )
            for name, heading, function, role in statistics
        ),
        *_compared(),
        Formula(
            name="end_loss",
            axes="regime",
            title="loss, held out",
            number_format="0.000",
            width=11,
            pattern="INDEX(shown_held_out_loss, COUNT(checkpoint_step), 1)",
        ),
        axis_numbers("run_seed", "run", "seed"),
        Recorded(
            name="final",
            axes="run regime count",
            across="regime count",
            title="final accuracy of every seed",
            made_by=MADE_BY,
            **PERCENT,
        ),
        _headed("final_regime", "regime"),
        Formula(name="shown_final", axes="run regime", title="final accuracy", pattern=_chosen("final"), **PERCENT),
    )


def _compared() -> tuple[Formula, ...]:
    """How much better fine-tuning is than training from scratch, and whether that may be chance."""
    return (
        Formula(
            name="difference",
            axes="run",
            title="difference",
            width=11,
            scale="shown_final",
            pattern=f'INDEX(shown_final, 1, IF(compared="{REGIMES[0]}", 1, 2))-INDEX(shown_final, 1, {len(REGIMES)})',
            **PERCENT,
        ),
        Formula(
            name="mean_difference",
            title="mean difference",
            role="result",
            scale="shown_final",
            pattern="AVERAGE(difference)",
            number_format="+0.0%;-0.0%",
            words="more (or less) of the pictures are read right",
        ),
        Formula(
            name="standard_error",
            title="standard error",
            scale="shown_final",
            pattern="STDEV(difference)/SQRT(COUNT(difference))",
            words="of the mean difference: if the difference is more than twice this, chance is a poor explanation",
            **PERCENT,
        ),
        Formula(
            name="wins", title="better in", number_format="0", pattern='COUNTIF(difference, ">0")', words="of the runs"
        ),
        Formula(
            name="losses", title="worse in", number_format="0", pattern='COUNTIF(difference, "<0")', words="of the runs"
        ),
        Formula(
            name="verdict",
            title="verdict",
            width=21,
            text=True,
            role="check",
            pattern="""IF(mean_difference>2*standard_error, "fine-tuning wins",
                       IF(mean_difference<-2*standard_error, "from scratch wins", "no clear difference"))""",
        ),
    )


def _headed(name: str, axis: str) -> Formula:
    """The names above the columns of a table."""
    return label(name, axis, f"{axis}_name", across=axis, text=True, width=COLUMN)


def _chosen(name: str) -> str:
    """What was recorded with the number of pictures chosen."""
    return f"INDEX({name}, 1, MATCH(shown_count, count_name, 0))"


def _curves() -> tuple[Given | Formula | Recorded, ...]:
    """Losses and accuracy by step."""
    found: list[Given | Formula | Recorded] = [
        axis_numbers("checkpoint_step", "checkpoint", "after step"),
        axis_names("regime_head", "regime count", across="regime count", upright=True),
    ]
    for name, heading in CURVES.items():
        shown: dict[str, Any] = PERCENT if name == "accuracy" else {"number_format": "0.000"}
        found += [
            Recorded(
                name=name,
                axes="checkpoint regime count",
                across="regime count",
                title=heading,
                made_by=MADE_BY,
                **shown,
            ),
            _headed(f"{name}_regime", "regime"),
            Formula(name=f"shown_{name}", axes="checkpoint regime", title=heading, pattern=_chosen(name), **shown),
        ]
    return tuple(found)


def _moved() -> tuple[Given | Formula | Recorded, ...]:
    """Distances of the layers by step, in each regime."""
    found: list[Given | Formula | Recorded] = [
        axis_names("moved_head", "layer count", across="layer count", upright=True),
        label("moved_step", "checkpoint", "checkpoint_step", "after step", number_format="0"),
    ]
    for number, regime in enumerate(REGIMES, start=1):
        found += [
            Recorded(
                name=f"moved_{number}",
                axes="checkpoint layer count",
                across="layer count",
                title=f"distance of each layer, {regime}",
                number_format="0.000",
                made_by=MADE_BY,
            ),
            _headed(f"moved_layer_{number}", "layer"),
            Formula(
                name=f"shown_moved_{number}",
                axes="checkpoint layer",
                title=regime,
                number_format="0.000",
                pattern=_chosen(f"moved_{number}"),
            ),
        ]
    return tuple(found)


def _charts(sizes: Mapping[str, int]) -> tuple[Chart, ...]:
    """A regime, and the way of setting rates that it has, are of one colour in all charts."""
    steps: dict[str, Any] = {"x_title": f"step (fine-tuning: body frozen up to {sizes['cycle_step']})"}
    steps["x_high"] = 2 * sizes["cycle_step"]
    return (
        Chart(
            name="accuracies",
            title="Accuracy on pictures held out",
            series=_by_regime("accuracy"),
            y_title="accuracy",
            alt="Mean accuracy over the seeds by step: fine-tuned, with one large rate, from scratch.",
            y_low=0.2,
            y_high=1.0,
            y_format="0%",
            columns=2,
            rows=16,
            **steps,
        ),
        Chart(
            name="held_out_losses",
            title="Loss on pictures held out",
            series=_by_regime("held_out_loss"),
            y_title="cross-entropy",
            alt="Mean loss on the pictures held out by step: with one large rate, and from scratch, it rises again.",
            y_low=0.0,
            columns=3,
            rows=16,
            **steps,
        ),
        Chart(
            name="losses",
            title="Loss on the pictures learned from",
            series=_by_regime("loss"),
            y_title="cross-entropy",
            alt="Mean loss on the pictures learned from by step: it falls towards 0.",
            y_low=0.0,
            columns=3,
            rows=16,
            **steps,
        ),
        Chart(
            name="counts",
            title="Best accuracy by pictures of each class",
            series=tuple(Series(f"best_{n}", WAYS[n], "count_number", colour=LOOKS[n]) for n in range(len(WAYS))),
            x_title="pictures of each class",
            y_title="accuracy",
            alt="Mean accuracy at the best rate of each way, by the number of pictures of each class.",
            x_high=float(sizes["shot"]),
            y_low=0.5,
            y_format="0%",
            columns=4,
        ),
        *(
            Chart(
                name=f"distances_{number}",
                title=f"How far each layer moved, {regime}",
                series=tuple(
                    Series(f"shown_moved_{number}", layer, "moved_step", (i,)) for i, layer in enumerate(LAYER_WORDS)
                ),
                y_title="distance",
                alt=f"How far each layer has come from its start by step, {regime}.",
                y_low=0.0,
                columns=4 if number == 1 else 6,
                **steps,
            )
            for number, regime in enumerate(REGIMES, start=1)
        ),
    )


def _by_regime(name: str) -> tuple[Series, ...]:
    return tuple(Series(f"shown_{name}", regime, "checkpoint_step", (i,)) for i, regime in enumerate(REGIMES))
