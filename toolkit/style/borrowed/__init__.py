"""The style of a file: hear how its players accompany, and let a band play another piece so."""
