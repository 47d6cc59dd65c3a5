"""Templates: histograms per region, sample and variation, and the workspace made of them."""
