"""Scoring a chunk: who scores what, where it is written, and what is refused."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers_scoring import FOLDS, MEMBERS, Chunk, one_line, read_trees, scored_table
from helpers_templates import (
    Columns,
    ntuple_columns,
    save_folds,
    training,
    write_ntuple,
)

from n2mu.config.features import Feature
from n2mu.data.folds import fold_of
from n2mu.errors import (
    AlignmentError,
    ConfigurationError,
    InputError,
    ProductError,
)
from n2mu.products import file_digest, read_json
from n2mu.scoring.friends import ScoresOfFiles, write_friends
from n2mu.scoring.manifest import verify_friends
from n2mu.scoring.stage import run_score
from n2mu.skim.read import Skim
from n2mu.training.checkpoint import load, save


@pytest.fixture(scope="module")
def chunk(tmp_path_factory: pytest.TempPathFactory) -> Chunk:
    made = Chunk(tmp_path_factory.mktemp("scoring"))
    write_ntuple(
        made.base / "deep" / "ttH.root",
        {
            "nominal": ntuple_columns(1, 100, 120),
            "JES_up": ntuple_columns(2, 110, 90),
            "JES_down": {n: v[:0] for n, v in ntuple_columns(3, 0, 1).items()},
        },
    )
    shared = {"nominal": ntuple_columns(4, 1000, 60), "loose": ntuple_columns(5, 2000, 70)}
    shared["nominal"]["x"][-1] = 0.0  # the last entry is not selected
    write_ntuple(made.base / "shared.root", shared)
    nothing = ntuple_columns(6, 3000, 10) | {"x": np.full(10, -1.0, dtype=np.float32)}
    write_ntuple(made.base / "empty.root", {"nominal": nothing})
    save_folds(made.path / "models", FOLDS)
    made.skim()
    made.score()
    return made


@pytest.fixture
def changed(chunk: Chunk, tmp_path: Path) -> Chunk:
    """A copy of the chunk that a test may change."""
    return chunk.copy(tmp_path)


def test_every_ntuple_has_a_friend_with_its_trees_and_entries(chunk: Chunk) -> None:
    for path in ("deep/ttH.root", "shared.root", "empty.root"):
        ntuple = read_trees(chunk.base / path)
        friend = read_trees(chunk.friends / "mc" / path)
        assert list(friend) == list(ntuple)
        for tree, columns in friend.items():
            assert set(columns) == {"toy_sig", "toy_bkg", "n2mu_eventNumber"}
            assert columns["toy_sig"].dtype == columns["toy_bkg"].dtype == np.float32
            expected = ntuple[tree]["eventNumber"].astype(np.int64)
            np.testing.assert_array_equal(columns["n2mu_eventNumber"], expected)


@pytest.mark.parametrize(
    ("data_set", "kind"), [("ttH.a", "nominal"), ("ttH.a", "JES_up"), ("tt.a", "nominal")]
)
def test_friends_hold_the_scores_of_scored_entries_and_minus_99(
    chunk: Chunk, data_set: str, kind: str
) -> None:
    path, nominal, _ = MEMBERS[data_set]
    tree = nominal if kind == "nominal" else kind
    ntuple = read_trees(chunk.base / path)[tree]
    friend = read_trees(chunk.friends / "mc" / path)[tree]
    passed = ntuple["x"] > 0.5
    scores = scored_table(chunk, data_set, kind)
    np.testing.assert_array_equal(scores["n2mu_entry"], np.flatnonzero(passed))
    for column in ("toy_sig", "toy_bkg"):
        np.testing.assert_array_equal(friend[column][passed], scores[column])
        assert (friend[column][~passed] == -99).all()
    assert 0 < passed.sum() < len(passed)


def test_each_event_is_scored_by_the_model_of_its_own_fold(chunk: Chunk) -> None:
    models = [load(path, "cpu") for path in chunk.models["toy"]]
    ntuple = read_trees(chunk.base / "deep" / "ttH.root")["nominal"]
    scores = scored_table(chunk, "ttH.a")
    assert set(scores["n2mu_fold"]) == {0, 1, 2}
    np.testing.assert_array_equal(scores["n2mu_fold"], fold_of(scores["n2mu_event"], FOLDS))
    for row, entry in enumerate(scores["n2mu_entry"]):
        event = {name: ntuple[name][entry : entry + 1] for name in ("x", "y")}
        each = [float(model.predict(event, 1)[0, 0]) for model in models]
        own = each.pop(scores["n2mu_fold"][row])
        assert scores["toy_sig"][row] == pytest.approx(own, rel=1e-5)
        assert all(abs(other - own) > 1e-3 for other in each)


def test_scores_are_row_aligned_with_the_skim(chunk: Chunk) -> None:
    for data_set, kind in (("ttH.a", "nominal"), ("ttH.a", "JES_up"), ("ttW.a", "nominal")):
        skim = pq.read_table(chunk.path / "skim" / "c0" / data_set / f"{kind}.parquet")
        scores = scored_table(chunk, data_set, kind)
        for key in ("n2mu_file", "n2mu_entry", "n2mu_event"):
            np.testing.assert_array_equal(scores[key], skim.column(key).to_numpy())
    assert not (chunk.output / "ttH.a" / "training.parquet").exists()
    assert not (chunk.output / "ttH.a" / "JES_down.parquet").exists()
    assert not (chunk.output / "empty.a").exists()


def test_a_file_without_selected_events_has_a_friend_all_the_same(chunk: Chunk) -> None:
    friend = read_trees(chunk.friends / "mc" / "empty.root")["nominal"]
    assert (friend["toy_sig"] == -99).all()
    assert len(friend["toy_sig"]) == 10


def test_the_manifest_lists_paths_and_entries(chunk: Chunk) -> None:
    manifest = read_json(chunk.output / "manifest.json")
    assert {f["path"]: f["entries"] for f in manifest["friends"]} == {
        "mc/deep/ttH.root": {"nominal": 120, "JES_up": 90, "JES_down": 0},
        "mc/shared.root": {"nominal": 60, "loose": 70},
        "mc/empty.root": {"nominal": 10},
    }


def test_the_scores_of_a_data_set_are_read_once_for_all_its_ntuples(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    place = random.integers(0, 40, 300).astype(np.int32)
    table: Columns = {
        "n2mu_file": place,
        "n2mu_entry": np.arange(300),
        "n2mu_event": random.permutation(300),
        "m_ttH": random.random(300).astype(np.float32),
    }
    path = tmp_path / "ttH" / "nominal.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table(table), path)
    scores = ScoresOfFiles(tmp_path, ["m_ttH"])
    assert scores.of_file("ttH", "JES_up", 0)["m_ttH"].size == 0
    for index in range(41):
        found = scores.of_file("ttH", "nominal", index)
        for name, values in table.items():
            np.testing.assert_array_equal(found[name], values[place == index])
        path.unlink(missing_ok=True)


def test_a_rerun_gives_the_same_content(chunk: Chunk, changed: Chunk) -> None:
    shutil.rmtree(changed.output)
    changed.score()
    assert read_json(changed.output / "manifest.json") == read_json(chunk.output / "manifest.json")
    tables = sorted(p.relative_to(chunk.output) for p in chunk.output.rglob("*.parquet"))
    assert len(tables) == 4
    for path in tables:
        assert pq.read_table(changed.output / path).equals(pq.read_table(chunk.output / path))


def test_without_friend_trees_no_ntuple_is_read_and_the_manifest_tells_scores_apart(
    chunk: Chunk, changed: Chunk
) -> None:
    shutil.rmtree(changed.base)
    shutil.rmtree(changed.friends)
    skim = changed.path / "skim" / "c0"
    run_score(chunk.settings(), skim, changed.models, {}, changed.output, None, "cpu")
    for column, values in scored_table(chunk, "ttH.a", "JES_up").items():
        np.testing.assert_array_equal(scored_table(changed, "ttH.a", "JES_up")[column], values)
    manifest = read_json(changed.output / "manifest.json")
    assert manifest["friends"] == []
    tables = sorted(changed.output.rglob("*.parquet"))
    assert manifest["scores"] == {
        path.relative_to(changed.output).as_posix(): file_digest(path) for path in tables
    }
    verify_friends(changed.output, changed.friends)
    assert not changed.friends.exists()


def test_only_selected_events_are_scored_where_a_selection_says_so(
    chunk: Chunk, changed: Chunk
) -> None:
    selection = "x > 2"
    told: Any = (changed.path / "skim" / "c0", changed.models, {}, changed.output, None, "cpu")
    run_score(chunk.settings(selections=["y > 1e9"]), *told)
    assert np.isnan(scored_table(changed, "tt.a")["toy_sig"]).all()
    run_score(chunk.settings(selections=[selection, "y > 1e9"]), *told)
    skim = Skim([chunk.path / "skim" / "c0"])
    for kind in ("nominal", "JES_up"):
        inside = skim.table("ttH.a", kind, ["x"])["x"] > 2
        assert 0 < inside.sum() < inside.size
        found, whole = scored_table(changed, "ttH.a", kind), scored_table(chunk, "ttH.a", kind)
        np.testing.assert_allclose(
            found["toy_sig"][inside], whole["toy_sig"][inside], rtol=1e-6, atol=0
        )
        assert np.isnan(found["toy_sig"][~inside]).all()
        for column in ("n2mu_entry", "n2mu_event", "n2mu_fold"):
            np.testing.assert_array_equal(found[column], whole[column])


def test_without_an_event_branch_the_entry_stands_for_the_event(changed: Chunk) -> None:
    changed.skim(event=None)
    changed.score(event=None)
    friend = read_trees(changed.friends / "mc" / "shared.root")["loose"]
    np.testing.assert_array_equal(friend["n2mu_eventNumber"], np.arange(70))
    scores = scored_table(changed, "ttW.a")
    np.testing.assert_array_equal(scores["n2mu_event"], scores["n2mu_entry"])


def test_swapped_events_are_refused_with_file_and_entry(changed: Chunk) -> None:
    entries = scored_table(changed, "tt.a")["n2mu_entry"]
    first, second = int(entries[2]), int(entries[3])

    def swap(columns: Columns) -> Columns:
        order = np.arange(60)
        order[[first, second]] = second, first
        return {name: values[order] for name, values in columns.items()}

    path = changed.rewrite("tt.a", swap)
    with pytest.raises(AlignmentError) as error:
        changed.score()
    one_line(error, path, "tree 'nominal'", f"entry {first} is event", "skim it again")


@pytest.mark.parametrize("keep_scored", [False, True])
def test_an_ntuple_that_lost_entries_is_refused(changed: Chunk, keep_scored: bool) -> None:
    last = int(scored_table(changed, "tt.a")["n2mu_entry"][-1])
    assert last < 59
    size = last + 1 if keep_scored else last
    path = changed.rewrite("tt.a", lambda columns: {n: v[:size] for n, v in columns.items()})
    with pytest.raises(AlignmentError) as error:
        changed.score()
    one_line(error, path, "tree 'nominal'", f"has {size} entries", f"entry {size}")


def test_an_ntuple_that_gained_entries_is_refused(changed: Chunk) -> None:
    path = changed.rewrite(
        "tt.a", lambda columns: {n: np.append(v, v[:1]) for n, v in columns.items()}
    )
    with pytest.raises(AlignmentError) as error:
        changed.score()
    one_line(error, path, "has 61 entries, the skim read 60", "entry 60")


def test_a_replaced_ntuple_is_refused_by_its_listing(changed: Chunk) -> None:
    settings = changed.settings()
    path = changed.rewrite("tt.a", lambda columns: {n: v[::-1] for n, v in columns.items()})
    with pytest.raises(InputError) as error:
        changed.score(settings=settings)
    one_line(error, path, "differs from its listing")


def test_a_refused_chunk_keeps_its_former_scores(changed: Chunk) -> None:
    before = read_json(changed.output / "manifest.json")
    changed.rewrite("ttW.a", lambda columns: {n: v[:-1] for n, v in columns.items()})
    with pytest.raises(AlignmentError):
        changed.score()
    assert read_json(changed.output / "manifest.json") == before
    assert not list(changed.output.parent.glob(".*"))


def test_a_skim_of_other_files_is_refused(changed: Chunk) -> None:
    settings = changed.settings()
    data_sets = list(settings.data_sets)
    other = data_sets[0].files[0].model_copy(update={"path": "other.root"})
    data_sets[0] = data_sets[0].model_copy(update={"files": [other]})
    with pytest.raises(AlignmentError) as error:
        changed.score(data_sets=data_sets)
    one_line(error, "file 0 of ttH.a was mc/deep/ttH.root, listed is mc/other.root")
    data_sets[0] = data_sets[0].model_copy(update={"files": [*settings.data_sets[0].files, other]})
    with pytest.raises(AlignmentError) as error:
        changed.score(data_sets=data_sets)
    one_line(error, "file 1 of ttH.a was none")


def test_a_skim_made_without_a_tree_or_data_set_is_refused(changed: Chunk) -> None:
    first, *others = changed.settings().data_sets
    more = first.model_copy(update={"tree_variations": ["JES_up", "JES_down", "JES_upp"]})
    with pytest.raises(ProductError) as error:
        changed.score(data_sets=[more, *others])
    one_line(error, "made without tree 'JES_upp'", "did you mean 'JES_up'?", "skim this chunk")
    with pytest.raises(ProductError) as error:
        changed.score(data_sets=[first.model_copy(update={"name": "ttH.d"}), *others])
    one_line(error, "no data set 'ttH.d'; did you mean 'ttH.a'?")


def test_folds_in_the_wrong_order_are_refused(changed: Chunk) -> None:
    changed.models["toy"].reverse()
    with pytest.raises(ProductError) as error:
        changed.score()
    one_line(error, "fold2", "is fold 2 of 3 of model 'toy', expected fold 0 of 3")


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["bkg", "sig"]},
        {"features": {"x": Feature(), "z": Feature(expression="x + y", missing=[float("nan")])}},
    ],
)
def test_folds_trained_with_other_settings_are_refused(
    changed: Chunk, changes: Mapping[str, object]
) -> None:
    other = save_folds(changed.path / "other", FOLDS, **changes)
    changed.models["toy"][1] = other[1]
    with pytest.raises(ProductError) as error:
        changed.score()
    one_line(error, other[1], "was trained with other settings", "train model 'toy' again")


def test_a_trial_of_random_subsampling_scores_nothing(changed: Chunk) -> None:
    other = save_folds(changed.path / "other", FOLDS)
    for path in other:
        model = load(path, "cpu")
        trial = model.settings.classifier.model_copy(update={"fold_seed": 2})
        told = model.settings.model_copy(update={"classifier": trial})
        save(path, told, model.scaler, model.network.state_dict())
    changed.models["toy"] = other
    with pytest.raises(ProductError) as error:
        changed.score()
    one_line(error, other[0], "is a trial of random subsampling", "fold_seed: 0")


def test_the_file_of_another_model_is_refused(changed: Chunk) -> None:
    changed.models["toy"] = save_folds(changed.path / "other", FOLDS, model="other")
    with pytest.raises(ProductError) as error:
        changed.score()
    one_line(error, "of model 'other'", "of 'toy'")


def test_models_of_different_numbers_of_folds_are_refused(changed: Chunk) -> None:
    changed.models["four"] = save_folds(changed.path / "four", 4, model="four")
    with pytest.raises(ProductError) as error:
        changed.score(models=["toy", "four"])
    one_line(error, "{'toy': 3, 'four': 4}")


def test_two_models_cannot_share_a_score_column(changed: Chunk) -> None:
    for model, classes in (("a", ["b_c", "d"]), ("a_b", ["c", "d"])):
        changes: dict[str, object] = {"model": model, "classes": classes, "signal_class": "d"}
        changes["samples"] = []
        assert training(0, FOLDS, **changes).model == model
        changed.models[model] = save_folds(changed.path / model, FOLDS, **changes)
    with pytest.raises(ConfigurationError) as error:
        changed.score(models=["a", "a_b"])
    one_line(error, "score column 'a_b_c'")


def test_friends_as_written_pass(chunk: Chunk) -> None:
    verify_friends(chunk.output, chunk.friends)


def test_friends_written_again_with_the_same_content_pass(changed: Chunk) -> None:
    path = changed.friends / "mc" / "shared.root"
    before = path.read_bytes()
    write_friends(path, read_trees(path))
    assert path.read_bytes() != before
    verify_friends(changed.output, changed.friends)


def test_a_missing_friend_is_refused(changed: Chunk) -> None:
    path = changed.friends / "mc" / "shared.root"
    path.unlink()
    with pytest.raises(ProductError, match="friend tree is missing") as error:
        verify_friends(changed.output, changed.friends)
    one_line(error, path)


def _one_value(trees: dict[str, Columns]) -> None:
    trees["loose"]["toy_sig"][5] += 1e-3


def _shorter(trees: dict[str, Columns]) -> None:
    trees["loose"] = {name: values[:-1] for name, values in trees["loose"].items()}


def _renamed(trees: dict[str, Columns]) -> None:
    trees["tight"] = trees.pop("loose")


@pytest.mark.parametrize("change", [_one_value, _shorter, _renamed])
def test_a_changed_friend_is_refused(
    changed: Chunk, change: Callable[[dict[str, Columns]], None]
) -> None:
    path = changed.friends / "mc" / "shared.root"
    trees = read_trees(path)
    change(trees)
    write_friends(path, trees)
    with pytest.raises(ProductError, match="changed after it was written") as error:
        verify_friends(changed.output, changed.friends)
    one_line(error, path)


def test_a_truncated_friend_is_refused(changed: Chunk) -> None:
    path = changed.friends / "mc" / "shared.root"
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(ProductError, match="cannot be read") as error:
        verify_friends(changed.output, changed.friends)
    one_line(error, path)
