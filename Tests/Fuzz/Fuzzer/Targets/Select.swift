import APIClient
import AdapterCore
import Platform

/// Keeps what is delivered.
private final class Values: SelectReader.Receiver {
  var texts: [[UInt8]?] = []

  func take(_ value: BorrowedBytes?) { texts.append(value.map { Array($0) }) }
}

private struct Reading: Equatable {
  var texts: [[UInt8]?]
  var elementCount: Int?
  /// What went wrong but for the excerpt, which shows what has arrived.
  var kind: ErrorKind?
  var message: String?

  init(_ path: SelectPath, _ document: [UInt8], pieces: Int) {
    let values = Values()
    let reader = SelectReader(path, into: values)
    do throws(AdapterError) {
      var start = 0
      while start < document.count {
        let end = min(start + pieces, document.count)
        try document[start..<end].withUnsafeBufferPointer { piece in
          Result { () throws(AdapterError) in try reader.push(piece) }
        }.get()
        start = end
      }
      try reader.finish()
    } catch {
      precondition(error.kind == .data, "\(error.kind): \(error.message)")
      (kind, message) = (error.kind, error.message)
    }
    texts = values.texts
    elementCount = reader.elementCount
  }
}

/// glibc's regcomp(3) takes all memory for repetitions within repetitions, which only who types them
/// can ask for.
private func hasRepetitions(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  bytes.contains(UInt8(ascii: "~")) && bytes.contains { "{*+".utf8.contains($0) }
}

/// A path, a line feed, and a document whose pieces change nothing. What is delivered is JSON, and can be
/// a document itself.
@Sendable func fuzzSelect(_ bytes: UnsafeBufferPointer<UInt8>) {
  guard !hasRepetitions(bytes) else { return }
  let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
  let text = String(decoding: parts[0], as: UTF8.self)
  let path: SelectPath
  do throws(AdapterError) {
    path = try SelectPath.parse(text, of: "--select")
  } catch {
    precondition(error.kind == .usage, "\(error.kind): \(error.message)")
    return
  }
  guard parts.count == 2 else { return }
  let document = Array(parts[1])
  let whole = Reading(path, document, pieces: max(1, document.count))
  for pieces in [1, 3] {
    let piecewise = Reading(path, document, pieces: pieces)
    precondition(whole.texts == piecewise.texts, "pieces change what is read")
    precondition(whole.kind == piecewise.kind, "pieces change how it ends")
  }
  for text in whole.texts {
    guard let text else { continue }
    let again = Reading(.whole, text, pieces: max(1, text.count))
    precondition(again.kind == nil, "no JSON is delivered: \(again.message ?? "")")
  }
}

/// An expectation, which is read or an error of usage.
@Sendable func fuzzExpectation(_ bytes: UnsafeBufferPointer<UInt8>) {
  guard !hasRepetitions(bytes) else { return }
  do throws(AdapterError) {
    _ = try Expectation.parse(String(decoding: bytes, as: UTF8.self), of: "--expect")
  } catch {
    precondition(error.kind == .usage, "\(error.kind): \(error.message)")
  }
}

/// A Link field: nothing of it is made up.
@Sendable func fuzzLink(_ bytes: UnsafeBufferPointer<UInt8>) {
  let text = String(decoding: bytes, as: UTF8.self)
  for link in LinkHeader.parse(text) {
    precondition(text.utf8.contains(UInt8(ascii: "<")))
    precondition(link.target.utf8.count < text.utf8.count)
    precondition(!link.target.utf8.contains(UInt8(ascii: ">")))
  }
}
