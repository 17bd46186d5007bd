import AdapterCore
import Platform

/// The files that `new` makes.
public enum MigrationTemplate {
  /// File names and contents of a new migration; one file with both sections, or a pair.
  ///
  /// `taken` are the versions in use: the time is moved on, second by second, to one that is free.
  /// Throws `usage` for a name that is not made of letters, digits, `_`, `-` and spaces.
  public static func files(
    name: String, time: Int64, isPair: Bool, taken: [MigrationVersion]
  ) throws(AdapterError) -> [(name: String, content: String)] {
    var seconds = time
    while taken.contains(where: { $0.text == UTCTime(secondsSince1970: seconds).compact }) {
      seconds += 1
    }
    let stem = "\(UTCTime(secondsSince1970: seconds).compact)_\(try fileName(of: name))"
    if isPair { return [("\(stem).up.sql", ""), ("\(stem).down.sql", "")] }
    return [("\(stem).sql", "-- migrate:up\n\n\n-- migrate:down\n\n")]
  }

  private static func fileName(of name: String) throws(AdapterError) -> String {
    let isAllowed = { (character: Character) in
      character.isASCII && (character.isLetter || character.isNumber) || "_- ".contains(character)
    }
    guard !name.isEmpty, name.allSatisfy(isAllowed), name.first?.isLetter == true else {
      throw AdapterError(
        .usage, "'\(name)' can't be the name of a migration",
        hint: "begin with a letter, and use letters, digits, _ and -")
    }
    return String(name.map { $0 == " " ? "_" : $0 })
  }
}
