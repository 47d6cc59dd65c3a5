"""The kinds of systematics by the name that ``systematics.yaml`` uses."""

from n2mu.config.kinds.bins import BinsSystematic
from n2mu.config.kinds.input import InputSystematic
from n2mu.config.kinds.norm import NormSystematic
from n2mu.config.kinds.sample import SampleSystematic
from n2mu.config.kinds.set import SetSystematic
from n2mu.config.kinds.systematic import Systematic
from n2mu.config.kinds.tree import TreeSystematic
from n2mu.config.kinds.weight import WeightSystematic

KINDS: dict[str, type[Systematic]] = {
    "norm": NormSystematic,
    "bins": BinsSystematic,
    "weight": WeightSystematic,
    "tree": TreeSystematic,
    "input": InputSystematic,
    "sample": SampleSystematic,
    "set": SetSystematic,
}
