"""The pack on paper: A4, black on white, the fonts inside the file, so that it prints alike wherever it is opened."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import pylopdf_fonts_zh_tw
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, TextMode, XPos, YPos
from fpdf.fonts import FontFace
from PIL import Image

from kyc_portal.exports.case_pack.case_file import NOT_SEEN, CaseFile, Picture
from kyc_portal.exports.case_pack.page import at_hong_kong

_MARGIN = 14
_GAP = 6
_TALLEST = 90.0
_BODY, _SMALL = 9, 7.5
# Letters of the purpose in the foot of each page; the whole of it stands on the first.
_WHY = 80
_LINES = 170
_GREY = FontFace(color=(90, 90, 90))
# The faces draw curly quotes as wide as a Chinese letter.
_QUOTES = str.maketrans("“”‘’", "\"\"''")
# What simplified lacks comes from the traditional face; both hold Latin letters and digits.
_FONTS = {
    "simplified": Path(pylopdf_fonts_zh_cn.__file__).with_name("NotoSansSC-Regular.otf"),
    "traditional": Path(pylopdf_fonts_zh_tw.__file__).with_name("NotoSansTC-Regular.otf"),
}


def render(case: CaseFile, *, data_sha256: str) -> bytes:
    """case.pdf; `data_sha256` is the hash of case.json, which stands on each page."""
    paper = _Paper(case, data_sha256)
    _front(paper, case)
    _fields(paper, case)
    _checks(paper, case)
    _decisions(paper, case)
    _timeline(paper, case)
    return bytes(paper.output())


class _Paper(FPDF):
    """Pages whose head and foot say what this is, who made it when and why, and how it is verified."""

    def __init__(self, case: CaseFile, data_sha256: str) -> None:
        super().__init__(format="A4")
        self.case = case
        self.data_sha256 = data_sha256
        for name, path in _FONTS.items():
            self.add_font(name, fname=path)
        self.set_fallback_fonts(["traditional"], exact_match=False)
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=_MARGIN + 16)
        self.set_title(f"Case pack {case.reference}")
        self.set_lang("en")
        self.set_creation_date(case.made.at)
        self.alias_nb_pages()
        self.size_of(_BODY)
        self.add_page()

    def normalize_text(self, text: str) -> str:
        """What the faces cannot draw (rare characters of names) stands as its code, never as a blank box."""
        drawn = [self.fonts[name].cmap for name in _FONTS]  # type: ignore[union-attr]
        return "".join(
            letter if letter == "\n" or any(ord(letter) in each for each in drawn) else f"[U+{ord(letter):04X}]"
            for letter in super().normalize_text(text)
        )

    def size_of(self, points: float) -> None:
        self.set_font("simplified", size=points)

    def header(self) -> None:
        made = self.case.made
        self.size_of(_SMALL)
        self.cell(0, 5, f"{made.business} | Case pack {self.case.reference} | contains personal data")
        self.set_x(self.l_margin)
        right = f"Made {at_hong_kong(made.at)} by {made.by}, {made.role.lower()}"
        self.cell(0, 5, right, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(4)
        self.size_of(_BODY)

    def footer(self) -> None:
        case, checkpoint = self.case, self.case.proof.checkpoint
        self.size_of(_SMALL)
        self.set_y(-_MARGIN - 15)
        self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)
        self.ln(1)
        why = case.made.purpose if len(case.made.purpose) <= _WHY else f"{case.made.purpose[:_WHY]}..."
        self.cell(0, 3.8, f"Why: {' '.join(why.split())}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        versions = f"Evidence version {case.version}, policy {case.policy_version}, code {case.made.code_version}"
        self.cell(0, 3.8, f"{versions} | case.json SHA-256 {self.data_sha256}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        signed = checkpoint.origin if checkpoint else "(nothing was signed yet)"
        self.cell(0, 3.8, f"Verify: run verify.py in this folder with the public key of {signed}")
        self.set_x(self.l_margin)
        self.cell(0, 3.8, f"Page {self.page_no()} of {{nb}}", align="R")

    @contextmanager
    def strong(self) -> Iterator[None]:
        """Heavier letters: the faces have one weight, so their outline is drawn too."""
        with self.local_context(text_mode=TextMode.FILL_STROKE, line_width=0.12):
            yield

    def heading(self, text: str) -> None:
        """A heading that stays with what follows it."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(4)
        self.size_of(11)
        with self.strong():
            self.cell(0, 6, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.line(self.l_margin, self.y + 0.5, self.w - self.r_margin, self.y + 0.5)
        self.ln(2)
        self.size_of(_BODY)

    def said(self, text: str, *, size: float = _BODY) -> None:
        """A paragraph."""
        self.size_of(size)
        self.multi_cell(0, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.size_of(_BODY)

    def rows(self, widths: Sequence[int], rows: Iterable[Sequence[str]], *, head: Sequence[str] = ()) -> None:
        """A table; the head comes again on each page. Without one, the first column is set back in grey."""
        self.set_draw_color(_LINES)
        with self.table(
            col_widths=tuple(widths),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            first_row_as_headings=bool(head),
            headings_style=_GREY,
            line_height=4.6,
            padding=(0.8, 1.5, 0.8, 0),
            text_align="LEFT",
        ) as table:
            for row in [head, *rows] if head else rows:
                line = table.row()
                for at, cell in enumerate(row):
                    line.cell(cell or "-", style=_GREY if not head and at == 0 else None)
        self.set_draw_color(0)


def _front(paper: _Paper, case: CaseFile) -> None:
    paper.size_of(16)
    with paper.strong():
        title = f"Case {case.reference}: {case.state.lower()}, {at_hong_kong(case.state_since).rsplit(' ', 2)[0]}"
        paper.multi_cell(0, 8, title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(2)
    paper.size_of(_BODY)
    with paper.strong():
        paper.multi_cell(
            0, 5, NOT_SEEN.translate(_QUOTES), border=1, padding=3, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L"
        )
    paper.ln(4)
    _side_by_side(paper, [each for each in case.pictures if each.stands])
    consent = case.consent
    confirmed = (
        "NOT CONFIRMED by the customer" if case.not_confirmed else f"confirmed {at_hong_kong(case.confirmed_at)}"
    )
    paper.rows(
        (24, 158),
        [
            ("Why", case.made.purpose),
            ("Customer", f"{case.customer}, says they hold: {case.declared}. Attempt {case.attempt}."),
            (
                "Times",
                f"received {at_hong_kong(case.received_at)}, {confirmed}, decided {at_hong_kong(case.decided_at)}",
            ),
            (
                "Consent",
                f"text version {consent['text_version']} ({consent['language']}), {at_hong_kong(consent['given_at'])}, "
                f"read by {consent['provider']} in {consent['region']}"
                + (f"; taken back {at_hong_kong(consent['withdrawn_at'])}" if consent["withdrawn_at"] else "")
                + _portraits(consent),
            ),
            ("Staff notes", "Included. Never give them to the customer." if case.made.with_notes else "Not included."),
        ],
    )


def _portraits(consent: Mapping[str, Any]) -> str:
    if not consent["portraits_given_at"]:
        return ""
    until = consent["portraits_withdrawn_at"]
    return "; agreed that portraits are compared" + (f" until taken back {at_hong_kong(until)}" if until else "")


def _side_by_side(paper: _Paper, pictures: Sequence[Picture]) -> None:
    """Two pictures a row, each with what it is under it."""
    wide = (paper.epw - _GAP) / 2
    for at in range(0, len(pictures), 2):
        pair = pictures[at : at + 2]
        tall = max(_fitted(each, wide)[1] for each in pair)
        if paper.will_page_break(tall + 22):
            paper.add_page()
        top, lowest = paper.y, paper.y
        for column, each in enumerate(pair):
            left = paper.l_margin + column * (wide + _GAP)
            width, height = _fitted(each, wide)
            paper.image(io.BytesIO(each.display), x=left, y=top, w=width, h=height)
            paper.rect(left, top, width, height)
            paper.set_xy(left, top + tall + 1)
            paper.size_of(_SMALL)
            paper.multi_cell(wide, 3.8, _caption(each), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            lowest = max(lowest, paper.y)
        paper.set_xy(paper.l_margin, lowest + 3)
        paper.size_of(_BODY)


def _fitted(picture: Picture, wide: float) -> tuple[float, float]:
    """Width and height (mm) of a copy on the page: as wide as the column, an upright one as tall as may be."""
    width, height = Image.open(io.BytesIO(picture.display)).size
    scale = min(wide / width, _TALLEST / height)
    return width * scale, height * scale


def _caption(each: Picture) -> str:
    stands = "" if each.stands else f", does not stand ({each.state})"
    remark = f" {each.remark[:1].upper()}{each.remark[1:]}." if each.remark else ""
    about = f"{each.side}, attempt {each.attempt}{stands}, received {at_hong_kong(each.received_at)}.{remark}"
    return f"{about} Original sha256 {each.sha256}"


def _fields(paper: _Paper, case: CaseFile) -> None:
    paper.heading(f"Fields, as seen in version {case.version}")
    if not case.fields:
        paper.said("Nothing was read: NOT CHECKED.")
        return
    rows = [(each.label, each.value or "not read", each.source, each.check) for each in case.fields]
    paper.rows((32, 55, 65, 30), rows, head=("Field", "Value", "Source", "Check"))


def _checks(paper: _Paper, case: CaseFile) -> None:
    failed, unchecked = case.of("FAIL"), case.of("NOT CHECKED")
    paper.heading("Warnings of the reading service")
    warned = [
        (f"{each.code} {each.label}", f"{each.sentence} {each.side}, request {each.request_id}")
        for each in case.warnings
    ]
    if warned:
        paper.rows((40, 142), warned)
    else:
        paper.said(
            f"No code was raised. {'That is no statement where a check below is NOT CHECKED.' if unchecked else ''}"
        )
    others = [check for check in case.checks if check not in failed and check not in unchecked]
    paper.heading(f"Checks: {case.tally}")
    if case.checks:
        rows = [(each.result, each.title, each.sentence) for each in (*failed, *unchecked, *others)]
        paper.rows((30, 62, 90), rows, head=("Result", "Check", "What was found"))
    else:
        paper.said("NOT CHECKED: no check has run.")
    if case.related:
        paper.ln(2)
        paper.said(f"Has something in common with: {'; '.join(case.related)}. A hint for a person, never a finding.")


def _decisions(paper: _Paper, case: CaseFile) -> None:
    paper.heading("Decisions")
    if not case.decisions:
        paper.said("None yet.")
    for each in case.decisions:
        confirmed = (
            f"; confirmed by {each.confirmed_by}, {at_hong_kong(each.confirmed_at)}" if each.confirmed_by else ""
        )
        final = f"; final {at_hong_kong(each.final_at)}" if each.final_at else ""
        because = [("Two people because", each.two_people_because)] if each.two_people_because else []
        note = [("Staff note", each.note)] if each.note else []
        paper.rows(
            (34, 148),
            [
                (each.outcome, f"{each.stage}{': ' if each.reasons else ''}{', '.join(each.reasons)}"),
                ("By", f"{each.by}, {at_hong_kong(each.at)}{confirmed}{final}"),
                *because,
                (
                    "Receipt",
                    f"what was seen: version {each.version_seen}, policy {each.receipt.get('policy_version', '–')}, "
                    f"code {each.receipt.get('code_version', '–')}; receipt sha256 {each.receipt_sha256}",
                ),
                *note,
            ],
        )
        paper.ln(3)
    for handed in case.notes:
        said = f": {handed.text}" if handed.text else " (note not included)"
        paper.said(f"{handed.kind} {at_hong_kong(handed.at)} by {handed.by}{said}")
    for again in case.reopenings:
        paper.said(f"Reopened {at_hong_kong(again.at)} by {again.by}{f': {again.why}' if again.why else ''}")
    earlier = [each for each in case.pictures if not each.stands]
    if earlier:
        paper.heading("Earlier pictures, which do not stand")
        _side_by_side(paper, earlier)


def _timeline(paper: _Paper, case: CaseFile) -> None:
    checkpoint = case.proof.checkpoint
    paper.heading("Timeline from the audit log")
    many = f"{len(case.acts)} acts; {len(case.entries)} entries with the changes of rows, all in timeline.json. "
    if checkpoint is None:
        paper.said(f"{many}NOT SIGNED YET: there is no checkpoint.")
    else:
        but = f" but {case.unsigned}, which are NOT SIGNED YET" if case.unsigned else ""
        signed = f"{checkpoint.origin}, size {checkpoint.size}"
        paper.said(f"{many}The checkpoint of {at_hong_kong(checkpoint.time)} ({signed}) covers all{but}.")
    paper.ln(2)
    rows = [
        (
            str(each.id),
            at_hong_kong(each.at).removesuffix(" HKT"),
            f"{each.who}, {each.role.lower()}",
            f"{each.act} ({each.on})",
            each.proof,
        )
        for each in case.acts
    ]
    paper.rows((16, 40, 46, 54, 26), rows, head=("Entry", "When (HKT)", "Who, as what", "Did what", "In the log"))
