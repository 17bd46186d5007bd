import AdapterCore
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct SecretTests {
  @Test func aSecretNeverPrints() {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(describing: secret), String(reflecting: secret), dumped] {
      #expect(!text.contains("hunter2"))
    }
    #expect("\([secret])" == "[***]")
    #expect(secret.reveal() == "hunter2")
  }

  @Test(arguments: [
    ("password", true), ("sslpassword", true), ("api_token", true), ("client-secret", true),
    ("access_key", true), ("key", true), ("pragma.key", true), ("foreign_keys", false),
    ("keyspace", false), ("tokenizer", false), ("busy_timeout", false), ("primary_keys", false),
  ])
  func namesTellSecrets(_ name: String, _ isSecret: Bool) {
    #expect(Secret.isSecretName(name) == isSecret)
  }

  @Test func theFirstLineOfAFileIsTheSecret() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write("hunter2\r\nmore\n", to: "secret")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let notes = Notes()
    let secret = try SecretReference("file:\(path)").fetch(notes.operation)
    #expect(secret.reveal() == "hunter2")
    #expect(notes.lines.isEmpty)
    #expect(
      try SecretReference("file:secret").fetch(folder: folder.path, notes.operation) == secret)
  }

  @Test func aSecretFileThatOthersCanReadGetsANote() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write("hunter2", to: "secret")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let notes = Notes()
    _ = try SecretReference("file:\(path)").fetch(notes.operation)
    #expect(notes.lines == ["\(path) holds a secret that others can read; try: chmod 600 \(path)"])
  }

  @Test func aSecretComesFromADescriptor() throws {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data("hunter2\n".utf8))
    try pipe.fileHandleForWriting.close()
    let descriptor = dup(pipe.fileHandleForReading.fileDescriptor)
    #expect(try fetch("fd:\(descriptor)") == "hunter2")
  }

  @Test func aSecretComesFromACommand() throws {
    #expect(try fetch("cmd:printf 'hunter2\\nmore'") == "hunter2")
    #expect(failure("cmd:exit 3")?.kind == .failed)
    #expect(failure("cmd:true")?.message == "the secret's command printed nothing")
    #expect(failure("cmd:hunter2-command 2>/dev/null")?.message.contains("hunter2") == false)
  }

  @Test func literalsMayLookLikeAnything() throws {
    #expect(try fetch("plain:text") == "plain:text")
    #expect(try fetch("literal:env:X") == "env:X")
    #expect(try fetch("") == "")
  }

  @Test func missingSecretsAreSaid() {
    #expect(failure("env:NB_TEST_UNSET")?.kind == .notFound)
    #expect(failure("file:/nowhere/x")?.kind == .notFound)
    #expect(failure("fd:x")?.kind == .usage)
    #expect(failure("fd:9999")?.kind == .io)
  }

  private func fetch(_ text: String) throws -> String {
    try SecretReference(text).fetch(OperationContext()).reveal()
  }

  private func failure(_ text: String) -> AdapterError? {
    do throws(AdapterError) {
      _ = try SecretReference(text).fetch(OperationContext())
      return nil
    } catch {
      return error
    }
  }
}

/// Collects the notes of an operation.
final class Notes: Sendable {
  private let collected = Mutex<[String]>([])

  var lines: [String] { collected.withLock { $0 } }

  var operation: OperationContext {
    OperationContext(note: { line in self.collected.withLock { $0.append(line) } })
  }
}
