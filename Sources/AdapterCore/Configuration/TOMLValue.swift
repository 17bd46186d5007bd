/// A value as it is written into a TOML text.
enum TOMLValue {
  case string(String)
  /// A number or a boolean, in TOML's own form.
  case bare(String)

  /// The value without quotes.
  var plain: String {
    switch self {
    case .string(let text), .bare(let text): text
    }
  }

  /// The value in TOML.
  var text: String {
    switch self {
    case .string(let text): Self.quote(text)
    case .bare(let text): text
    }
  }

  /// `text` as TOML's own kind if it is a boolean or an integer as nb prints it, otherwise a string.
  init(guessing text: String) {
    let isBare = text == "true" || text == "false" || Int64(text)?.description == text
    self = isBare ? .bare(text) : .string(text)
  }

  /// One part of a key, quoted unless it is bare (TOML 1.0, "Keys").
  static func key(_ part: String) -> String {
    let isBare = !part.isEmpty && part.utf8.allSatisfy(ConfigFile.isProfileNameByte)
    return isBare ? part : quote(part)
  }

  private static func quote(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
