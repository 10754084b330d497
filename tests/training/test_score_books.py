from toolkit.adapters.annotated_scores import Bar, Score
from toolkit.training import score_books

BOOK = "oneills1850/0721-0730.abc"


def invented(pitches, step=1.0):
    notes = tuple((step * at, step, pitch, 0) for at, pitch in enumerate(pitches))
    bars = tuple(Bar(4.0 * at, 4.0, 4, 4) for at in range(int(len(pitches) * step / 4) + 1))
    return Score(notes, bars, ())


def test_a_book_holds_many_works():
    names = score_books.names(BOOK)
    assert len(names) == 10
    first, second = (score_books.score(name) for name in names[:2])
    assert first.notes != second.notes
    assert first.bars


def test_a_work_of_its_own_file_is_read_by_its_path():
    assert "bach/bwv66.6" in score_books.names("bach")
    assert len({note[3] for note in score_books.score("bach/bwv66.6").notes}) == 4


def test_a_melody_is_the_top_of_the_top_part_without_repeated_notes():
    notes = ((0.0, 1.0, 60, 0), (0.0, 1.0, 64, 0), (0.0, 1.0, 80, 1), (1.0, 1.0, 64, 0))
    score = Score((*notes, (2.0, 1.0, 62, 0)), (Bar(0.0, 4.0, 4, 4),), ())
    assert score_books.melody(score) == [64, 62]


def test_a_melody_is_known_again_in_another_key_and_rhythm():
    pitches = [60, 62, 64, 60, 67, 65, 64, 62, 60, 59, 60, 64, 67, 72, 71, 69]
    one = score_books.traits(invented(pitches))
    assert one == score_books.traits(invented([pitch + 5 for pitch in pitches], 0.5))
    assert not one & score_books.traits(invented(pitches[::-1]))


def test_works_with_a_reserved_melody_are_left_out():
    names = score_books.names(BOOK)
    assert score_books.strangers(names, names[:1]) == names[1:]
    assert score_books.strangers(names[:3], []) == names[:3]
    # Two settings of O Haupt voll Blut und Wunden, in other keys and harmonies.
    assert score_books.strangers(["bach/bwv244.54"], ["bach/bwv244.17"]) == []
