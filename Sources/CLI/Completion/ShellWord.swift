/// Words as bash hands them to completion functions and takes them back: with their quotes.
public enum ShellWord {
  /// The word without quotes and backslashes, as the shell would pass it on; an open quote counts
  /// up to the end. Nothing is expanded.
  public static func unquoted(_ word: String) -> String {
    var result = ""
    var quote: Character?
    var rest = word[...]
    while let character = rest.popFirst() {
      switch (character, quote) {
      case ("'", nil), ("\"", nil): quote = character
      case ("'", "'"), ("\"", "\""): quote = nil
      case ("\\", nil):
        if let next = rest.popFirst() { result.append(next) }
      case ("\\", "\""):
        // Between double quotes a backslash quotes these alone.
        if let next = rest.first, "\"\\$`".contains(next) {
          rest.removeFirst()
          result.append(next)
        } else {
          result.append(character)
        }
      default: result.append(character)
      }
    }
    return result
  }

  /// The word with a backslash before what bash would not take for itself.
  public static func escaped(_ word: String) -> String {
    var result = ""
    for character in word {
      if " \t'\"\\$`|&;<>()*?[]{}!".contains(character)
        || result.isEmpty && "#~".contains(character)
      {
        result.append("\\")
      }
      result.append(character)
    }
    return result
  }
}
