import AdapterCore
import Formats
import Platform

/// Reads all records of a text; errors are thrown as they come.
func readAll(
  _ format: InputFormat, _ text: String, pieceSize: Int = .max, options: ReaderOptions = .init()
) throws -> RowCollector {
  try readAll(format, Array(text.utf8), pieceSize: pieceSize, options: options)
}

func readAll(
  _ format: InputFormat, _ bytes: [UInt8], pieceSize: Int = .max, options: ReaderOptions = .init()
) throws -> RowCollector {
  let collector = RowCollector()
  let source = MemoryByteSource(bytes, pieceSize: pieceSize)
  try format.makeReader(source, options: options).readAll(into: collector)
  return collector
}

/// Renders result sets and returns what was written.
func render(
  _ format: OutputFormat, _ results: [(columns: [Column], rows: [[Value]])],
  options: RenderOptions = .init()
) throws -> String {
  let output = OutputBuffer.inMemory()
  let sink = format.makeRenderer(output, options: options)
  for result in results {
    try sink.begin(columns: result.columns)
    for row in result.rows {
      for value in row { sink.push(value) }
      try sink.endRow()
    }
    try sink.finish()
  }
  return output.takeString()
}

func render(
  _ format: OutputFormat, _ names: [String], _ rows: [[Value]], options: RenderOptions = .init()
) throws -> String {
  try render(format, [(names.map { Column(name: $0) }, rows)], options: options)
}

/// The error that `body` throws; nil when it throws none.
func adapterError(_ body: () throws -> Void) -> AdapterError? {
  do { try body() } catch { return error as? AdapterError }
  return nil
}

/// A small seeded generator, so that a failure can be repeated (Steele, Lea, Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
