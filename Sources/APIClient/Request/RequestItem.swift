import AdapterCore
import JSON

/// One part of a request as it is typed behind the URL, in the manner of HTTPie.
///
///     name=text      a field of the content, as text
///     name:=json     a field of the content, as JSON
///     name==text     a parameter of the query
///     Name:value     a header field; `Name:` leaves it out, `Name;` sends it empty
///     name@file      a file to upload
///     name=@file     a field whose text is in a file; name:=@file, whose JSON is
///
/// A backslash before a separator makes it a part of the name. `a[b][]=c` nests.
public enum RequestItem: Equatable, Sendable {
  case field(FieldPath, text: String)
  case json(FieldPath, JSONValue)
  case query(name: String, value: String)
  case header(name: String, value: String)
  case removedHeader(name: String)
  case upload(name: String, path: String)

  /// In the order in which they are tried at one place.
  private enum Separator: String, CaseIterable {
    case jsonFile = ":=@"
    case query = "=="
    case json = ":="
    case textFile = "=@"
    case text = "="
    case upload = "@"
    case header = ":"
    case emptyHeader = ";"
  }

  /// Reads an item.
  ///
  /// Throws `usage` for a text that is none, and for a name or a value that cannot stand where it
  /// belongs; `data` for malformed JSON.
  ///
  /// - Parameter readFile: gives the content of a file that the item names.
  public init(
    _ text: String, readFile: (String) throws(AdapterError) -> [UInt8]
  ) throws(AdapterError) {
    guard let (name, separator, value) = Self.split(text), !name.isEmpty else {
      throw AdapterError(
        .usage, "'\(Self.shortened(text))' is no part of a request",
        hint: "write name=text, name:=json, name==query, Header:value or name@file")
    }
    switch separator {
    case .text: self = .field(try FieldPath(name), text: value)
    case .textFile:
      self = .field(try FieldPath(name), text: try Self.text(of: value, readFile))
    case .json: self = .json(try FieldPath(name), try Self.parse(Array(value.utf8), name))
    case .jsonFile: self = .json(try FieldPath(name), try Self.parse(try readFile(value), name))
    case .query: self = .query(name: name, value: value)
    case .upload: self = .upload(name: name, path: value)
    case .header, .emptyHeader:
      let content = HTTPHeaders.trimmed(value)
      guard HTTPHeaders.isValid(name: name, value: content), separator == .header || value.isEmpty
      else {
        throw AdapterError(
          .usage, "'\(Self.shortened(name))' with this value is no header field",
          hint: "a name is a word, and a value holds no line break")
      }
      if separator == .header, content.isEmpty, Self.isFraming(name) {
        throw AdapterError(
          .usage, "\(name) says where the content ends, and cannot be left out")
      }
      self =
        separator == .header && content.isEmpty
        ? .removedHeader(name: name) : .header(name: name, value: content)
    }
  }

  private static func isFraming(_ name: String) -> Bool {
    ["content-length", "transfer-encoding"].contains(name.lowercased())
  }

  /// The text before the first separator without its backslashes, the separator, and what follows.
  private static func split(_ text: String) -> (name: String, Separator, value: String)? {
    var name = ""
    var rest = text[...]
    while let character = rest.first {
      if character == "\\", let escaped = rest.dropFirst().first {
        if !"=:@;\\[]".contains(escaped) { name.append("\\") }
        // Brackets stay escaped for `FieldPath`.
        if "[]".contains(escaped) { name.append("\\") }
        name.append(escaped)
        rest = rest.dropFirst(2)
        continue
      }
      if let separator = Separator.allCases.first(where: { rest.hasPrefix($0.rawValue) }) {
        return (name, separator, String(rest.dropFirst(separator.rawValue.count)))
      }
      name.append(character)
      rest = rest.dropFirst()
    }
    return nil
  }

  private static func parse(_ bytes: [UInt8], _ name: String) throws(AdapterError) -> JSONValue {
    do throws(JSONError) {
      return try JSONParser.parse(bytes)
    } catch {
      throw AdapterError(
        .data, "the value of '\(name)' is no JSON: \(error.message)",
        hint: "name:=value takes JSON, name=value takes text")
    }
  }

  private static func text(
    of path: String, _ readFile: (String) throws(AdapterError) -> [UInt8]
  ) throws(AdapterError) -> String {
    guard let text = String(validating: try readFile(path), as: UTF8.self) else {
      throw AdapterError(
        .data, "\(path) is not UTF-8 text", hint: "upload it as it is: name@\(path)")
    }
    return text
  }

  /// For messages: what stands behind a separator may be a secret.
  private static func shortened(_ text: String) -> String {
    let name = text.prefix { !"=:@;".contains($0) }
    return name.count > 40 ? name.prefix(40) + "…" : String(name)
  }
}
