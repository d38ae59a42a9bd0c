"""A printed page, drawn. The same paper gives the same bytes, so that a cache by content works."""

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfgen.canvas import Canvas

from qbo_emulator.pdf.content import Paper, Row
from qbo_emulator.pdf.fonts import BOLD, REGULAR, printable, runs, width, wrapped

MARGIN, BOTTOM, TOP_OF_LATER_PAGES = 54, 62, 40
BODY, SMALL, LABEL = 9.5, 8.5, 7.5
LEADING, SMALL_LEADING = 12.5, 11.0
INK, GREY, RULE, BAND = HexColor(0x20262B), HexColor(0x66717A), HexColor(0xD5DCE0), HexColor(0xF1F5F6)
ACCENT, VOID_RED = HexColor(0x1F5C66), Color(0.80, 0.20, 0.18, alpha=0.22)
FIGURE_WIDTHS = (58, 72, 80)
TOTALS_WIDTH = 250
FACTS_WIDTH = 180
PADDING = 5
LONGEST_PIECE = 30
LONGEST_ENDING = 400


@dataclass(frozen=True)
class _Block:
    """A row of the table as it is drawn: lines of its name and of its description, figures beside the first."""

    names: list[str]
    texts: list[str]
    figures: tuple[str, str, str]
    indent: int
    last: bool

    @property
    def height(self) -> float:
        """Points, padding included."""
        return len(self.names) * LEADING + len(self.texts) * SMALL_LEADING + 2 * PADDING


def render(paper: Paper) -> bytes:
    """The PDF."""
    return _Sheet(paper).draw()


class _Sheet:
    def __init__(self, paper: Paper) -> None:
        self._paper = paper
        self._width, self._height = letter if paper.letter else A4
        self._right = self._width - MARGIN
        self._text_width = self._right - MARGIN - sum(FIGURE_WIDTHS) - 3 * PADDING
        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=(self._width, self._height), invariant=1, pageCompression=1)
        self._page = 1

    def draw(self) -> bytes:
        """All pages, from the head to the totals."""
        canvas, paper = self._canvas, self._paper
        canvas.setTitle(printable(paper.name))
        canvas.setAuthor(printable(paper.company))
        canvas.setCreator("QuickBooks Online emulator")
        message = self._split(printable(paper.message), REGULAR, SMALL, self._right - MARGIN - TOTALS_WIDTH - 24)
        ending = max(self._ending_height(), min(len(message) * SMALL_LEADING + 20, LONGEST_ENDING))
        blocks = [block for row in paper.rows for block in self._blocks(row)]
        top = self._height - MARGIN - self._head_height()
        pages = self._paginate(blocks, top, ending)
        y = top
        for position, page in enumerate(pages):
            if position:
                canvas.showPage()
            self._page = position + 1
            self._void_mark()
            self._footer(len(pages))
            y = self._head() if position == 0 else self._height - TOP_OF_LATER_PAGES
            y = self._column_heads(y) if page or position == 0 else y
            for block in page:
                y = self._row(block, y)
        self._ending(y, message)
        canvas.showPage()
        canvas.save()
        return self._buffer.getvalue()

    def _paginate(self, blocks: list[_Block], top: float, ending: float) -> list[list[_Block]]:
        """Which rows stand on which page; the totals stay together on the last one."""
        pages: list[list[_Block]] = [[]]
        y = top - LEADING - 2 * PADDING
        for block in blocks:
            if y - block.height < BOTTOM:
                pages.append([])
                y = self._height - TOP_OF_LATER_PAGES - LEADING - 2 * PADDING
            pages[-1].append(block)
            y -= block.height
        if y - ending < BOTTOM:
            pages.append([])
        return pages

    def _split(self, text: str, font: str, size: float, room: float) -> list[str]:
        """The text in lines of this width; a word that is wider is broken."""
        if not text:
            return []
        parts = [part for line in text.split("\n") for part in (list(wrapped(line, font, size, room)) or [""])]
        return [piece for part in parts for piece in self._broken(part, font, size, room)]

    def _broken(self, part: str, font: str, size: float, room: float) -> Iterator[str]:
        while width(part, font, size) > room and len(part) > 1:
            fits = bisect_right(range(1, len(part)), room, key=lambda end: width(part[:end], font, size)) or 1
            yield part[:fits]
            part = part[fits:]
        yield part

    def _blocks(self, row: Row) -> list[_Block]:
        """A row, in several pieces when it is too high for a page."""
        indent = 12 if row.indent else 0
        room = self._text_width - indent
        names = self._split(printable(row.name), BOLD, BODY, room)
        texts = self._split(printable(row.description), REGULAR, SMALL, room)
        figures = (row.quantity, row.rate, row.amount)
        if not names and not texts:
            names = [""]
        pieces = [texts[start : start + LONGEST_PIECE] for start in range(0, len(texts), LONGEST_PIECE)] or [[]]
        return [
            _Block(
                names if position == 0 else [], piece, figures if position == 0 else ("", "", ""), indent,
                position == len(pieces) - 1,
            )
            for position, piece in enumerate(pieces)
        ]  # fmt: skip

    def _parties(self) -> list[tuple[str, list[str]]]:
        paper = self._paper
        return [
            (label, lines)
            for label, lines in ((paper.to_label, paper.to_lines), ("Ship to", paper.ship_lines))
            if lines
        ]

    def _head_height(self) -> float:
        left = 22 + len(self._company_lines()) * SMALL_LEADING
        below = max(
            [14 + len(self._wrapped(lines)) * LEADING for _, lines in self._parties()]
            + [len(self._all_facts()) * LEADING]
        )
        return max(left, 44) + 22 + below + 18

    def _company_lines(self) -> list[str]:
        return [
            part for line in self._paper.company_lines for part in self._split(printable(line), REGULAR, SMALL, 300)
        ]

    def _wrapped(self, lines: Sequence[str]) -> list[str]:
        return [part for line in lines for part in self._split(printable(line), REGULAR, BODY, 150)]

    def _all_facts(self) -> list[tuple[str, str]]:
        return [*self._paper.facts, *self._paper.fields]

    def _head(self) -> float:
        """Company and title, then addresses and facts; answers where the table begins."""
        canvas, paper = self._canvas, self._paper
        top = self._height - MARGIN
        company = self._fit(printable(paper.company), BOLD, 15, 320)
        self._text(MARGIN, top - 11, company, BOLD, 15, INK)
        y = top - 28
        for line in self._company_lines():
            self._text(MARGIN, y, line, REGULAR, SMALL, GREY)
            y -= SMALL_LEADING
        canvas.setFillColor(ACCENT)
        canvas.setFont(BOLD, 21)
        canvas.drawRightString(self._right, top - 15, paper.title.upper())
        y = top - max(22 + len(self._company_lines()) * SMALL_LEADING, 44) - 6
        canvas.setStrokeColor(ACCENT)
        canvas.setLineWidth(1.2)
        canvas.line(MARGIN, y, self._right, y)
        y -= 16
        for column, (label, lines) in enumerate(self._parties()):
            x = MARGIN + column * 172
            self._text(x, y, label.upper(), BOLD, LABEL, GREY)
            below = y - 14
            for position, line in enumerate(self._wrapped(lines)):
                self._text(x, below, line, BOLD if position == 0 and column == 0 else REGULAR, BODY, INK)
                below -= LEADING
        below = y
        for label, value in self._all_facts():
            self._text(
                self._right - FACTS_WIDTH, below, self._fit(printable(label), REGULAR, SMALL, 70), REGULAR, SMALL, GREY
            )
            self._right_text(
                self._right, below, self._fit(printable(value), REGULAR, BODY, FACTS_WIDTH - 74), REGULAR, BODY, INK
            )
            below -= LEADING
        return self._height - MARGIN - self._head_height()

    def _column_heads(self, y: float) -> float:
        canvas = self._canvas
        height = LEADING + 2 * PADDING
        canvas.setFillColor(ACCENT)
        canvas.rect(MARGIN, y - height, self._right - MARGIN, height, stroke=0, fill=1)
        base = y - PADDING - SMALL
        name, *figures = self._paper.columns
        self._text(MARGIN + PADDING, base, name, BOLD, SMALL, white)
        for x, label in zip(self._figure_edges(), figures, strict=True):
            self._right_text(x, base, label, BOLD, SMALL, white)
        return y - height

    def _figure_edges(self) -> tuple[float, float, float]:
        """The right edges of quantity, rate and amount."""
        amount = self._right - PADDING
        rate = amount - FIGURE_WIDTHS[2]
        return rate - FIGURE_WIDTHS[1], rate, amount

    def _row(self, block: _Block, y: float) -> float:
        x = MARGIN + PADDING + block.indent
        base = y - PADDING - BODY
        for line in block.names:
            self._text(x, base, line, BOLD, BODY, INK)
            base -= LEADING
        for line in block.texts:
            self._text(x, base, line, REGULAR, SMALL, GREY)
            base -= SMALL_LEADING
        for edge, room, figure in zip(self._figure_edges(), FIGURE_WIDTHS, block.figures, strict=True):
            self._right_text(edge, y - PADDING - BODY, self._fit(figure, REGULAR, BODY, room + 40), REGULAR, BODY, INK)
        bottom = y - block.height
        if block.last:
            self._canvas.setStrokeColor(RULE)
            self._canvas.setLineWidth(0.5)
            self._canvas.line(MARGIN, bottom, self._right, bottom)
        return bottom

    def _ending_height(self) -> float:
        return 14 + len(self._paper.totals) * (LEADING + 2) + (30 if self._paper.due else 0)

    def _ending(self, y: float, message: list[str]) -> None:
        """The totals on the right, the message to the customer on the left as far as there is room."""
        canvas, paper = self._canvas, self._paper
        y -= 14
        left = self._right - TOTALS_WIDTH
        below = y - SMALL
        for line in message:
            if below < BOTTOM - 12:
                break
            self._text(MARGIN + PADDING, below, line, REGULAR, SMALL, GREY)
            below -= SMALL_LEADING
        for label, amount in paper.totals:
            font = BOLD if label.startswith("Total") else REGULAR
            room = TOTALS_WIDTH - PADDING - 10 - width(amount, font, BODY)
            self._text(left, y - BODY, self._fit(printable(label), font, BODY, room), font, BODY, INK)
            self._right_text(self._right - PADDING, y - BODY, amount, font, BODY, INK)
            y -= LEADING + 2
        if paper.due is not None:
            label, amount = paper.due
            canvas.setFillColor(BAND)
            canvas.rect(left - PADDING, y - 25, self._right - left + PADDING, 22, stroke=0, fill=1)
            self._text(left, y - 18, label.upper(), BOLD, BODY, ACCENT)
            self._right_text(self._right - PADDING, y - 18.5, amount, BOLD, 12, ACCENT)

    def _footer(self, pages: int) -> None:
        canvas = self._canvas
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, 42, self._right, 42)
        text = self._fit(printable(f"{self._paper.company}  |  {self._paper.name}"), REGULAR, LABEL, 400)
        self._text(MARGIN, 31, text, REGULAR, LABEL, GREY)
        self._right_text(self._right, 31, f"Page {self._page} of {pages}", REGULAR, LABEL, GREY)

    def _void_mark(self) -> None:
        if not self._paper.voided:
            return
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(self._width / 2, self._height / 2)
        canvas.rotate(38)
        canvas.setFillColor(VOID_RED)
        canvas.setFont(BOLD, 150)
        canvas.drawCentredString(0, -50, "VOID")
        canvas.restoreState()

    def _text(self, x: float, y: float, text: str, font: str, size: float, color: Color) -> None:
        self._canvas.setFillColor(color)
        for name, piece in runs(text, font):
            self._canvas.setFont(name, size)
            self._canvas.drawString(x, y, piece)
            x += width(piece, font, size)

    def _right_text(self, x: float, y: float, text: str, font: str, size: float, color: Color) -> None:
        self._text(x - width(text, font, size), y, text, font, size, color)

    def _fit(self, text: str, font: str, size: float, room: float) -> str:
        """The text on one line, cut with three dots when it is too long."""
        text = text.replace("\n", " ")
        if width(text, font, size) <= room:
            return text
        while text and width(text + "...", font, size) > room:
            text = text[:-1]
        return text.rstrip() + "..."
