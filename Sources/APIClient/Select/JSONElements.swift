import AdapterCore
import JSON

/// Walks over the arrays and objects of a document that is known to be valid, without making values of
/// it.
enum JSONElements {
  /// Lends each element of an array until `body` returns false.
  static func forEach(
    in array: BorrowedBytes, _ body: (BorrowedBytes) throws(AdapterError) -> Bool
  ) throws(AdapterError) {
    var scanner = JSONScanner(array)
    guard
      try read({ () throws(JSONError) in
        try scanner.enter(0)
        return !scanner.take(UInt8(ascii: "]"))
      })
    else { return }
    while true {
      let range = try read { () throws(JSONError) in try scanner.skipValue(depth: 1) }
      guard try body(UnsafeBufferPointer(rebasing: array[range])),
        try read({ () throws(JSONError) in try scanner.continues(closing: UInt8(ascii: "]")) })
      else { return }
    }
  }

  /// Lends each member of an object, the name with its quotes, until `body` returns false.
  static func forEachMember(
    in object: BorrowedBytes,
    _ body: (_ name: BorrowedBytes, _ value: BorrowedBytes) throws(AdapterError) -> Bool
  ) throws(AdapterError) {
    var scanner = JSONScanner(object)
    guard
      try read({ () throws(JSONError) in
        try scanner.enter(0)
        return !scanner.take(UInt8(ascii: "}"))
      })
    else { return }
    while true {
      let (name, value) = try read { () throws(JSONError) in
        scanner.skipWhitespace()
        let name = try scanner.scanString().range
        try scanner.expectColon()
        return (name.lowerBound - 1..<name.upperBound + 1, try scanner.skipValue(depth: 1))
      }
      guard
        try body(
          UnsafeBufferPointer(rebasing: object[name]), UnsafeBufferPointer(rebasing: object[value])),
        try read({ () throws(JSONError) in try scanner.continues(closing: UInt8(ascii: "}")) })
      else { return }
    }
  }

  /// The value of an object's last member of that name; nil when there is none, or null.
  static func member(_ name: String, of object: BorrowedBytes) throws(AdapterError)
    -> BorrowedBytes?
  {
    var found: BorrowedBytes?
    try forEachMember(in: object) { key, value throws(AdapterError) in
      if JSONText.isEqual(key, to: name) { found = value }
      return true
    }
    return found
  }

  static func count(_ container: BorrowedBytes) throws(AdapterError) -> Int {
    var count = 0
    if container.first == UInt8(ascii: "[") {
      try forEach(in: container) { _ throws(AdapterError) in
        count += 1
        return true
      }
    } else {
      try forEachMember(in: container) { _, _ throws(AdapterError) in
        count += 1
        return true
      }
    }
    return count
  }

  static func contains(_ array: BorrowedBytes, where isWanted: (BorrowedBytes) -> Bool) -> Bool {
    var isFound = false
    try? forEach(in: array) { element throws(AdapterError) in
      isFound = isWanted(element)
      return !isFound
    }
    return isFound
  }

  static func hasMember(_ object: BorrowedBytes, named name: String) -> Bool {
    (try? member(name, of: object)) != nil
  }

  private static func read<Result>(
    _ body: () throws(JSONError) -> Result
  ) throws(AdapterError) -> Result {
    do throws(JSONError) {
      return try body()
    } catch {
      throw AdapterError(.bug, "a document that was valid is not: \(error.message)")
    }
  }
}
