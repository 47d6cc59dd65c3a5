"""What all configuration models share."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A part of the configuration: unknown keys are errors, values do not change.

    Numbers are finite: NaN passes every comparison that would find a mistake.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, ser_json_inf_nan="strings"
    )
