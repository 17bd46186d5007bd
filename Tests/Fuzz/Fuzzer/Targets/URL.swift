import AdapterCore

private let marker = "Lk7hGq2x"

/// A target as typed: what parses reads back from its redacted form, the rest is an error of usage.
/// A password in front of the input, or that ends with it, never shows.
@Sendable func fuzzURL(_ bytes: UnsafeBufferPointer<UInt8>) {
  let text = String(decoding: bytes, as: UTF8.self)
  if case .address(let address)? = parse(text), address.scheme != "sqlite" {
    guard case .address(let again)? = parse(address.redacted) else {
      preconditionFailure("cannot read back \(address.redacted)")
    }
    precondition(again.path == address.path && again.user == address.user)
    precondition(again.hosts == address.hosts)
    precondition(again.settings.map(\.key) == address.settings.map(\.key))
  }
  guard !text.contains(marker) else { return }
  checkRedaction("postgres://user:\(marker)@\(text)")
  // A raw slash, question mark or number sign ends the password; a raw @ or colon does not.
  if !text.contains(where: { "/?#".contains($0) }) {
    checkRedaction("postgres://user:\(text)\(marker)@host/database")
  }
}

private func parse(_ text: String) -> Target? {
  do throws(AdapterError) {
    return try Target.parse(text)
  } catch {
    precondition(error.kind == .usage, "\(error.kind): \(error.message)")
    return nil
  }
}

private func checkRedaction(_ text: String) {
  do throws(AdapterError) {
    let target = try Target.parse(text)
    precondition(!"\(target)".contains(marker) && !target.redacted.contains(marker), text)
  } catch {
    precondition(!error.message.contains(marker), text)
    precondition(!(error.hint ?? "").contains(marker), text)
  }
}
