import AdapterCore
import Testing

@Suite struct TargetTests {
  private func address(_ text: String) throws -> Target.Address {
    guard case .address(let address) = try Target.parse(text) else {
      throw AdapterError(.bug, "not an address: \(text)")
    }
    return address
  }

  private func failure(_ text: String) -> AdapterError? {
    do throws(AdapterError) {
      _ = try Target.parse(text)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    "app.db", "./a:b", "dir/a:b", "/abs/x.db", "../up.db", "with space.db", "a?b=c", "100%.db",
    "#1.db", "1:2", ":odd", "é.db", "-", "-x:y",
  ])
  func whatHasNoSchemeIsAPathAsWritten(_ path: String) throws {
    #expect(try address(path) == Target.Address(scheme: "sqlite", path: path))
  }

  @Test func memoryIsADatabaseOfItsOwn() throws {
    #expect(try address(":memory:").path == ":memory:")
    #expect(try address("sqlite::memory:").path == ":memory:")
  }

  @Test(arguments: [
    ("sqlite:app.db", "app.db"), ("sqlite:/tmp/a.db", "/tmp/a.db"),
    ("sqlite:///tmp/a.db", "/tmp/a.db"), ("sqlite://localhost/tmp/a.db", "/tmp/a.db"),
    ("SQLITE3:a%20b%3F.db", "a b?.db"), ("sqlite:%C3%A9.db", "é.db"), ("sqlite:a:b", "a:b"),
  ])
  func sqliteURLsNameAFile(_ text: String, _ path: String) throws {
    let address = try address(text)
    #expect(address.scheme == "sqlite")
    #expect(address.path == path)
    #expect(address.host == nil)
  }

  @Test func fileURLsKeepTheirScheme() throws {
    #expect(
      try address("file:///a/b.db?mode=ro")
        == Target.Address(
          scheme: "file", path: "/a/b.db", settings: [.init(key: "mode", value: "ro")]))
  }

  @Test func settingsAreDecodedInOrderAndMayRepeat() throws {
    let address = try address("sqlite:a.db?x=1&y=a%26b%3Dc&x=2&&flag&z=a+b&e=")
    #expect(
      address.settings == [
        .init(key: "x", value: "1"), .init(key: "y", value: "a&b=c"), .init(key: "x", value: "2"),
        .init(key: "flag", value: ""), .init(key: "z", value: "a+b"), .init(key: "e", value: ""),
      ])
    #expect(address.setting("x") == "2")
    #expect(address.setting("missing") == nil)
  }

  @Test func aURLHasItsParts() throws {
    let address = try address(
      "Postgres://us%40er:p%40%2F%3A%3F%23%25@db.example:5433/app?sslmode=x")
    #expect(address.scheme == "postgres")
    #expect(address.user == "us@er")
    #expect(address.password?.reveal() == "p@/:?#%")
    #expect(address.host == "db.example:5433")
    #expect(address.hosts == [.init(name: "db.example", port: 5433)])
    #expect(address.path == "/app")
    #expect(address.setting("sslmode") == "x")
  }

  @Test func hostsMayBeAList() throws {
    let address = try address("mongodb+srv://a,b:27018,[::1]:27019,%2Frun%2Fmongo.sock/db")
    #expect(
      address.hosts == [
        .init(name: "a"), .init(name: "b", port: 27018), .init(name: "::1", port: 27019),
        .init(name: "/run/mongo.sock"),
      ])
  }

  @Test func hostAndUserMayBeLeftOut() throws {
    let address = try address("postgres:///app")
    #expect(address.host == nil)
    #expect(address.hosts.isEmpty)
    #expect(address.path == "/app")
    #expect(try self.address("redis://:secret@h").user == nil)
    #expect(try self.address("redis://:secret@h").password == Secret("secret"))
    #expect(try self.address("redis://u:@h").password == Secret(""))
    #expect(try self.address("redis://u@h").password == nil)
    #expect(try self.address("https://h:80/@me").path == "/@me")
  }

  @Test func profilesAreNamedWithAnAt() throws {
    #expect(try Target.parse("@prod-1_a") == .profile("prod-1_a"))
    #expect(failure("@")?.kind == .usage)
    #expect(failure("@a.b")?.hint == "a file of this name is reached as ./@a.b")
  }

  @Test(arguments: [
    "postgres://u:hun@ter2@h/db", "postgres://u:hun/ter2@h/db", "postgres://u:hun?ter2@h/db",
    "postgres://u:hun#ter2@h/db", "postgres://u:hun%ter2@h/db", "postgres://u:h@un/ter2@h/db",
    "postgres://u:hun%00ter2@h/db", "postgres://u:hun%ffter2@h/db", "postgres://u:hunter2@h:x/db",
    "postgres://u:hunter2@h/d%zz", "postgres://u:hunter2@h/d#f", "postgres://u:hunter2@h/d?x=%",
    "postgres://u:hunter2@h:99999/", "postgres://u:hunter2@[::1/db", "postgres://hun ter2/db",
    "postgres://u:hunter2@h/\u{1}",
  ])
  func malformedURLsAreUsageErrorsThatShowNoPassword(_ text: String) throws {
    let error = try #require(failure(text))
    #expect(error.kind == .usage)
    #expect(error.hint != nil)
    let shown = error.message + (error.hint ?? "") + error.details.joined()
    #expect(!shown.contains("hun"))
    #expect(!shown.contains("ter2"))
    #expect(shown.contains("postgres"))
  }

  @Test func rawCharactersInAPasswordGetTheHintToEncodeThem() {
    for text in ["postgres://u:p@ss@h/db", "postgres://u:p/ss@h/db", "postgres://u:p?s@h/db"] {
      #expect(failure(text)?.hint?.contains("@ is %40, / is %2F") == true)
    }
  }

  @Test(arguments: ["", "sqlite:", "sqlite://", "file:", "sqlite://host/a.db", "x\0y", "s:?=v"])
  func otherMistakesAreUsageErrors(_ text: String) {
    #expect(failure(text)?.kind == .usage)
  }

  @Test(arguments: [
    ("app.db", "app.db"), (":memory:", ":memory:"), ("sqlite:a b.db?x=1", "sqlite:a%20b.db?x=1"),
    ("sqlite:///a.db?x=1", "sqlite:/a.db?x=1"),
    ("postgres://u:secret@h:5/db?sslmode=a", "postgres://u:***@h:5/db?sslmode=a"),
    ("postgres://:secret@h/db", "postgres://:***@h/db"), ("postgres:///db", "postgres:///db"),
    (
      "s3://h/b?secret_access_key=x&token=y&foreign_keys=on&a=%26",
      "s3://h/b?secret_access_key=***&token=***&foreign_keys=on&a=%26"
    ),
    ("postgres://u:p@h/a%40b?c=%40d", "postgres://u:***@h/a%40b?c=%40d"),
    ("postgres://u@h/a%40b?c=%40d", "postgres://u@h/a@b?c=@d"),
    ("@prod", "@prod"),
  ])
  func theRedactedFormHidesSecrets(_ text: String, _ shown: String) throws {
    let target = try Target.parse(text)
    #expect(target.redacted == shown)
    if case .address(let address) = target {
      #expect("\(address)" == shown)
      #expect(!String(reflecting: address).contains("secret@"))
    }
  }

  @Test func anyBytesParseOrThrow() {
    var generator = SeededGenerator(seed: 7)
    let alphabet = Array("ab:/@?#%&=[],.2Fé\0 postgres://")
    for _ in 0..<20_000 {
      let length = Int.random(in: 0...24, using: &generator)
      let text = String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" })
      if let error = failure(text) {
        #expect(error.kind == .usage)
      } else if case .address(let address)? = try? Target.parse(text), address.scheme != "sqlite" {
        // What is shown reads back as the same place.
        let again = try? Target.parse(address.redacted)
        #expect(again?.redacted == address.redacted, "\(text)")
      }
    }
  }
}

/// splitmix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
