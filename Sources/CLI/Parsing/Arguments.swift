import AdapterCore

/// The process's arguments as text.
public enum Arguments {
  /// argv as C hands it over.
  public typealias Vector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  /// Decodes argv. Throws `usage` for an argument that is not UTF-8: repaired, it would name
  /// another file than the one meant.
  public static func decode(count: Int32, _ vector: Vector) throws(AdapterError) -> [String] {
    var arguments: [String] = []
    arguments.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      guard let argument = vector[index] else { break }
      guard let text = String(validatingCString: argument) else {
        throw AdapterError(
          .usage,
          "argument \(index) is not valid UTF-8: '\(String(cString: argument))'",
          hint: "give a file with such a name another name, or pass its content on stdin")
      }
      arguments.append(text)
    }
    return arguments
  }
}
