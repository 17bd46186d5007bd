import AdapterCore

/// A request as a line for curl, to be pasted into a shell.
public struct CurlLine {
  private let exchange: HTTPExchange
  private let options: HTTPOptions
  private let showsSecrets: Bool
  private var words = ["curl"]

  /// - Parameters:
  ///   - bodyFile: the file that the content comes from; nil: the content itself is in the request.
  ///   - cookieFile: where cookies are kept; nil: nowhere.
  ///   - showsSecrets: otherwise values of fields that hold secrets are `***`.
  public static func text(
    _ exchange: HTTPExchange, options: HTTPOptions, bodyFile: String? = nil,
    cookieFile: String? = nil, showsSecrets: Bool
  ) -> String {
    var line = CurlLine(exchange, options, showsSecrets)
    line.addMethod()
    line.addHeaders()
    line.addCredentials(cookieFile)
    line.addConnection()
    line.addContent(bodyFile)
    line.addURL()
    return line.words.map(quoted).joined(separator: " ")
  }

  private init(_ exchange: HTTPExchange, _ options: HTTPOptions, _ showsSecrets: Bool) {
    self.exchange = exchange
    self.options = options
    self.showsSecrets = showsSecrets
  }

  private var request: HTTPRequest { exchange.request }

  /// curl sends content by POST without being told, and after a redirect no longer.
  private mutating func addMethod() {
    switch request.method {
    case "HEAD": words.append("--head")
    case "GET" where request.body == nil, "POST" where request.body != nil: break
    default: words += ["-X", request.method]
    }
    if exchange.maximumRedirects > 0 {
      words += ["--location", "--max-redirs", "\(exchange.maximumRedirects)"]
    }
  }

  private mutating func addHeaders() {
    for field in request.headers.fields {
      // curl makes a boundary of its own.
      if request.body is MultipartBody, field.isNamed("Content-Type") { continue }
      let value = showsSecrets ? field.value : Redactor.value(of: field)
      words += ["-H", field.value.isEmpty ? "\(field.name);" : "\(field.name): \(value)"]
    }
    for name in request.omittedFields { words += ["-H", "\(name):"] }
    if options.usesCompression, request.method != "HEAD" { words.append("--compressed") }
    if !options.userAgent.hasPrefix("nb/") { words += ["--user-agent", options.userAgent] }
  }

  private mutating func addCredentials(_ cookieFile: String?) {
    if let digest = exchange.digest {
      let password = showsSecrets ? digest.password.reveal() : "***"
      words += ["--digest", "--user", "\(digest.user):\(password)"]
    } else if options.usesNetrc {
      words.append("--netrc-optional")
    }
    if let cookieFile { words += ["--cookie", cookieFile, "--cookie-jar", cookieFile] }
  }

  private mutating func addConnection() {
    let tls = options.tls
    if !options.usesHTTP2 { words.append("--http1.1") }
    if !tls.verifiesServer { words.append("--insecure") }
    let named = [
      ("--cacert", tls.authorityFile), ("--cert", tls.certificateFile), ("--key", tls.keyFile),
      ("--pass", tls.keyPassword.map { showsSecrets ? $0.reveal() : "***" }),
      ("--pinnedpubkey", tls.pinnedKey), ("--unix-socket", options.unixSocket),
      ("--proxy", options.proxy.map { showsSecrets ? $0 : Redactor.url($0) }),
    ]
    for case (let name, let value?) in named { words += [name, value] }
    for entry in options.resolve { words += ["--resolve", entry] }
  }

  private mutating func addContent(_ bodyFile: String?) {
    if let bodyFile {
      words += ["--data-binary", "@\(bodyFile)"]
    } else if let body = request.body as? HTTPBytesBody {
      words += ["--data-raw", String(decoding: body.bytes, as: UTF8.self)]
    } else if let body = request.body as? MultipartBody {
      for field in body.fields { words += Self.option(of: field) }
    }
  }

  private static func option(of field: MultipartBody.Field) -> [String] {
    switch field {
    case .text(let name, let text): return ["--form-string", "\(name)=\(text)"]
    case .file(let name, let path, let type):
      // Commas and semicolons would end a path without quotes.
      var escaped = ""
      for character in path {
        if character == "\\" || character == "\"" { escaped.append("\\") }
        escaped.append(character)
      }
      let fileName = path == "-" ? ";filename=stdin" : ""
      return ["-F", "\(name)=@\"\(escaped)\";type=\(type)\(fileName)"]
    }
  }

  /// curl reads brackets and braces as several URLs, and takes `/../` out of paths.
  private mutating func addURL() {
    let text = showsSecrets ? request.url.text : request.url.redacted
    if text.utf8.contains(where: { "[]{}".utf8.contains($0) }) { words.append("--globoff") }
    if request.url.path.contains("/.") { words.append("--path-as-is") }
    words.append(text)
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
