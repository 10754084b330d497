"""The players of the band, one a file; see `toolkit.style.band.playing`."""
