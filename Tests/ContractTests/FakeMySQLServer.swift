import AdapterCore
import AdapterRegistry
import Foundation

/// Opens databases for tests that have a URL rather than a scratch database.
enum AdapterRegistryAccess {
  static func open(
    _ address: Target.Address, _ operation: OperationContext
  ) throws -> any SQLDatabase {
    try AdapterRegistry.openSQL(address, SQLOpenOptions(access: .write), operation)
  }
}

/// A listening socket on a free port of 127.0.0.1.
class SilentListener {
  let descriptor: Int32
  let port: Int

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = descriptor
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(listener, generic, length) + listen(listener, 16)
          + getsockname(listener, generic, &length)
      }
    }
    guard descriptor >= 0, status == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { Glibc.close(descriptor) }
}

/// Greets as a server without TLS does, and records what each client sends then.
///
/// It may answer a login by asking for an authentication plugin of its choice, or take it and answer
/// whatever comes next by asking for a file of the client's machine.
final class FakeMySQLServer: SilentListener, @unchecked Sendable {
  private let asksForPlugin: String?
  private let asksForFile: String?
  private let lock = NSLock()
  private var received: [[UInt8]] = []
  private let clients = DispatchGroup()

  init(asksForPlugin: String? = nil, asksForFile: String? = nil) throws {
    self.asksForPlugin = asksForPlugin
    self.asksForFile = asksForFile
    try super.init()
    let listener = descriptor
    Thread.detachNewThread { [weak self] in
      while case let client = accept(listener, nil, nil), client >= 0 {
        guard let self else {
          Glibc.close(client)
          return
        }
        serve(client)
      }
    }
  }

  /// What each client sent behind the greeting, once all are gone.
  func stop() -> [[UInt8]] {
    shutdown(descriptor, Int32(SHUT_RDWR))
    clients.wait()
    return lock.withLock { received }
  }

  private func serve(_ client: Int32) {
    clients.enter()
    defer {
      Glibc.close(client)
      clients.leave()
    }
    send(Self.greeting, number: 0, to: client)
    var bytes: [UInt8] = []
    var number: UInt8 = 2
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(client, &buffer, buffer.count), count > 0 {
      bytes += buffer[..<count]
      if let plugin = asksForPlugin, number < 8 {
        send([0xFE] + Array(plugin.utf8) + [0], number: number, to: client)
        number += 2
      } else if let file = asksForFile {
        answer(Array(buffer[..<count]), askingFor: file, to: client)
      }
    }
    lock.withLock { received.append(bytes) }
  }

  /// Takes logins and the end of a file; asks for `file` on every command.
  private func answer(_ packet: [UInt8], askingFor file: String, to client: Int32) {
    let isCommand = packet.count > 4 && packet[3] == 0
    if isCommand {
      send([0xFB] + Array(file.utf8), number: 1, to: client)
    } else {
      send([0, 0, 0, 2, 0, 0, 0], number: (packet.count > 3 ? packet[3] : 0) + 1, to: client)
    }
  }

  private func send(_ payload: [UInt8], number: UInt8, to client: Int32) {
    let header = [UInt8(payload.count & 255), UInt8(payload.count >> 8), 0, number]
    let packet = header + payload
    _ = write(client, packet, packet.count)
  }

  /// A greeting of protocol 10 whose capabilities lack CLIENT_SSL (0x0800).
  private static let greeting: [UInt8] =
    [10] + Array("10.11.0-Fake".utf8) + [0] + [1, 0, 0, 0] + Array("abcdefgh".utf8) + [0]
    + [0xFE, 0xF7 & ~0x08, 45, 2, 0] + [0xFF, 0x00] + [21] + Array(repeating: 0, count: 10)
    + Array("ijklmnopqrst".utf8) + [0] + Array("mysql_native_password".utf8) + [0]
}
