import AdapterCore
import JSON
import Platform

/// What has come of one request of a batch, as a line of NDJSON.
///
///     {"id":7,"status":200,"body":{"name":"Ada"},"attempts":1,"ms":12.345}
///     {"id":8,"error":"cannot connect to …","kind":"unavailable","attempts":5,"ms":900.001}
public struct BatchResult {
  /// What the request is called, as JSON.
  public var id: [UInt8]
  public var line: Int
  /// nil without a response.
  public var head: HTTPResponseHead?
  public var content: [UInt8]
  /// Why it is a failure; nil for a success.
  public var error: AdapterError?
  public var attempts: Int
  /// From when it was read to its end.
  public var time: Duration
  public var showsHeaders: Bool

  public init(
    id: [UInt8], line: Int, head: HTTPResponseHead? = nil, content: [UInt8] = [],
    error: AdapterError? = nil, attempts: Int = 0, time: Duration = .zero,
    showsHeaders: Bool = false
  ) {
    self.id = id
    self.line = line
    self.head = head
    self.content = content
    self.error = error
    self.attempts = attempts
    self.time = time
    self.showsHeaders = showsHeaders
  }

  /// Appends the line, its line break included.
  public func append(to output: OutputBuffer) {
    output.append("{\"id\":")
    id.withUnsafeBufferPointer { output.append($0) }
    if let head {
      output.append(",\"status\":")
      output.append(Int64(head.status))
      if showsHeaders { append(head.headers, to: output) }
      content.withUnsafeBufferPointer { append(body: $0, of: head, to: output) }
    }
    if let error { append(error, to: output) }
    output.append(",\"attempts\":")
    output.append(Int64(attempts))
    append(time, to: output)
    output.append("}\n")
  }

  /// An object; a field that comes several times is an array.
  private func append(_ headers: HTTPHeaders, to output: OutputBuffer) {
    output.append(",\"headers\":{")
    var isFirst = true
    for (index, field) in headers.fields.enumerated() {
      if headers.fields[..<index].contains(where: { $0.isNamed(field.name) }) { continue }
      if !isFirst { output.append(",") }
      isFirst = false
      output.appendJSONString(field.name.lowercased())
      output.append(":")
      let values = headers.values(field.name)
      if values.count == 1 {
        output.appendJSONString(field.value)
      } else {
        output.appendJSON(.array(values.map(JSONValue.string)))
      }
    }
    output.append("}")
  }

  /// JSON as JSON, text as a string, anything else as `body_base64`.
  private func append(
    body: BorrowedBytes, of head: HTTPResponseHead, to output: OutputBuffer
  ) {
    if Self.isJSON(head), JSONParser.isValid(body) {
      output.append(",\"body\":")
      if body.contains(0x0A) || body.contains(0x0D) {
        output.appendCompactJSON(body)
      } else {
        output.append(body)
      }
    } else if UTF8Text.firstInvalidOffset(in: body) == nil {
      output.append(",\"body\":")
      output.appendJSONString(body)
    } else {
      output.append(",\"body_base64\":\"")
      Base64.append(body, to: output)
      output.append("\"")
    }
  }

  /// `application/json`, `application/problem+json` and their like.
  private static func isJSON(_ head: HTTPResponseHead) -> Bool {
    guard let type = head.headers["Content-Type"] else { return false }
    let end = type.utf8.firstIndex { $0 == UInt8(ascii: ";") || $0 == 0x20 } ?? type.endIndex
    let ending = type.utf8[..<end].suffix(5)
    guard let mark = ending.first, mark == UInt8(ascii: "/") || mark == UInt8(ascii: "+") else {
      return false
    }
    return ending.dropFirst().lazy.map { $0 | 0x20 }.elementsEqual("json".utf8)
  }

  private func append(_ error: AdapterError, to output: OutputBuffer) {
    output.append(",\"error\":")
    output.appendJSONString(error.message)
    output.append(",\"kind\":")
    output.appendJSONString(error.kind.rawValue)
    if error.kind == .data, head == nil, attempts == 0 {
      output.append(",\"line\":")
      output.append(Int64(line))
    }
  }

  /// Milliseconds with three decimals.
  private func append(_ time: Duration, to output: OutputBuffer) {
    let microseconds = time.inNanoseconds / 1000
    output.append(",\"ms\":")
    output.append(microseconds / 1000)
    output.append(".")
    let fraction = microseconds % 1000
    if fraction < 100 { output.append(fraction < 10 ? "00" : "0") }
    output.append(fraction)
  }
}
