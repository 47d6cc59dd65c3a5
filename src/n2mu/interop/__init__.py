"""Other formats: HistFactory XML, and configurations of TRExFitter in and out."""
