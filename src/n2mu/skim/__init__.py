"""The skim: selected rows and columns of ntuples in Parquet."""
