import APIClient
import AdapterCore

/// A request's head as text, in the form of HTTP/1.1.
enum RequestText {
  static func lines(_ request: HTTPRequest, showsSecrets: Bool) -> [String] {
    let target = request.url
    let shown = showsSecrets ? target.target : redactedTarget(target)
    var lines = ["\(request.method) \(shown) HTTP/1.1", "Host: \(target.authority)"]
    for field in request.headers.fields {
      let value = showsSecrets ? field.value : Redactor.value(of: field)
      lines.append("\(field.name): \(value)")
    }
    if let body = request.body {
      lines.append(body.byteCount.map { "Content-Length: \($0)" } ?? "Transfer-Encoding: chunked")
    }
    return lines
  }

  private static func redactedTarget(_ url: HTTPURL) -> String {
    let text = url.redacted
    return String(text.dropFirst("\(url.scheme)://\(url.authority)".count))
  }
}
