/// The characters and escape sequences of tables and vertical records.
struct TableStyle {
  let separator: StaticString
  let rule: StaticString
  let crossing: StaticString
  let cutMark: StaticString
  let null: StaticString
  let headerStart: StaticString
  let nullStart: StaticString
  let lineStart: StaticString
  let lineEnd: StaticString
  let reset: StaticString

  init(_ options: RenderOptions) {
    let isUnicode = options.lines == .unicode
    let isStyled = options.isStyled
    rule = isUnicode ? "─" : "-"
    crossing = isUnicode ? "┼" : "+"
    cutMark = isUnicode ? "…" : "~"
    null = isUnicode ? "∅" : "<null>"
    // SGR (ECMA-48): 1 bold, 2 faint, 0 reset.
    headerStart = isStyled ? "\u{1B}[1m" : ""
    nullStart = isStyled ? "\u{1B}[2m" : ""
    lineStart = isStyled ? "\u{1B}[2m" : ""
    lineEnd = isStyled ? "\u{1B}[0m" : ""
    reset = "\u{1B}[0m"
    separator =
      switch (isUnicode, isStyled) {
      case (true, true): "\u{1B}[2m│\u{1B}[0m"
      case (true, false): "│"
      case (false, true): "\u{1B}[2m|\u{1B}[0m"
      case (false, false): "|"
      }
  }
}
