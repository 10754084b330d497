"""The command line; heavy imports happen inside commands."""
