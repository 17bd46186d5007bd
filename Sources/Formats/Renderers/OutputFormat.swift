import AdapterCore
import Platform

/// A format of records that nb writes.
public enum OutputFormat: String, CaseIterable, Sendable {
  case table, csv, tsv, json, ndjson, vertical, markdown

  /// The sink that writes rows in this format.
  ///
  /// Several result sets may be pushed one after another. Failed writes throw `io`; a reader that
  /// has gone away (`| head`) has the code "EPIPE", on which nb ends by SIGPIPE.
  public func makeRenderer(
    _ output: OutputBuffer, options: RenderOptions = RenderOptions()
  ) -> any RowSink {
    switch self {
    case .table: TableRenderer(output, options: options)
    case .csv: DelimitedRenderer<CSVFormat>(output, options: options)
    case .tsv: DelimitedRenderer<TSVFormat>(output, options: options)
    case .json: JSONRenderer(output, layout: .array, options: options)
    case .ndjson: JSONRenderer(output, layout: .lines, options: options)
    case .vertical: VerticalRenderer(output, options: options)
    case .markdown: MarkdownRenderer(output, options: options)
    }
  }
}
