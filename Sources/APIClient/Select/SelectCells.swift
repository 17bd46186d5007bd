import AdapterCore
import JSON
import Platform

/// Pushes JSON values as cells: numbers with all their digits, texts without quotes and escapes, arrays
/// and objects without whitespace.
final class SelectCells {
  private let sink: any RowSink
  /// Whether numbers that are no integers stay JSON, as a renderer of JSON wants them; they are
  /// decimals for others.
  private let keepsNumbers: Bool
  private let scratch = OutputBuffer.inMemory()

  init(_ sink: any RowSink, keepsNumbers: Bool) {
    self.sink = sink
    self.keepsNumbers = keepsNumbers
  }

  func push(_ value: BorrowedBytes?) {
    guard let value, let first = value.first else { return sink.null() }
    switch first {
    case UInt8(ascii: "n"): sink.null()
    case UInt8(ascii: "t"): sink.bool(true)
    case UInt8(ascii: "f"): sink.bool(false)
    case UInt8(ascii: "\""): JSONText.withContent(of: value) { sink.text($0) }
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      scratch.removeAll()
      scratch.appendCompactJSON(value)
      sink.json(scratch.collected)
    default: push(number: value)
    }
  }

  private func push(number: BorrowedBytes) {
    var scanner = JSONScanner(number)
    if let token = try? scanner.scanNumber(), token.isInteger,
      case .int(let integer) = scanner.exactNumber(token)
    {
      sink.int(integer)
    } else if keepsNumbers {
      sink.json(number)
    } else {
      sink.decimal(number)
    }
  }
}
