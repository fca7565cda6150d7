"""A short Chinese name: no grammar vouches for it, so two models that were trained apart must read it alike.

A character may be misread as its twin (黄/黃, 龑/龔); where the twins sound unlike, the Latin name on the card tells
which it is. A rare one may be passed over as if nothing stood there: then both models are sure of the rest, and only
the ink tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ocr_integration.engine import fields, shapes, thresholds
from ocr_integration.engine.confidence import Family, Witness
from ocr_integration.engine.fields import Found
from ocr_integration.engine.ink import ink_of
from ocr_integration.engine.kinds import Kind
from ocr_integration.engine.labels import Field
from ocr_integration.engine.lines import Text
from ocr_integration.engine.lookalikes import with_lookalikes
from ocr_integration.engine.models import Models, Recognised
from ocr_integration.engine.opinions import CUTS, cut_line, read_again
from ocr_integration.engine.page import Box, Page, Pixels, cut_box
from ocr_integration.engine.permits import PERMITS
from ocr_integration.engine.romanisation import likeness
from ocr_integration.engine.scripts import Script, are_twins, mostly, scripts_in
from ocr_integration.engine.zone import names_line

# Ink farther than this from every character that was read (in line heights) belongs to one that was passed over...
_FARTHEST_INK = 1.0
# ...and so does ink between two characters whose middles stand this far apart (in steps from one to the next).
_WIDEST_STEP = 1.6
# Columns with this share of the line's height inked, so many heights wide, are a character's.
_INKED_SHARE, _INKED_WIDTH = 0.12, 0.3
# A Latin name is spelt like the Chinese one from this likeness on; its rivals must lie so far below.
_SOUNDS_LIKE, _SOUNDS_BETTER = 0.75, 0.12
# Pinyin that an office wrote is the name's own but for a letter that was misread; below this another character stands
# there. (The nearest of 1,037 drawn names that are right is 1.0; one unlike syllable of a short name makes it 0.86.)
_SPELT_OUT = 0.88
# A look-alike that neither model named stands there when it is spelt as the card says, to the letter or nearly, and
# what was read is not, or is far from it.
_NEARLY_SPELT, _FAR_FROM_IT = 0.8, 0.12
# What sounds alike and is this likely to be what stands there leaves it open.
_LIKELY = 0.35
# So many cuts must say the same at least; those that mix the scripts were misread and do not count.
_FEWEST_ALIKE = 2
# Where a character's twin in the other script might stand, both models' mean over their cuts must be this sure, or one
# of the two be all but certain while the other leaves it open.
_SURE_TWIN, _CERTAIN_TWIN, _OPEN_TWIN = 0.75, 0.95, 0.4
# What neither takes for likelier than all else together is a guess, however unlikely its rivals are.
_LIKELIER_THAN_NOT = 0.6
# What a model does not name at all is hardly this likely.
_UNLIKELY = 0.01
# Characters the other model sees where nothing is score below this.
_GHOST = 0.08
_NAME_IN_ZONE = re.compile("[A-Z]+(<[A-Z]+)*<<[A-Z]+[A-Z<]*")


def settle_name(page: Page, text: Text, models: Models, kind: Kind, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` with a short name as both models read it, as sure as the less sure of them; else not vouched for."""
    name = found.get(Field.NAME)
    if name is None or name.family is not Family.NAME:
        return found
    permit, latin = PERMITS[kind.permit], _latin(text, found)
    script, pinyin = permit.script, latin if permit.is_pinyin else ""
    settled = _at_once(page, text, models, name, script)
    if settled is not None and (heard := _lookalike(settled, latin)):
        settled = heard
    if settled is None or not _is_spelt_out(settled, pinyin):
        settled = _by_cuts(page, text, models, name, script, latin, is_pinyin=permit.is_pinyin)
        scripts = scripts_in((settled or name).text)
        own = mostly(scripts)
        is_sure = settled is not None and (
            settled.witness is Witness.CONFIRMED or settled.weakest >= thresholds.SURE_NAME_CHARACTER
        )
        # A name is printed in one script: one character, or what one model takes it for, is a twin in the other.
        if own and own is not script and (len(scripts) > 1 or (not is_sure and scripts[own] > 1)):
            settled = _by_cuts(page, text, models, name, own, latin, is_pinyin=permit.is_pinyin)
    if settled is None or len(scripts_in(settled.text)) > 1 or _passes_ink_over(page, text, settled):
        settled = replace(settled or name, witness=Witness.CONTRADICTED)
    return held_against_latin(text, kind, {**found, Field.NAME: settled})


def held_against_latin(text: Text, kind: Kind, found: dict[Field, Found]) -> dict[Field, Found]:
    """`found` with its short name's look-alike where only that is spelt as the card's Latin name says.

    Where nothing is, on a permit whose Latin names are pinyin, the name is contradicted; so is a Latin name that lacks
    a part.
    """
    name = found.get(Field.NAME)
    if name is None or name.family is not Family.NAME:
        return found
    latin = _latin(text, found)
    name = _lookalike(name, latin) or name
    if PERMITS[kind.permit].is_pinyin and not _is_spelt_out(name, latin):
        name = replace(name, witness=Witness.CONTRADICTED)
    printed = found.get(Field.ENGLISH_NAME)
    if printed is not None and _lacks_a_part(printed.text, name.text, is_pinyin=PERMITS[kind.permit].is_pinyin):
        found = {**found, Field.ENGLISH_NAME: replace(printed, witness=Witness.CONTRADICTED)}
    return {**found, Field.NAME: name}


def bears_out(page: Page, text: Text, kind: Kind, again: dict[Field, Found], found: dict[Field, Found]) -> bool:
    """Whether a second look at the same print says of the name what the first said, but could not vouch for.

    The first must have read it surely, if only with one model, or with both, if unsurely, and no ink left over; or by
    its sound. Where only one character tells the script, and the permit does not, both must have read it: its twin is
    printed much alike, and what the cuts could not part a coarser picture cannot.
    """
    name, before = again.get(Field.NAME), found[Field.NAME]
    if name is None or name.text != before.text:
        return False
    if before.witness is Witness.CONFIRMED:
        return True
    may_be_its_twin = PERMITS[kind.permit].script is None and scripts_in(name.text).total() == 1
    is_sure = before.weakest >= thresholds.SURE_NAME_CHARACTER and not may_be_its_twin
    is_likely = before.witness is Witness.AGREED or is_sure
    return is_likely and not _passes_ink_over(page, text, before)


def _lookalike(name: Found, latin: str) -> Found | None:
    """The look-alike of a name that is spelt as the card's Latin name says, where what was read is far from that."""
    if not latin:
        return None
    fits = {other: likeness(other, latin) for other in with_lookalikes(name.text)}
    best = max(fits, key=lambda other: fits[other], default="")
    if not best:
        return None
    read = likeness(name.text, latin)
    is_nearly = fits[best] >= _NEARLY_SPELT and fits[best] - read >= _FAR_FROM_IT
    if not is_nearly and not fits[best] == 1.0 > read:
        return None
    return replace(name, text=best, value=replace(name.value, text=best), witness=Witness.CONFIRMED)


def _is_spelt_out(name: Found, pinyin: str) -> bool:
    """Whether the name is spelt as its pinyin says; true where the card states none.

    A name that has one character more than what is spelt took it from beside its line.
    """
    if not pinyin:
        return True
    fit = likeness(name.text, pinyin)
    is_longer = fit < 1.0 and any(likeness(part, pinyin) == 1.0 for part in (name.text[1:], name.text[:-1]))
    return fit >= _SPELT_OUT and not is_longer


def _lacks_a_part(latin: str, name: str, *, is_pinyin: bool) -> bool:
    """Whether a Latin name of one word has lost the comma or all that stood behind it.

    Only the mainland registers names without a surname (ZHAXI); there one is spelt like all of the Chinese name.
    """
    if {",", " "} & set(latin):
        return False
    whole = likeness(name, latin)
    return not is_pinyin or any(likeness(name[:surname], latin) > whole for surname in (1, 2) if surname < len(name))


def _latin(text: Text, found: dict[Field, Found]) -> str:
    """The holder's name in Latin letters: as printed, or in the last machine-readable line of a back."""
    printed = found.get(Field.ENGLISH_NAME)
    if printed is not None:
        return printed.text if fields.is_clear(printed) else ""
    return next(filter(_NAME_IN_ZONE.fullmatch, (names_line(line.text) for line in text.lines)), "")


def _at_once(page: Page, text: Text, models: Models, name: Found, script: Script | None) -> Found | None:
    """The name as it was read, if it is clear and the other model reads the same, as clearly."""
    scripts = scripts_in(name.text)
    if len(scripts) > 1 or (script and set(scripts) - {script}):
        return None
    crop = cut_line(page, text, name.value.line, *CUTS[0], is_apart=True)
    other = read_again(name, _without_ghosts(models.recognise_otherwise([crop])[0]), shapes.name)
    if other is None or other.text != name.text:
        return None
    least = min(name.weakest, other.weakest)
    return _vouched(name, least, Witness.AGREED) if least >= thresholds.SURE_NAME_CHARACTER else None


def _by_cuts(
    page: Page, text: Text, models: Models, name: Found, script: Script | None, latin: str, *, is_pinyin: bool
) -> Found | None:
    """What the cuts of the line say to both models together; or the one they might say that sounds like `latin`."""
    crops = [cut_line(page, text, name.value.line, *cut, is_apart=True) for cut in CUTS]
    others = [_without_ghosts(read) for read in models.recognise_otherwise(crops, script=script)]
    reads = [models.recognise(crops, script=script), others]
    said = [[(again, read) for read in each if (again := read_again(name, read, shapes.name))] for each in reads]
    agreed = _pooled([[each for each in model if len(scripts_in(each[0].text)) < 2] for model in said])
    own, other = (_candidates(each) for each in said)
    both = {
        name: replace(max(own[name], other[name], key=lambda each: each.weakest), witness=Witness.CONFIRMED)
        for name in own.keys() & other.keys()
    }
    every = {name: max(each[name].weakest for each in (own, other) if name in each) for name in own | other}
    heard = _by_sound(both, every, latin) if latin else None
    if agreed is None or agreed.weakest < thresholds.SURE_NAME_CHARACTER:
        return heard or agreed
    if heard is None or heard.text == agreed.text:
        return agreed
    # Read surely, and yet another that might stand there is the one that sounds right: only its own pinyin can tell.
    return heard if is_pinyin and _is_spelt_out(heard, latin) and not _is_spelt_out(agreed, latin) else None


def _candidates(said: list[tuple[Found, Recognised]]) -> dict[str, Found]:
    """All that one model read or might have read, each as sure as it ever was of it."""
    surest: dict[str, Found] = {}
    for again, read in said:
        for each in (again, *_with_rivals(again, read)):
            if each.text not in surest or surest[each.text].weakest < each.weakest:
                surest[each.text] = each
    return surest


def _without_ghosts(read: Recognised) -> Recognised:
    """The reading without characters that are hardly likelier than thousands of others, as at a line's end."""
    kept = [at for at, score in enumerate(read.scores) if score >= _GHOST]
    if len(kept) == len(read.text):
        return read
    scores, places = (tuple(each[at] for at in kept) for each in (read.scores, read.places))
    return Recognised("".join(read.text[at] for at in kept), scores, places, tuple(read.rivals[at] for at in kept))


def _pooled(said: list[list[tuple[Found, Recognised]]]) -> Found | None:
    """The name that both models together take for the likeliest, each character by all cuts of both.

    A character is as likely as one model has it in the mean of its cuts, times the same of the other; its score is its
    share of what stands for all, and to one of the two it must be likelier than not. The models take twins of the two
    scripts for each other alike, so that two that lean one way prove less. None where a twin is too likely, where they
    see different numbers of characters, or too few cuts do.
    """
    length = _length(said)
    if not length:
        return None
    own = [[each for each in model if len(each[0].text) == length] for model in said]
    text, scores = "", []
    for at in range(length):
        first, second = (_likelihoods(each, at) for each in own)
        both = {
            character: first.get(character, _UNLIKELY) * second.get(character, _UNLIKELY)
            for character in first.keys() | second.keys()
        }
        likeliest = max(both, key=lambda character: both[character])
        text += likeliest
        share = both[likeliest] / sum(both.values())
        if max(first.get(likeliest, 0.0), second.get(likeliest, 0.0)) < _LIKELIER_THAN_NOT:
            return None
        has_twin = any(are_twins(likeliest, character) for character in both if character != likeliest)
        if has_twin and not _is_sure_of_its_twin(first.get(likeliest, 0.0), second.get(likeliest, 0.0)):
            return None
        scores.append(share)
    if shapes.name(text) != text:
        return None
    seen = own[0][0][0]
    return replace(seen, text=text, value=replace(seen.value, text=text, scores=tuple(scores)), witness=Witness.AGREED)


def _length(said: list[list[tuple[Found, Recognised]]]) -> int:
    """How many characters the name has: as most cuts of either model say; 0 where the two do not agree, or too few do.

    Where one model sees more in every cut, and the other in some, the other passed a rare character over.
    """
    counts = [Counter(len(name.text) for name, _ in each) for each in said]
    if not all(counts):
        return 0
    usual = {each.most_common(1)[0][0] for each in counts}
    length = max(usual)
    if any(each[length] < _FEWEST_ALIKE for each in counts):
        return 0
    if len(usual) == 1:
        return length if all(2 * each[length] > each.total() for each in counts) else 0
    is_seen_by_one = any(each[length] == each.total() for each in counts)
    return length if is_seen_by_one and max(map(max, counts)) == length else 0


def _is_sure_of_its_twin(first: float, second: float) -> bool:
    is_left_open = max(first, second) >= _CERTAIN_TWIN and min(first, second) >= _OPEN_TWIN
    return first + second >= 2 * _SURE_TWIN or is_left_open


def _likelihoods(said: list[tuple[Found, Recognised]], at: int) -> dict[str, float]:
    """How likely each character is to stand at this place of the name: one model's mean over its cuts."""
    summed: Counter[str] = Counter()
    for name, read in said:
        place = read.text.rfind(name.value.text)
        if place >= 0 and len(name.value.text) == len(name.text):
            summed.update({name.text[at]: read.scores[place + at]})
            summed.update({rival: score for rival, score in read.rivals[place + at] if rival != name.text[at]})
    return {character: score / len(said) for character, score in summed.items()}


def _with_rivals(name: Found, read: Recognised) -> Iterator[Found]:
    """The name with one character in its rival's place, for each that might stand there as well."""
    start = read.text.rfind(name.text)
    if start < 0:
        return
    for at in range(len(name.text)):
        for rival, score in read.rivals[start + at]:
            other = shapes.name(name.text[:at] + rival + name.text[at + 1 :])
            if other and len(name.value.scores) == len(name.text):
                scores = (*name.value.scores[:at], score, *name.value.scores[at + 1 :])
                yield replace(name, text=other, value=replace(name.value, text=other, scores=scores))


def _by_sound(both: dict[str, Found], every: dict[str, float], latin: str) -> Found | None:
    """The one name that both models might read and that sounds like the Latin one, while no other likely one does.

    `every`: all that either might read, and how surely.
    """
    fits = {name: likeness(name, latin) for name in every}
    best = max(both, key=lambda name: (fits[name], both[name].weakest), default="")
    rest = max((fits[name] for name, score in every.items() if name != best and score >= _LIKELY), default=0.0)
    if not best or fits[best] < _SOUNDS_LIKE or len(fits) < 2 or fits[best] - rest < _SOUNDS_BETTER:
        return None
    return both[best]


def _vouched(name: Found, least: float, witness: Witness) -> Found:
    """The name as the witness bears it out, no character surer than the less sure of the two models was."""
    scores = tuple(min(score, least) for score in name.value.scores)
    return replace(name, value=replace(name.value, scores=scores), witness=witness)


def _passes_ink_over(page: Page, text: Text, name: Found) -> bool:
    """Whether a character's ink stands beside or between those that were read."""
    line, value = name.value.line, name.value
    if not line.text.endswith(value.text) or len(line.places) != len(line.text):
        return False  # something else follows: its ink would be taken for the name's
    crop = cut_box(page, text.frame, line.box)
    height = line.box.height
    middles = np.array(line.places[-len(value.text) :]) * line.box.width
    for left, right in _blots(crop, line.box, middles[0] - 0.5 * height):
        if max(left - middles[-1], right - middles[-1]) > _FARTHEST_INK * height and left > middles[-1]:
            return True
        if _stands_between(left, right, _roomy(value.text, middles, height)):
            return True
    return False


def _roomy(name: str, middles: np.ndarray, height: float) -> list[tuple[float, float]]:
    """The steps from one character to the next that have room for another; a dot stands closer than a character."""
    pairs = zip(name, name[1:], middles, middles[1:], strict=False)
    steps = [(left, right) for first, second, left, right in pairs if not {first, second} & set(shapes.DOTS)]
    if not steps:
        return []
    usual = min(_WIDEST_STEP * min(right - left for left, right in steps) if len(steps) > 1 else np.inf, 1.25 * height)
    return [(left, right) for left, right in steps if right - left > usual]


def _stands_between(left: float, right: float, steps: list[tuple[float, float]]) -> bool:
    """Whether ink stands in the middle of one of the steps."""
    return any(left < (first + second) / 2 < right for first, second in steps)


def _blots(crop: Pixels, box: Box, start: float) -> list[tuple[float, float]]:
    """The stretches of inked columns right of `start` that are wide enough for a character's, in page pixels."""
    ink = ink_of(crop)
    scale = box.width / ink.shape[1]
    inked = np.concatenate([[False], ink.mean(axis=0) >= _INKED_SHARE, [False]])
    edges = np.flatnonzero(np.diff(inked.astype(np.int8)))
    pairs = zip(edges[::2] * scale, edges[1::2] * scale, strict=True)
    return [(left, right) for left, right in pairs if right - left >= _INKED_WIDTH * box.height and right > start]
