"""Numbers that judge a classifier or a selection; numpy only."""
