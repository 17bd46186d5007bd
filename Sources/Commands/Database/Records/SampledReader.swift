import AdapterCore
import Formats

/// A reader that looks at the first records to tell the columns' types, and then gives them again.
final class SampledReader: RecordReader {
  static let maximumRecords = 10_000
  static let maximumBytes = 4 * 1024 * 1024

  private let reader: any RecordReader
  private let sample: RecordSample
  private var replayed: Int?
  private var isPastSample = false

  init(_ reader: any RecordReader, bytesEncoding: BytesEncoding) {
    self.reader = reader
    sample = RecordSample(bytesEncoding: bytesEncoding)
  }

  func readHeader() throws(AdapterError) -> [Column] { try reader.readHeader() }
  func takeHeaderAsRecord() { reader.takeHeaderAsRecord() }

  /// The columns with the kinds that all values of the sample fit.
  ///
  /// Malformed records count for nothing here; they are reported when they are given again.
  func inferKinds(of columns: [Column]) throws(AdapterError) -> [Column] {
    sample.begin(columns: columns)
    var isMore = true
    while isMore, sample.recordCount < Self.maximumRecords, sample.byteCount < Self.maximumBytes {
      do throws(AdapterError) {
        isMore = try reader.next(into: sample)
        if isMore { sample.endRecord(line: reader.line, raw: reader.rawRecord) }
      } catch {
        guard error.kind == .data else { throw error }
        sample.endRecord(line: reader.line, raw: reader.rawRecord, error: error)
      }
    }
    return sample.inferredColumns
  }

  func next(into sink: any RowSink) throws(AdapterError) -> Bool {
    let following = replayed.map { $0 + 1 } ?? 0
    guard following < sample.recordCount else {
      isPastSample = true
      return try reader.next(into: sink)
    }
    replayed = following
    try sample.replay(following, into: sink)
    return true
  }

  /// The record of the sample given last; nil before the first and after the sample.
  private var current: Int? { isPastSample ? nil : replayed }

  var line: Int { current.map(sample.line) ?? reader.line }
  var rawRecord: BorrowedBytes { current.map(sample.rawRecord) ?? reader.rawRecord }
  var bytesRead: Int { reader.bytesRead }
  var hasStopped: Bool { reader.hasStopped && (replayed.map { $0 + 1 } ?? 0) >= sample.recordCount }
}
