import AdapterCore
import JSON

/// How the fields of a request become its content.
public enum ContentForm: String, CaseIterable, Sendable {
  case json, form, multipart
}

/// A request made of items.
public struct RequestParts {
  public var headers: [(name: String, value: String)] = []
  public var removedHeaders: [String] = []
  public var query: [(name: String, value: String)] = []
  private var fields: [(path: FieldPath, value: Field)] = []
  private var uploads: [(name: String, path: String)] = []

  private enum Field {
    case text(String)
    case json(JSONValue)
  }

  public init(_ items: [RequestItem]) {
    for item in items {
      switch item {
      case .field(let path, let text): fields.append((path, .text(text)))
      case .json(let path, let value): fields.append((path, .json(value)))
      case .query(let name, let value): query.append((name, value))
      case .header(let name, let value): headers.append((name, value))
      case .removedHeader(let name): removedHeaders.append(name)
      case .upload(let name, let path): uploads.append((name, path))
      }
    }
  }

  /// Whether items give content.
  public var hasContent: Bool { !fields.isEmpty || !uploads.isEmpty }

  /// The content and its type; nil without fields and files.
  ///
  /// - Parameter form: nil: multipart with files, otherwise JSON.
  public func content(
    _ form: ContentForm?, _ operation: OperationContext
  ) throws(AdapterError) -> (body: any HTTPBody, type: String)? {
    guard hasContent else { return nil }
    switch form ?? (uploads.isEmpty ? .json : .multipart) {
    case .json: return (try jsonBody(), "application/json")
    case .form: return (try formBody(), "application/x-www-form-urlencoded")
    case .multipart: return try multipartBody(operation)
    }
  }

  private func jsonBody() throws(AdapterError) -> any HTTPBody {
    if let upload = uploads.first {
      throw AdapterError(
        .usage, "the file of '\(upload.name)' cannot be a part of JSON",
        hint: "\(upload.name)=@FILE puts its text there; --multipart uploads it")
    }
    var document: JSONValue?
    for field in fields {
      let value: JSONValue =
        switch field.value {
        case .text(let text): .string(text)
        case .json(let value): value
        }
      try field.path.set(value, in: &document)
    }
    return HTTPBytesBody(Array((document ?? .null).text().utf8))
  }

  private func formBody() throws(AdapterError) -> any HTTPBody {
    if let upload = uploads.first {
      throw AdapterError(
        .usage, "the file of '\(upload.name)' cannot be a part of a form",
        hint: "--multipart uploads it")
    }
    let pairs = textFields.map { HTTPURL.formEncoded($0.name) + "=" + HTTPURL.formEncoded($0.text) }
    return HTTPBytesBody(Array(pairs.joined(separator: "&").utf8))
  }

  private func multipartBody(
    _ operation: OperationContext
  ) throws(AdapterError) -> (body: any HTTPBody, type: String) {
    var body = MultipartBody.Builder()
    for field in textFields { body.addField(field.name, field.text) }
    for upload in uploads { try body.addFile(upload.name, path: upload.path, operation) }
    let built = body.finish()
    return (built, "multipart/form-data; boundary=\(built.boundary)")
  }

  /// Forms know text alone: JSON is written out.
  private var textFields: [(name: String, text: String)] {
    fields.map { field in
      switch field.value {
      case .text(let text): (field.path.text, text)
      case .json(.string(let text)): (field.path.text, text)
      case .json(let value): (field.path.text, value.text())
      }
    }
  }
}
