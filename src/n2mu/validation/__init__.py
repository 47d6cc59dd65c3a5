"""The whole configuration against the ntuples, before any job is started."""
