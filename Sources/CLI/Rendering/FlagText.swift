extension FlagSpec {
  /// `-o, --output FORMAT`; without a letter the name is indented below the others.
  var helpTerm: String {
    (short.map { "-\($0), " } ?? "    ") + longForm
  }

  /// `--output FORMAT`, `--[no-]header`, `--stats[=FORMAT]`.
  var longForm: String {
    switch arity {
    case .toggle(let negatable): negatable ? "--[no-]" + name : "--" + name
    case .value(let value), .repeated(let value): "--\(name) \(value)"
    case .rest(let value): "--\(name) \(value) ..."
    case .optionalValue(let value, _): "--\(name)[=\(value)]"
    }
  }

  /// The summary with choices and default, for one screen of help.
  var helpText: String {
    var text = summary
    if !choices.isEmpty { text += ": " + choices.map(\.value).joined(separator: ", ") }
    if let defaultText { text += " (default: \(defaultText))" }
    return text
  }

  /// What `--help`, the man page and the reference say beyond the summary, as sentences.
  var notes: [String] {
    var notes: [String] = []
    if let details { notes.append(details) }
    if isRepeatable { notes.append("May be given more than once.") }
    if let environment { notes.append("Environment: \(environment).") }
    return notes
  }
}

extension String {
  /// The text without the backquotes that mark code in descriptions.
  var withoutCodeMarks: String { String(filter { $0 != "`" }) }
}
