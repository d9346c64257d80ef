//! Pages of paper: text, rules and columns as a PDF. Letters are those of `WinAnsi`, in which Western Europe writes, in a font that
//! every reader has; others are written with the nearest of them.

mod letters;

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use self::letters::{bytes, width};

/// A4, in points of 1/72 inch.
const PAGE: (f32, f32) = (595.0, 842.0);
const MARGIN: f32 = 48.0;
/// What a line of text takes, of its font's size.
const LEADING: f32 = 1.35;
const TEXT: f32 = 9.5;
/// Between two columns.
const GAP: f32 = 6.0;
/// So wide is each column of words at least.
const NARROWEST: f32 = 38.0;
const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// A column of a table: how wide it is, of all columns together, and on which side its texts stand.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub share: f32,
    pub side: Side,
}

/// One row of a table, a text for each column.
pub struct Row {
    pub texts: Vec<String>,
    pub is_strong: bool,
}

/// A paper that is being written, from top to bottom.
pub struct Paper {
    title: String,
    pages: Vec<Content>,
    content: Content,
    /// How far up the next line stands.
    y: f32,
}

impl Paper {
    /// An empty one; its title is what readers show above it.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), pages: Vec::new(), content: Content::new(), y: PAGE.1 - MARGIN }
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        self.paragraph(text, BOLD, 16.0);
        self.space(6.0);
    }

    /// A line of text, or several when it is long.
    pub fn line(&mut self, text: &str) {
        self.paragraph(text, PLAIN, TEXT);
    }

    /// The same in bold.
    pub fn strong(&mut self, text: &str) {
        self.paragraph(text, BOLD, TEXT);
    }

    /// Some room.
    pub fn space(&mut self, points: f32) {
        self.y -= points;
    }

    /// A line across the page.
    pub fn rule(&mut self) {
        self.room(8.0);
        self.y -= 4.0;
        self.content.set_line_width(0.5).move_to(MARGIN, self.y).line_to(PAGE.0 - MARGIN, self.y).stroke();
        self.y -= 4.0;
    }

    /// A table. Texts that are too long for their column go on beneath; no word is broken that stands on the right: those are numbers.
    pub fn table(&mut self, columns: &[Column], rows: &[Row]) {
        let widths = widths(columns, rows);
        for row in rows {
            self.row(columns, &widths, row);
        }
    }

    fn row(&mut self, columns: &[Column], widths: &[f32], row: &Row) {
        let font = if row.is_strong { BOLD } else { PLAIN };
        let cells: Vec<Vec<String>> =
            row.texts.iter().zip(widths).map(|(text, room)| wrapped(text, row.is_strong, TEXT, room - GAP)).collect();
        let lines = cells.iter().map(Vec::len).max().unwrap_or_default();
        self.room(lines_high(lines));
        let top = self.y;
        let mut left = MARGIN;
        for ((column, room), cell) in columns.iter().zip(widths).zip(&cells) {
            for (at, text) in cell.iter().enumerate() {
                let x = match column.side {
                    Side::Left => left,
                    Side::Right => left + room - width(text, row.is_strong, TEXT),
                };
                self.put(text, font, TEXT, x, top - lines_high(at + 1));
            }
            left += room;
        }
        self.y = top - lines_high(lines) - 3.0;
    }

    fn paragraph(&mut self, text: &str, font: Name<'static>, size: f32) {
        for line in text.lines().flat_map(|line| wrapped(line, font == BOLD, size, PAGE.0 - 2.0 * MARGIN)) {
            self.room(size * LEADING);
            self.y -= size * LEADING;
            self.put(&line, font, size, MARGIN, self.y);
        }
    }

    fn put(&mut self, text: &str, font: Name<'static>, size: f32, x: f32, y: f32) {
        self.content.begin_text().set_font(font, size).next_line(x, y).show(Str(&bytes(text))).end_text();
    }

    /// Begins another page when there is not so much room left.
    fn room(&mut self, points: f32) {
        if self.y - points < MARGIN + 20.0 {
            self.pages.push(std::mem::replace(&mut self.content, Content::new()));
            self.y = PAGE.1 - MARGIN;
        }
    }

    /// The file. The same texts make the same one.
    pub fn finish(mut self) -> Vec<u8> {
        self.pages.push(std::mem::replace(&mut self.content, Content::new()));
        let count = self.pages.len();
        let (catalog, tree, plain, bold, info) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4), Ref::new(5));
        // Behind those five each page takes two.
        let refs: Vec<(Ref, Ref)> =
            (0..i32::try_from(count).unwrap_or_default()).map(|at| (Ref::new(6 + 2 * at), Ref::new(7 + 2 * at))).collect();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree).lang(TextStr("en"));
        pdf.document_info(info).title(TextStr(&self.title));
        pdf.pages(tree).kids(refs.iter().map(|(page, _)| *page)).count(i32::try_from(count).unwrap_or_default());
        for (at, (mut content, (page_id, content_id))) in self.pages.into_iter().zip(&refs).enumerate() {
            let foot = format!("{} · page {} of {count}", self.title, at + 1);
            content.begin_text().set_font(PLAIN, 8.0).next_line(MARGIN, MARGIN - 16.0).show(Str(&bytes(&foot))).end_text();
            let mut page = pdf.page(*page_id);
            page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(*content_id);
            page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
            page.finish();
            pdf.stream(*content_id, &content.finish());
        }
        pdf.type1_font(plain).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
        pdf.type1_font(bold).base_font(Name(b"Helvetica-Bold")).encoding_predefined(Name(b"WinAnsiEncoding"));
        pdf.finish()
    }
}

/// How wide each column is: its share of the page, but what stands on the right has the room for its widest word. The others give it.
fn widths(columns: &[Column], rows: &[Row]) -> Vec<f32> {
    let whole = PAGE.0 - 2.0 * MARGIN;
    let all: f32 = columns.iter().map(|column| column.share).sum();
    let widest = |at: usize| {
        let cells = rows.iter().filter_map(|row| Some((row.texts.get(at)?, row.is_strong)));
        let words = cells.flat_map(|(text, is_strong)| text.split(' ').map(move |word| width(word, is_strong, TEXT)));
        words.fold(0.0, f32::max)
    };
    // A little more, so that what is rounded does not break the widest.
    let need = |(at, column): (usize, &Column)| if column.side == Side::Right { widest(at) + GAP + 0.1 } else { NARROWEST };
    let needs: Vec<f32> = columns.iter().enumerate().map(need).collect();
    let wide: Vec<f32> = columns.iter().zip(&needs).map(|(column, need)| (column.share / all * whole).max(*need)).collect();
    let missing = wide.iter().sum::<f32>() - whole;
    let spare: f32 = wide.iter().zip(&needs).map(|(wide, need)| wide - need).sum();
    wide.iter().zip(&needs).map(|(wide, need)| wide - (wide - need) * missing / spare.max(1.0)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a page has few lines")]
fn lines_high(lines: usize) -> f32 {
    lines as f32 * TEXT * LEADING
}

/// Broken at blanks to fit; a word that is longer than the line is broken anywhere.
fn wrapped(text: &str, is_bold: bool, size: f32, room: f32) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for part in broken(word, is_bold, size, room) {
            let Some(last) = lines.last_mut() else { continue };
            let longer = if last.is_empty() { part.clone() } else { format!("{last} {part}") };
            if last.is_empty() || width(&longer, is_bold, size) <= room {
                *last = longer;
            } else {
                lines.push(part);
            }
        }
    }
    lines
}

fn broken(word: &str, is_bold: bool, size: f32, room: f32) -> Vec<String> {
    let mut parts = vec![String::new()];
    for letter in word.chars() {
        let Some(last) = parts.last_mut() else { continue };
        last.push(letter);
        if last.chars().count() > 1 && width(last, is_bold, size) > room {
            last.pop();
            parts.push(letter.to_string());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Column; 2] = [Column { share: 3.0, side: Side::Left }, Column { share: 1.0, side: Side::Right }];

    /// What is written on it, text by text: what is not all ASCII stands there in hexadecimal digits.
    fn texts(pdf: &[u8]) -> Vec<String> {
        let pdf = String::from_utf8_lossy(pdf);
        let shown = regex::Regex::new(r"(?:\(((?:[^()\\]|\\.)*)\)|<([0-9A-F]*)>) Tj").expect("a pattern");
        let text = |found: regex::Captures<'_>| match (found.get(1), found.get(2)) {
            (Some(plain), _) => plain.as_str().to_owned(),
            (None, digits) => {
                hex::decode(digits.map_or("", |digits| digits.as_str())).expect("digits").into_iter().map(char::from).collect()
            }
        };
        shown.captures_iter(&pdf).map(text).collect()
    }

    #[test]
    fn a_paper_is_a_pdf_of_as_many_pages_as_it_needs() {
        let of = |rows: usize| {
            let mut paper = Paper::new("Order AW-1");
            paper.heading("Order AW-1");
            let rows = (0..rows).map(|row| Row { texts: vec![format!("Row {row}"), "£1.00".to_owned()], is_strong: false });
            paper.table(&TWO, &rows.collect::<Vec<_>>());
            paper.finish()
        };
        let (short, long) = (of(3), of(120));
        assert!(short.starts_with(b"%PDF-") && short.trim_ascii_end().ends_with(b"%%EOF"));
        let (on_short, on_long) = (texts(&short), texts(&long));
        assert_eq!(on_short, ["Order AW-1", "Row 0", "£1.00", "Row 1", "£1.00", "Row 2", "£1.00", "Order AW-1 · page 1 of 1"]);
        let feet: Vec<&String> = on_long.iter().filter(|text| text.contains("page")).collect();
        assert_eq!(feet, ["Order AW-1 · page 1 of 3", "Order AW-1 · page 2 of 3", "Order AW-1 · page 3 of 3"]);
        for row in 0..120 {
            assert!(on_long.contains(&format!("Row {row}")), "{row}");
        }
        assert_eq!(of(3), short, "the same texts make the same file");
    }

    #[test]
    fn no_amount_is_broken_and_the_table_keeps_to_the_page() {
        let three = [TWO[0], TWO[1], TWO[1]];
        let amounts = ["CHF\u{a0}9’999’999.99", "CHF\u{a0}1’234’567’890.12"];
        let texts = |name: &str| [name, amounts[0], amounts[1]].map(str::to_owned).to_vec();
        let rows = [
            Row { texts: texts("A cake stand of porcelain, three tiers"), is_strong: true },
            Row { texts: texts("Plate"), is_strong: false },
        ];
        let all: f32 = widths(&three, &rows).iter().sum();
        assert!((all - (PAGE.0 - 2.0 * MARGIN)).abs() < 0.01, "{all}");
        let mut paper = Paper::new("Order AW-1");
        paper.table(&three, &rows);
        let said = self::texts(&paper.finish());
        for amount in amounts {
            let amount: String = bytes(amount).into_iter().map(char::from).collect();
            assert_eq!(said.iter().filter(|text| **text == amount).count(), 2, "{said:?}");
        }
    }

    #[test]
    fn what_is_too_long_goes_on_beneath_and_nothing_is_lost() {
        let text = "A very long name of something that nobody can carry alone, Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen included";
        let lines = wrapped(text, false, TEXT, 120.0);
        assert!(lines.len() > 4 && lines.iter().all(|line| width(line, false, TEXT) <= 120.0), "{lines:?}");
        let squeezed = |text: &str| text.replace(' ', "");
        assert_eq!(squeezed(&lines.concat()), squeezed(text));
        assert_eq!(wrapped("", false, TEXT, 120.0), [""]);
    }
}
