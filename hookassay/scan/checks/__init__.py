"""What no pattern can say: rules that need several files, several lines, or another parser."""
