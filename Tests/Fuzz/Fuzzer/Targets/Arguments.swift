import AdapterCore
import CLI
import Commands

/// A command line, one word a line: it parses, or the error is one of usage.
@Sendable func fuzzArguments(_ bytes: UnsafeBufferPointer<UInt8>) {
  let words = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    .map { String(decoding: $0, as: UTF8.self) }
  do throws(AdapterError) {
    _ = try CommandLineParser(CommandTable.catalog).parse(words)
  } catch {
    precondition(error.kind == .usage, "\(error.kind): \(error.message)")
  }
}
