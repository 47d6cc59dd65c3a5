"""The configuration of an analysis: pydantic models, one module per YAML file."""
