import Platform

/// Header fields in the order written (RFC 9110, section 5); names compare without regard to case.
public struct HTTPHeaders: Equatable, Sendable {
  public struct Field: Equatable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }

    /// Whether the field is called so.
    public func isNamed(_ other: String) -> Bool { HTTPHeaders.isSameName(name, other) }
  }

  public private(set) var fields: [Field]

  public init(_ fields: [Field] = []) { self.fields = fields }

  /// The value of the first field of that name; setting replaces all of them, nil removes them.
  public subscript(name: String) -> String? {
    get { fields.first { $0.isNamed(name) }?.value }
    set {
      let index = fields.firstIndex { $0.isNamed(name) }
      remove(name)
      if let newValue { fields.insert(Field(name, newValue), at: index ?? fields.count) }
    }
  }

  /// The values of all fields of that name.
  public func values(_ name: String) -> [String] {
    fields.filter { $0.isNamed(name) }.map(\.value)
  }

  /// The elements of a list field, over all its lines (RFC 9110, section 5.6.1): commas within quotes
  /// do not count.
  public func list(_ name: String) -> [String] {
    values(name).flatMap(Self.elements)
  }

  public func contains(_ name: String) -> Bool { fields.contains { $0.isNamed(name) } }

  public mutating func append(_ name: String, _ value: String) {
    fields.append(Field(name, value))
  }

  /// Puts text behind the value of the last field, as a line that begins with a blank means (RFC 9112,
  /// section 5.2).
  public mutating func continueLast(_ text: String) {
    guard let last = fields.indices.last, !text.isEmpty else { return }
    fields[last].value += fields[last].value.isEmpty ? text : " " + text
  }

  public mutating func remove(_ name: String) { fields.removeAll { $0.isNamed(name) } }

  /// Removes all that proves who asks, for a request to another origin.
  public mutating func removeCredentials() {
    fields.removeAll { field in
      ["authorization", "cookie", "proxy-authorization"].contains(field.name.lowercased())
        || Secret.isSecretName(field.name)
    }
  }

  /// Whether a name and a value can stand in a request: a token, and no line break or NUL (RFC 9110,
  /// section 5.5), so that neither can begin another field.
  public static func isValid(name: String, value: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
      && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }

  /// RFC 9110, section 5.6.2.
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// Whether two names are of the same field.
  public static func isSameName(_ one: String, _ other: String) -> Bool {
    guard one.utf8.count == other.utf8.count else { return false }
    var (one, other) = (one, other)
    return one.withUTF8 { left in
      other.withUTF8 { right in
        left.indices.allSatisfy { lowercased(left[$0]) == lowercased(right[$0]) }
      }
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func elements(of value: String) -> [String] {
    var elements: [String] = []
    var start = value.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in value.utf8.indices {
      let byte = value.utf8[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == UInt8(ascii: ","), !isQuoted {
        elements.append(trimmed(value[start..<index]))
        start = value.utf8.index(after: index)
      }
    }
    elements.append(trimmed(value[start...]))
    return elements.filter { !$0.isEmpty }
  }

  /// Without spaces and tabs around it.
  public static func trimmed(_ text: String) -> String { trimmed(text[...]) }

  /// Not generic: another module would look protocols up at run time, a tenth of a cached request.
  public static func trimmed(_ text: Substring) -> String {
    let bytes = text.utf8
    var start = bytes.endIndex
    var end = bytes.endIndex
    for index in bytes.indices where bytes[index] != 0x20 && bytes[index] != 0x09 {
      if start == bytes.endIndex { start = index }
      end = bytes.index(after: index)
    }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}
