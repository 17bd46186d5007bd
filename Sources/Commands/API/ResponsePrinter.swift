import APIClient
import AdapterCore
import Platform

/// The content of a response on stdout: as it is, or laid out for a person.
final class ResponsePrinter: ResponseOutput {
  private let includesHead: Bool
  private let context: CommandContext
  private var indenter: JSONIndenter?
  /// Whether each piece goes out at once: somebody or something waits for it.
  private var isStream = false
  private var isFirstPiece = true
  private var hidesContent = false
  private var type = ""
  /// The beginning of a character whose rest is in the next piece.
  private var tail: [UInt8] = []
  private var endsLine = true

  init(_ options: APIRequestOptions, _ context: CommandContext) {
    includesHead = options.includesHead
    self.context = context
  }

  private var isTerminal: Bool { context.terminal.isTerminal(.output) }

  /// The status line and the fields, without line breaks.
  static func lines(_ head: HTTPResponseHead, redacts: Bool) -> [String] {
    let reason = head.reason.isEmpty ? "" : " \(head.reason)"
    return ["HTTP/\(head.version) \(head.status)\(reason)"]
      + head.headers.fields.map { "\($0.name): \(redacts ? Redactor.value(of: $0) : $0.value)" }
  }

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    type = (head.headers["Content-Type"] ?? "").lowercased()
    isStream = isTerminal || type.hasPrefix("text/event-stream") || type.contains("ndjson")
    if includesHead {
      let lines = Self.lines(head, redacts: false)
      let style = context.terminal.style(.output)
      context.output.append(style.bold(isTerminal ? lines[0].escapingControls() : lines[0]) + "\n")
      for line in lines.dropFirst() {
        context.output.append((isTerminal ? line.escapingControls() : line) + "\n")
      }
      context.output.append("\n")
    }
    if isTerminal, type.contains("json") {
      indenter = JSONIndenter(
        context.output, usesColor: context.terminal.style(.output).isEnabled)
    }
    context.operation.metrics.recordFirstRow()
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    if isFirstPiece {
      isFirstPiece = false
      hidesContent = isTerminal && bytes.contains(0)
      if hidesContent {
        context.operation.note(
          "the content is binary\(type.isEmpty ? "" : " (\(type))") and not shown; "
            + "--download FILE keeps it, and a pipe gets it as it is")
      }
    }
    guard !hidesContent else { return }
    endsLine = bytes.last == 0x0A
    if isTerminal {
      show(bytes)
    } else {
      context.output.append(bytes)
    }
    if isStream { try context.flush() } else { try context.flushIfFull() }
  }

  /// Text of a stranger's: a terminal obeys what it is sent, so what is not printable is escaped.
  private func show(_ bytes: BorrowedBytes) {
    let all = tail + bytes
    let end = all.withUnsafeBufferPointer { UTF8Text.endOfWholeCharacters($0) }
    tail = Array(all[end...])
    show(whole: all[..<end])
  }

  private func show(whole text: ArraySlice<UInt8>) {
    if indenter != nil {
      text.withUnsafeBufferPointer { indenter?.write($0) }
    } else {
      text.filter { $0 != 0x0D }.withUnsafeBufferPointer {
        PrintableText.append($0, but: [.tab, .lineFeed], to: context.output)
      }
    }
  }

  /// On a terminal a message, or the shell's prompt, begins on a line of its own.
  func finish() throws(AdapterError) {
    show(whole: tail[...])
    if indenter != nil {
      indenter?.finish()
    } else if isTerminal, !endsLine {
      context.output.append("\n")
    }
  }

  func abandon() { try? finish() }
}
