import AdapterCore

/// Statuses as `--allow-status` names them: `404`, `4xx`, several with commas.
struct StatusPatterns {
  private let patterns: [String]

  init(_ texts: [String]) throws(AdapterError) {
    patterns = texts.flatMap { $0.split(separator: ",").map { $0.lowercased() } }
    for pattern in patterns {
      let isPattern =
        pattern.utf8.count == 3 && "12345".contains(pattern.prefix(1))
        && pattern.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) || $0 == 0x78 }
      guard isPattern else {
        throw AdapterError(
          .usage, "'\(pattern)' is no status", hint: "write 404, 4xx, or 404,409")
      }
    }
  }

  func contains(_ status: Int) -> Bool {
    let digits = String(status).utf8
    return patterns.contains { pattern in
      digits.count == 3 && zip(digits, pattern.utf8).allSatisfy { $0 == $1 || $1 == 0x78 }
    }
  }
}
