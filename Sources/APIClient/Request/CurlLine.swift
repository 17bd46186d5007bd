import AdapterCore

/// A request as a line for curl, to be pasted into a shell.
public enum CurlLine {
  /// - Parameters:
  ///   - bodyFile: the file that the content comes from; nil: the content itself is in `body`.
  ///   - showsSecrets: otherwise values of fields that hold secrets are `***`.
  public static func text(
    _ request: HTTPRequest, options: HTTPOptions, bodyFile: String? = nil, showsSecrets: Bool
  ) -> String {
    var words = ["curl"]
    if request.method == "HEAD" {
      words.append("--head")
    } else if request.method != "GET" || request.body != nil {
      words += ["-X", request.method]
    }
    for field in request.headers.fields {
      let value = showsSecrets ? field.value : Redactor.value(of: field)
      words += ["-H", field.value.isEmpty ? "\(field.name);" : "\(field.name): \(value)"]
    }
    if options.usesCompression { words.append("--compressed") }
    if !options.tls.verifiesServer { words.append("--insecure") }
    if let file = options.tls.authorityFile { words += ["--cacert", file] }
    if let file = options.tls.certificateFile { words += ["--cert", file] }
    if let file = options.tls.keyFile { words += ["--key", file] }
    if let path = options.unixSocket { words += ["--unix-socket", path] }
    if let proxy = options.proxy {
      words += ["--proxy", showsSecrets ? proxy : Redactor.url(proxy)]
    }
    for entry in options.resolve { words += ["--resolve", entry] }
    if let file = bodyFile {
      words += ["--data-binary", "@\(file)"]
    } else if let body = request.body as? HTTPBytesBody {
      words += ["--data-raw", String(decoding: body.bytes, as: UTF8.self)]
    }
    words.append(showsSecrets ? request.url.text : request.url.redacted)
    return words.map(quoted).joined(separator: " ")
  }

  /// As a word of the shell.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./:=@%+,".utf8.contains(byte)
    }
    if isPlain, !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
