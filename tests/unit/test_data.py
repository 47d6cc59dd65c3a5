"""Folds, matrices and scaling."""

from typing import Any

import awkward as ak
import numpy as np
import pytest

from n2mu.config.features import Feature
from n2mu.data.folds import fold_of, splitmix64, training_folds, validation_fold
from n2mu.data.matrix import branches_of, class_counts, continuous_features, pack
from n2mu.data.objects import collections
from n2mu.data.scaling import fit_scaler
from n2mu.errors import InputError, ProductError, TrainingError

# the increment of SplitMix64: its n-th output from a seed is the hash of seed + n * this
GOLDEN = 0x9E3779B97F4A7C15


def test_the_hash_is_splitmix64() -> None:
    # the published test vector: the first outputs of the generator with seed 1234567
    state = np.array([1234567 + n * GOLDEN & (2**64 - 1) for n in range(5)], np.uint64)
    assert splitmix64(state).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_folds_share_the_events_evenly_and_do_not_depend_on_their_order() -> None:
    event = np.arange(-5000, 95000)
    fold = fold_of(event, 5)
    assert fold.dtype == np.int8
    # five standard deviations of a binomial count
    assert np.abs(np.bincount(fold) - 20000).max() < 5 * np.sqrt(100000 * 0.2 * 0.8)
    assert np.array_equal(fold_of(event[::-1], 5), fold[::-1])


def test_every_seed_deals_the_events_anew() -> None:
    event = np.arange(90000)
    dealt = [fold_of(event, 3, seed) for seed in range(4)]
    assert np.array_equal(dealt[0], fold_of(event, 3))
    for one in range(4):
        for other in range(one):
            # independent: each pair of folds has a ninth of the events, to five sigma
            pairs = np.bincount(3 * dealt[one].astype(int) + dealt[other], minlength=9)
            assert np.abs(pairs - 10000).max() < 5 * np.sqrt(90000 * 8 / 81)


@pytest.mark.parametrize("folds", [3, 5, 10])
def test_each_fold_is_scored_once_validated_once_and_trained_on_by_the_others(folds: int) -> None:
    for k in range(folds):
        roles = [(k, validation_fold(k, folds), *training_folds(k, folds))]
        assert all(sorted(role) == list(range(folds)) for role in roles)
    assert sorted(validation_fold(k, folds) for k in range(folds)) == list(range(folds))


def test_features_become_columns_and_missing_codes_become_nan() -> None:
    features = {
        "pt": Feature(missing=[-99.0, -99.9]),
        "charge": Feature(kind="categorical", values=[-1, 1], missing=[-99.0]),
        "ratio": Feature(expression="pt / 2", missing=[-49.5]),
        "sign": Feature(kind="categorical", expression="charge > 0", values=[0, 1]),
    }
    columns = {
        "pt": np.array([-99.0, -99.9, 3.0], np.float32),
        "charge": np.array([1, -99, -1], np.int8),
    }
    packed = pack(columns, features, 3)
    assert packed.continuous.dtype == np.float32
    # -49.95 is no code of 'ratio': codes are of the value, not of the branch
    expected = np.array([[np.nan, np.nan], [np.nan, -49.95], [3.0, 1.5]], np.float32)
    assert np.array_equal(packed.continuous, expected, equal_nan=True)
    assert packed.categorical.tolist() == [[1, 1], [2, 0], [0, 0]]
    assert class_counts(features) == [3, 3]
    assert branches_of(features) == ["pt", "charge"]


def test_nan_is_missing_where_it_is_declared() -> None:
    features = {"pt": Feature(missing=[float("nan")])}
    packed = pack({"pt": np.array([np.nan, 1.0])}, features, 2)
    assert np.array_equal(packed.continuous[:, 0], [np.nan, 1.0], equal_nan=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize(
    "feature",
    [Feature(missing=[-99.0]), Feature(kind="categorical", values=[1], missing=[-99.0])],
)
def test_a_value_that_is_no_number_is_refused_by_name(value: float, feature: Feature) -> None:
    with pytest.raises(TrainingError, match=r"feature 'met' is NaN or infinite in 1 of 3 events"):
        pack({"met": np.array([1.0, value, -99.0])}, {"met": feature}, 3)


def test_an_unknown_category_is_refused_by_name_and_value() -> None:
    feature = Feature(kind="categorical", values=[1, 2], missing=[-99.0])
    with pytest.raises(InputError, match=r"feature 'n' has the value 7 in 2 events.*\[1, 2\]"):
        pack({"n": np.array([1, 7, 7, -99])}, {"n": feature}, 4)


def test_what_cannot_be_a_column_is_refused() -> None:
    with pytest.raises(ProductError, match="feature 'mte': no such column; did you mean 'met'"):
        pack({"met": np.zeros(1)}, {"mte": Feature()}, 1)
    with pytest.raises(InputError, match="feature 'pt': expected one number per event"):
        pack({"pt": np.zeros((2, 3))}, {"pt": Feature()}, 2)


def test_scaling_leaves_missing_values_out_and_missing() -> None:
    random = np.random.default_rng(1)
    values = random.normal([5e5, -2.0], [1e5, 0.1], (1000, 2)).astype(np.float32)
    values[random.random((1000, 2)) < 0.3] = np.nan
    scaled = fit_scaler(values).apply(values)
    assert scaled.dtype == np.float32
    assert np.array_equal(np.isnan(scaled), np.isnan(values))
    assert np.allclose(np.nanmean(scaled.astype(float), axis=0), 0, atol=1e-5)
    assert np.allclose(np.nanstd(scaled.astype(float), axis=0), 1, atol=1e-5)


def test_constant_and_empty_features_are_not_divided_by_zero() -> None:
    # the mean of many 0.1 is not 0.1: a standard deviation of rounding errors must not be used
    values = np.stack([np.full(1001, 0.1), np.full(1001, np.nan)], axis=1).astype(np.float32)
    scaler = fit_scaler(values)
    assert scaler.std.tolist() == [1.0, 1.0]
    assert scaler.mean.tolist() == [np.float32(0.1), 0.0]


JETS = Feature(kind="collection", branches=["jet_pt", "jet_eta"], objects=2)


def test_objects_become_columns_and_those_that_are_not_there_are_missing() -> None:
    columns = {
        "met": np.array([1.0, 2.0, 3.0]),
        "jet_pt": ak.Array([[5.0, 4.0, 3.0], [], [7.0]]),
        "jet_eta": ak.Array([[0.5, 0.4, 0.3], [], [0.7]]),
    }
    features = {"jets": JETS, "met": Feature()}
    packed = pack(columns, features, 3)
    nan = np.nan
    expected = [[1, 5, 0.5, 4, 0.4], [2, nan, nan, nan, nan], [3, 7, 0.7, nan, nan]]
    assert np.array_equal(packed.continuous, np.array(expected, np.float32), equal_nan=True)
    names = ["met", "jet_pt[0]", "jet_eta[0]", "jet_pt[1]", "jet_eta[1]"]
    assert continuous_features(features) == names
    (jets,) = collections(features)
    assert (jets.start, jets.objects, jets.branches) == (1, 2, 2)
    assert jets.tied() == [[1, 3], [2, 4]]
    scaler = fit_scaler(packed.continuous, jets.tied())
    assert scaler.mean.tolist() == pytest.approx([2.0, 16 / 3, 1.6 / 3, 16 / 3, 1.6 / 3])
    none = {name: values[:0] for name, values in columns.items()}
    assert pack(none, features, 0).continuous.shape == (0, 5)


@pytest.mark.parametrize(
    ("pt", "eta", "error", "message"),
    [
        ([[1.0], []], [[1.0], [2.0]], InputError, "has 0 objects in 'jet_pt' and 1 in 'jet_eta'"),
        ([[1.0], [np.inf]], [[1.0], [2.0]], TrainingError, "'jet_pt' is NaN or infinite for 1 of"),
        ([1.0, 2.0], [[1.0], [2.0]], InputError, "'jet_pt' has 0 lists inside"),
    ],
)
def test_what_is_no_collection_is_refused(
    pt: list[Any], eta: list[Any], error: type[Exception], message: str
) -> None:
    columns = {"jet_pt": ak.Array(pt), "jet_eta": ak.Array(eta)}
    with pytest.raises(error, match=f"feature 'jets': .*{message}"):
        pack(columns, {"jets": JETS}, 2)
    with pytest.raises(ProductError, match="feature 'jets': no such column"):
        pack({"jet_eta": columns["jet_eta"]}, {"jets": JETS}, 2)
