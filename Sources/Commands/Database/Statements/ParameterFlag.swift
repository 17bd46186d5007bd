import AdapterCore
import CLI
import JSON
import Platform

/// `-p name=value`: values that the server binds to a statement's placeholders.
enum ParameterFlag {
  static let spec = FlagSpec(
    "param", short: "p", .repeated(name: "NAME[:TYPE]=VALUE"),
    summary: "Bind a value to :NAME, or to $1 and ? with a number as the name",
    details: """
      Types: text (the default), int, double, decimal, bool, json, bytes, null. NAME:null takes no \
      value; NAME:bytes=@FILE and NAME:json=@FILE read a file. Placeholders written ? and $1 take \
      the parameter named by their number, or, when no name is a number, the parameters in the \
      order given. See nb help parameters.
      """)

  /// The parameters in the order given; throws `usage` for a malformed or repeated one and `data` for a
  /// value that does not fit its type.
  static func parse(_ texts: [String]) throws(AdapterError) -> [Parameter] {
    var parameters: [Parameter] = []
    for text in texts {
      let parameter = try Parameter(text)
      guard !parameters.contains(where: { $0.name == parameter.name }) else {
        throw AdapterError(.usage, "the parameter '\(parameter.name)' is given twice")
      }
      parameters.append(parameter)
    }
    return parameters
  }
}

/// A named value for a placeholder.
struct Parameter: Equatable {
  enum ValueType: String, CaseIterable {
    case text, int, double, decimal, bool, json, bytes, null
  }

  var name: String
  var value: Value

  init(name: String, value: Value) {
    self.name = name
    self.value = value
  }

  /// Reads `name=value`, `name:type=value` or `name:null`. Errors never show the value.
  init(_ text: String) throws(AdapterError) {
    let equals = text.firstIndex(of: "=")
    let declaration = text[..<(equals ?? text.endIndex)]
    let colon = declaration.lastIndex(of: ":")
    let name = String(declaration[..<(colon ?? declaration.endIndex)])
    let typeName = colon.map { String(declaration[declaration.index(after: $0)...]) }
    let bare = name.first.map { ":$@".contains($0) } == true ? String(name.dropFirst()) : name
    guard !bare.isEmpty else {
      throw AdapterError(.usage, "a parameter has the form NAME=VALUE or NAME:TYPE=VALUE")
    }
    guard let type = ValueType(rawValue: typeName ?? "text") else {
      let names = ValueType.allCases.map(\.rawValue)
      throw AdapterError(
        .usage, "parameter '\(bare)': there is no type '\(typeName ?? "")'",
        hint: closestMatch(to: typeName ?? "", in: names).map { "did you mean '\($0)'?" }
          ?? "the types are \(names.joined(separator: ", "))")
    }
    let given = equals.map { String(text[text.index(after: $0)...]) }
    guard (given == nil) == (type == .null) else {
      throw AdapterError(
        .usage,
        type == .null
          ? "parameter '\(bare)': null takes no value" : "parameter '\(bare)' has no value",
        hint: type == .null ? "write -p \(bare):null" : "write -p \(bare)=VALUE")
    }
    self.init(name: bare, value: try Self.value(given ?? "", type, name: bare))
  }

  private static func value(
    _ text: String, _ type: ValueType, name: String
  ) throws(AdapterError) -> Value {
    func misfit(_ wanted: String) -> AdapterError {
      AdapterError(
        .data, "parameter '\(name)': the value is no \(wanted)",
        hint: "-p \(name)=VALUE binds it as text; nb help parameters lists the types")
    }
    switch type {
    case .null: return .null
    case .text: return .text(text)
    case .int:
      guard let number = Int64(text) else { throw misfit("64-bit integer") }
      return .int(number)
    case .double:
      guard let number = Double(text) else { throw misfit("number") }
      guard number.isFinite || text.lowercased().contains("n") else {
        throw misfit("number within the range of a double")
      }
      return .double(number)
    case .decimal:
      guard isDecimal(text) else { throw misfit("decimal number") }
      return .decimal(text)
    case .bool:
      switch text.lowercased() {
      case "true", "t", "yes", "on", "1": return .bool(true)
      case "false", "f", "no", "off", "0": return .bool(false)
      default: throw misfit("boolean (true or false)")
      }
    case .bytes:
      return .bytes(try bytes(of: text, name: name))
    case .json:
      let bytes = try bytes(of: text, name: name)
      guard bytes.withUnsafeBufferPointer(JSONParser.isValid) else { throw misfit("JSON document") }
      return .json(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// The content of the file behind `@`, or the text's own bytes.
  private static func bytes(of text: String, name: String) throws(AdapterError) -> [UInt8] {
    guard text.hasPrefix("@") else { return Array(text.utf8) }
    let path = String(text.dropFirst())
    do throws(Errno) {
      return try SmallFile(reading: path, limit: 1 << 30).bytes
    } catch {
      throw AdapterError(error, doing: "read", path: path, hint: "parameter '\(name)' names it")
    }
  }

  private static func isDecimal(_ text: String) -> Bool {
    var digits = text[...]
    if let sign = digits.first, sign == "-" || sign == "+" { digits = digits.dropFirst() }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.contains { !$0.isEmpty }
      && parts.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }
}
