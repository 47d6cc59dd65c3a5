"""Events as matrices: folds, missing codes, scaling."""
