"""A tree with branches of every type, in ROOT's hands and as columns."""

import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uproot

EVENTS = 400
SCALARS = {
    # branch: (array code, leaf code)
    "b": ("B", "O"),
    "c": ("b", "B"),
    "s": ("h", "S"),
    "i": ("i", "I"),
    "u": ("I", "i"),
    "l": ("q", "L"),
    "ul": ("Q", "l"),
    "f": ("f", "F"),
    "d": ("d", "D"),
    "w": ("d", "D"),
    "lep.pt": ("f", "F"),
    "uc": ("B", "b"),
    "us": ("H", "s"),
}
VECTORS = {
    # branch: (type of the elements, how an element is made of an element of v)
    "e": ("double", abs),
    "vb": ("bool", lambda x: x > 25),
    "vc": ("char", lambda x: chr(int(abs(x)) % 100)),
    "vl": ("Long64_t", lambda x: int(x) * 2**33),
    "vu": ("unsigned int", lambda x: int(x) + 4_000_000_000),
    "vs": ("short", lambda x: 7 * int(x)),
    "vus": ("unsigned short", lambda x: int(abs(x)) + 65_000),
    "vuc": ("unsigned char", lambda x: (int(x) + 200) % 256),
    "vul": ("ULong64_t", lambda x: int(abs(x)) * 2**33),
}


@dataclass(repr=False)
class Sample:
    """The same tree in ROOT's hands and as columns."""

    root: Any
    tree: Any
    columns: Mapping[str, Any]

    def formula(self, text: str) -> Any:
        """Compile; on a bad formula ROOT would go on and return every entry."""
        formula = self.root.TTreeFormula("formula", text, self.tree)
        assert formula.GetNdim() > 0, f"ROOT does not compile {text}"
        return formula

    def drawn(self, text: str) -> np.ndarray:
        """Return what TTree::Draw fills for every event, NaN where it fills nothing."""
        self.formula(text)
        filled = self.tree.Draw(f"({text}):Entry$", "", "goff")
        entries = np.array([self.tree.GetV2()[n] for n in range(filled)], dtype=int)
        assert len(set(entries.tolist())) == filled, f"{text} has several values per event"
        expected = np.full(EVENTS, np.nan)
        expected[entries] = [self.tree.GetV1()[n] for n in range(filled)]
        return expected

    def values(self, text: str, events: int) -> np.ndarray | None:
        """Evaluate on the first events, or return None if ROOT does not compile it.

        Every branch is read beforehand: what TTreeFormula skips behind ``&&`` and
        ``?`` it may later take from the event before.
        """
        formula = self.root.TTreeFormula("formula", text, self.tree)
        if formula.GetNdim() <= 0:
            return None
        result = np.empty(events)
        for event in range(events):
            self.tree.GetEntry(event)
            result[event] = formula.EvalInstance(0) if formula.GetNdata() else np.nan
        return result


def _event(generator: np.random.Generator, number: int) -> dict[str, Any]:
    special = [0.0, 0.1, -0.1, 1.0, -1.0, 3.0, np.inf, -np.inf, np.nan, 1e300, -1e300]
    d = special[number] if number < len(special) else float(generator.normal(0, 5))
    lists = {
        "v": generator.normal(30, 20, generator.poisson(1.5)).tolist(),
        "k": generator.integers(-3, 4, generator.poisson(1.0)).tolist(),
    }
    lists |= {name: [make(x) for x in lists["v"]] for name, (_, make) in VECTORS.items()}
    return {
        "b": bool(generator.integers(2)),
        "c": int(generator.integers(-2, 3)),
        "s": int(generator.integers(-300, 300)),
        "i": int(generator.integers(-20, 20)),
        "u": int(generator.choice([0, 1, 2, 3, 7, 3_000_000_000])),
        "l": int(generator.choice([-(2**40), -5, 0, 7, 2**40 + 1, 2**53])),
        "ul": int(generator.choice([0, 1, 5, 2**33, 2**53])),
        "f": float(generator.choice([0.1, 0.7, -0.1, 2.5, 0.0])),
        "d": d,
        "w": float(generator.normal(0, 2)),
        "lep.pt": float(generator.exponential(30e3)),
        "uc": int(generator.integers(0, 256)),
        "us": int(generator.choice([0, 1, 65535])),
        **lists,
    }


def make_sample(root: Any, path: Path) -> Iterator[Sample]:
    """Write the tree with ROOT and yield it as ROOT reads it and as columns."""
    file = root.TFile(str(path), "RECREATE")
    tree = root.TTree("tree", "tree")
    buffers: dict[str, Any] = {}
    for name, (code, leaf) in SCALARS.items():
        buffers[name] = array.array(code, [0])
        tree.Branch(name, buffers[name], f"{name}/{leaf}")
    fixed = array.array("f", [0, 0, 0])
    tree.Branch("a", fixed, "a[3]/F")
    flags = array.array("B", [0, 0])
    tree.Branch("ab", flags, "ab[2]/O")
    size, ragged = array.array("i", [0]), array.array("h", [0] * 4)
    tree.Branch("n", size, "n/I")
    tree.Branch("j", ragged, "j[n]/S")
    vectors = {"v": root.std.vector("float")(), "k": root.std.vector("int")()}
    vectors |= {name: root.std.vector(kind)() for name, (kind, _) in VECTORS.items()}
    for name, vector in vectors.items():
        tree.Branch(name, vector)
    generator = np.random.default_rng(12)
    for number in range(EVENTS):
        event = _event(generator, number)
        for name, buffer in buffers.items():
            buffer[0] = event[name]
        for name, vector in vectors.items():
            vector.clear()
            for item in event[name]:
                vector.push_back(item)
        for index in range(3):
            fixed[index] = number % (index + 4)
        flags[0], flags[1] = number % 2, number % 3 == 0
        size[0] = number % 5
        for index in range(size[0]):
            ragged[index] = int(generator.integers(-300, 300))
        tree.Fill()
    tree.Write()
    file.Close()
    with uproot.open(path) as opened:
        columns = {name: branch.array() for name, branch in opened["tree"].items()}
    for name in SCALARS:
        columns[name] = columns[name].to_numpy()
    columns["n2mu_entry"] = np.arange(EVENTS)
    file = root.TFile.Open(str(path))
    tree = file.Get("tree")
    yield Sample(root, tree, columns)
    file.Close()
