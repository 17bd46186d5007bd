import APIClient
import AdapterCore
import JSON

@testable import HTTP

/// Items, one a line, as they are typed behind a URL: what comes of them can stand in a request.
@Sendable func fuzzRequestItem(_ bytes: UnsafeBufferPointer<UInt8>) {
  var items: [RequestItem] = []
  for line in bytes.split(separator: 0x0A) {
    do throws(AdapterError) {
      let item = try RequestItem(String(decoding: line, as: UTF8.self)) { _ in Array("[1]".utf8) }
      // A file would be opened.
      if case .upload = item { return }
      check(item)
      items.append(item)
    } catch {
      precondition(error.kind == .usage || error.kind == .data, "\(error.kind): \(error.message)")
    }
  }
  let parts = RequestParts(items)
  for form in [ContentForm.json, .form, .multipart] { check(parts, form) }
}

private func check(_ item: RequestItem) {
  switch item {
  case .header(let name, let value):
    precondition(HTTPHeaders.isValid(name: name, value: value), "\(name): \(value)")
  case .query(let name, let value):
    let url = HTTPURL(scheme: "http", host: "h", port: nil, path: "/")
      .appending(queryName: name, value: value)
    precondition(url.text.utf8.allSatisfy { (0x21...0x7E).contains($0) }, url.text)
    // No argument holds a NUL, and no URL's part is read with one.
    let isReadable = !(name + value).utf8.contains(0)
    precondition(!isReadable || url.queryValue(name) == value, url.text)
  default: break
  }
}

private func check(_ parts: RequestParts, _ form: ContentForm) {
  do throws(AdapterError) {
    guard let content = try parts.content(form, OperationContext()) else { return }
    guard let body = content.body as? HTTPBytesBody else { return }
    if form == .json {
      precondition((try? JSONParser.parse(body.bytes)) != nil, "the content is no JSON")
    } else {
      precondition(body.bytes.allSatisfy { (0x21...0x7E).contains($0) }, "a form with odd bytes")
    }
  } catch {
    precondition(error.kind == .usage, "\(error.kind): \(error.message)")
  }
}

/// The head of a response, line by line as libcurl gives it.
@Sendable func fuzzResponseHead(_ bytes: UnsafeBufferPointer<UInt8>) {
  var parser = HTTPHeadParser()
  var start = 0
  while start < bytes.count {
    let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
    parser.take(UnsafeBufferPointer(rebasing: bytes[start..<end]))
    start = end
  }
  precondition(parser.byteCount == bytes.count)
  guard let head = parser.head else { return }
  precondition((100...999).contains(head.status), "\(head.status)")
  for field in head.headers.fields {
    precondition(!field.name.isEmpty && !field.name.contains(":"), "'\(field.name)'")
    for text in [field.name, field.value] {
      precondition(!text.utf8.contains(0x0A), "a line break in '\(text)'")
      precondition(HTTPHeaders.trimmed(text) == text, "blanks around '\(text)'")
    }
    _ = head.headers.list(field.name)
  }
}
