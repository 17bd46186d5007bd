import AdapterCore
import CLI

extension GlobalOptions {
  /// Takes from the configuration what neither a flag nor a variable gave. Throws `config` for a
  /// file that is wrong.
  mutating func complete(from configuration: Configuration) throws(AdapterError) {
    if timeout == nil { timeout = try configuration.duration(.timeout) }
    if color == .auto, let name = try configuration.value(of: .color) {
      color = Color(rawValue: name) ?? .auto
    }
    if errorFormat == .text, let name = try configuration.value(of: .errorFormat) {
      errorFormat = ReportFormat(rawValue: name) ?? .text
    }
  }
}
