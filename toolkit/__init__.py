"""Neural audio restoration and style transfer."""

__version__ = "0.1.0"
