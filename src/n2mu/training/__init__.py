"""Training of one model of one fold, and the file it is kept in."""
