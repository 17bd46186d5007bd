/// What can be fuzzed: a name, and a function that takes any bytes and traps when something is
/// wrong.
enum FuzzTarget {
  typealias Function = @Sendable (UnsafeBufferPointer<UInt8>) -> Void

  static let all: [String: Function] = [
    "arguments": fuzzArguments,
    "cache-control": fuzzCacheControl,
    "csv": fuzzCSV,
    "expectation": fuzzExpectation,
    "json": fuzzJSON,
    "link": fuzzLink,
    "migrations": fuzzMigrations,
    "ndjson": fuzzNDJSON,
    "request-item": fuzzRequestItem,
    "response-head": fuzzResponseHead,
    "select": fuzzSelect,
    "sql": fuzzSQL,
    "tsv": fuzzTSV,
    "url": fuzzURL,
  ]

  /// The one this process runs; libFuzzer's callback is a C function and captures nothing.
  nonisolated(unsafe) static var chosen: Function = { _ in }
}
