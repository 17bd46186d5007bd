import AdapterCore
import Testing

@Suite struct TimeTextTests {
  private func read(_ text: String) -> TimeText? {
    var text = text
    return text.withUTF8 { TimeText($0) }
  }

  @Test func takesATimeApart() throws {
    let time = try #require(read("2024-02-29 12:34:56.789000+05:30"))
    #expect([time.year, time.month, time.day] == [2024, 2, 29])
    #expect([time.hour, time.minute, time.second] == [12, 34, 56])
    #expect(time.fractionDigits == 3)
    #expect(time.nanoseconds == 789_000_000)
    #expect(time.offset == 19_800)
    #expect(!time.isMidnight)
  }

  @Test(arguments: [
    ("2024-02-29 12:34:56+05:30", "2024-02-29T07:04:56Z"),
    ("2024-01-01 00:00:00+01", "2023-12-31T23:00:00Z"),
    ("2023-12-31T23:30:00-0045", "2024-01-01T00:15:00Z"),
    ("2000-02-28 23:59:59-00:00:01", "2000-02-29T00:00:00Z"),
    ("1900-03-01 00:00:00+00:00:01", "1900-02-28T23:59:59Z"),
    ("0001-01-01 00:00:00Z", "0001-01-01T00:00:00Z"),
    ("9999-12-31 23:59:59", "9999-12-31T23:59:59Z"), ("1969-07-20", "1969-07-20T00:00:00Z"),
  ])
  func readsTheSameInstantInUTC(_ text: String, _ utc: String) throws {
    #expect(try #require(read(text)).inUTC.iso8601 == utc)
  }

  @Test(arguments: [
    "", "2024", "2024-2-9", "12024-01-01", "0044-03-15 BC", "infinity", "12:00:00", "2024-02-29 ",
    "2024-02-29 12", "2024-02-29 12:34:56 PM", "2024-02-29 12:34:56+5", "20240229", "now",
  ])
  func leavesOtherText(_ text: String) {
    #expect(read(text) == nil)
  }

  @Test(arguments: [
    ("12:00:00.1230", 3), ("-838:59:59.000", 0), ("12:00", 0), ("1.000001+02", 6), ("", 0),
  ])
  func countsDigitsOfASecond(_ text: String, _ digits: Int) {
    var text = text
    #expect(text.withUTF8 { TimeText.fractionDigits($0) } == digits)
  }

  @Test(
    arguments: [
      (20_240_229, true), (20_240_229_123_456, true), (1_700_000_000, false), (240_229, false),
      (0, false), (-20_240_229, false),
    ] as [(Int64, Bool)])
  func aNumberIsADateOnlyByAllItsDigits(_ number: Int64, _ isDate: Bool) {
    #expect(TimeText.isDate(number) == isDate)
    var text = String(number)
    #expect(text.withUTF8 { TimeText.isDate($0) } == isDate)
  }
}

@Suite struct NumberPowerTests {
  @Test(
    arguments: [
      ("105", 0), ("1500", 2), ("1.50", -1), ("1.50e-1", -2), ("0.001", -3), ("15e+3", 3),
      ("-12.340", -2), ("0.00", nil), ("", nil), ("NaN", nil), ("100.0", 2), ("1e5", 5),
    ] as [(String, Int?)])
  func findsThePowerOfTheLastDigit(_ text: String, _ power: Int?) {
    var text = text
    #expect(text.withUTF8 { NumberShape.lowestPower($0) } == power)
  }
}

@Suite struct DeclaredTypeTests {
  @Test(arguments: [
    ("NUMERIC(10, 2) UNSIGNED", ["numeric", "unsigned"], [10, 2]),
    ("timestamp(3) without time zone", ["timestamp", "without", "time", "zone"], [3]),
    ("double precision", ["double", "precision"], []), ("enum('a','b')", ["enum"], []),
    ("", [], []), ("character varying(20)[]", ["character", "varying", "[]"], [20]),
  ])
  func takesATypeApart(_ text: String, _ words: [String], _ arguments: [Int]) {
    #expect(DeclaredType(text).words == words)
    #expect(DeclaredType(text).arguments == arguments)
  }
}
