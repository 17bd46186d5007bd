import AdapterCore
import Platform

/// Times on their way to the server, which knows no zones in text.
enum MySQLTime {
  /// `2024-02-29 12:34:56.789` in UTC.
  static func withText(of time: TimeText, _ body: (BorrowedBytes) -> Void) {
    let utc = time.inUTC
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { room in
      var count = 0
      func write(_ number: Int, _ digits: Int, behind mark: Unicode.Scalar? = nil) {
        if let mark {
          room[count] = UInt8(ascii: mark)
          count += 1
        }
        var rest = number
        for index in (count..<(count + digits)).reversed() {
          room[index] = 0x30 + UInt8(rest % 10)
          rest /= 10
        }
        count += digits
      }
      write(utc.year, 4)
      write(utc.month, 2, behind: "-")
      write(utc.day, 2, behind: "-")
      write(utc.hour, 2, behind: " ")
      write(utc.minute, 2, behind: ":")
      write(utc.second, 2, behind: ":")
      if time.nanoseconds > 0 { write(time.nanoseconds / 1000, 6, behind: ".") }
      body(BorrowedBytes(rebasing: UnsafeBufferPointer(room)[..<count]))
    }
  }
}
