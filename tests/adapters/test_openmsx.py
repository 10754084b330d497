import pytest

from toolkit.adapters import openmsx
from toolkit.errors import UsageError


@pytest.mark.slow  # needs Debian's openttd-openmsx, as the suite itself does
def test_songs_are_read():
    assert len(openmsx.songs()) == 31
    assert len(openmsx.read("be_sharp_bw_redfarn")) == 3701
    with pytest.raises(UsageError, match="no song 'nothing'"):
        openmsx.read("nothing")
